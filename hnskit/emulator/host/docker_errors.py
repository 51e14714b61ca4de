"""The daemon's refusals."""

from __future__ import annotations


class DaemonError(Exception):
    """The daemon refuses.

    Attributes:
        words: what it says.
        missing: whether a container is not there.
        pulls: whether the client first looked for the image in a registry.
    """

    def __init__(self, message: str, missing: bool = False, pulls: bool = False, plain: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.missing = missing
        self.pulls = pulls
        self._plain = plain

    @property
    def cli_message(self) -> str:
        """As the command line prints it."""
        if self._plain:
            return self.message
        return f"Error: {self.message}" if self.missing else f"Error response from daemon: {self.message}"
