"""Free numbers of a range, one drawn by chance: none is ever listed, however long the range is."""

from __future__ import annotations

from collections.abc import Callable


class NumberPool:
    """The numbers from 0 to size - 1; each call costs the same, and memory follows those that are taken.

    The free numbers stand in the first places of an array that is only imagined: place n holds the number n, but where
    `_at` says another.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.free = size
        self._at: dict[int, int] = {}
        """Place -> number, where they differ."""
        self._of: dict[int, int] = {}
        """Number -> place, where they differ."""

    def __contains__(self, number: int) -> bool:
        """Tell whether a number is free."""
        return 0 <= number < self.size and self._of.get(number, number) < self.free

    def draw(self, below: Callable[[int], int]) -> int | None:
        """Take a free number by chance; None where there is none.

        Args:
            below: gives a number from 0 to its argument - 1.
        """
        if not self.free:
            return None
        place = below(self.free)
        number = self._at.get(place, place)
        self.take(number)
        return number

    def take(self, number: int) -> bool:
        """Take this number; False where it is not free."""
        if number not in self:
            return False
        self.free -= 1
        self._swap(self._of.get(number, number), self.free)
        return True

    def give_back(self, number: int) -> bool:
        """Make a taken number free again; False where it is not taken."""
        if not 0 <= number < self.size or number in self:
            return False
        self._swap(self._of.get(number, number), self.free)
        self.free += 1
        return True

    def _swap(self, one: int, other: int) -> None:
        first, second = self._at.get(one, one), self._at.get(other, other)
        self._put(one, second)
        self._put(other, first)

    def _put(self, place: int, number: int) -> None:
        if place == number:
            self._at.pop(place, None)
            self._of.pop(number, None)
        else:
            self._at[place] = number
            self._of[number] = place
