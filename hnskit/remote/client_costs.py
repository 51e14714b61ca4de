"""Work of a client that is the same for each host and each request, done once: a fleet has a thousand of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hnskit.remote.module_source import module_text

_MOST = 8
"""Messages that are kept: each has the text of hnskit's commands in it."""


class OnceSerialized:
    """For a serializer of pypsrp: what each host is sent in the same words is made once."""

    same: tuple[str, str] | None = None
    """A name of the next message, where an equal one has the same name on each host; None: it is of its own."""
    _escaped_module = ""
    _made: dict[tuple[str, str], Any] = {}

    def serialize(self, value: Any, metadata: Any = None, parent: Any = None, clear: bool = True) -> Any:
        """See pypsrp; whoever gets an element must not change it."""
        name, self.same = self.same, None
        if name is None:
            return super().serialize(value, metadata, parent, clear)  # type: ignore[misc]
        found = self._made.get(name)
        if found is None:
            found = super().serialize(value, metadata, parent, clear)  # type: ignore[misc]
            while len(self._made) >= _MOST:
                self._made.pop(next(iter(self._made)), None)
            self._made[name] = found
        return found

    def _serialize_string(self, value: Any) -> Any:
        if value is not module_text():
            return super()._serialize_string(value)  # type: ignore[misc]
        if not self._escaped_module:
            OnceSerialized._escaped_module = super()._serialize_string(value)  # type: ignore[misc]
        return self._escaped_module


def environment_read_once(build: Callable[[], Any]) -> Callable[[], Any]:
    """For the sessions of requests that pypsrp builds: the environment is read then, not again for each request.

    Proxies and authorities that it names are in the session by then, where they are wanted.
    """

    def built() -> Any:
        session = build()
        session.trust_env = False
        return session

    return built
