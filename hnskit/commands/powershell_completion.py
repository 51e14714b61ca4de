"""Completion in PowerShell, beside the shells that click knows."""

from __future__ import annotations

import os
from importlib import resources

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

_WORDS, _INCOMPLETE = "_HNSKIT_WORDS", "_HNSKIT_INCOMPLETE"


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell; completion.ps1 beside this file asks for it."""

    name = "powershell"
    source_template = ""

    def source(self) -> str:
        """The script that a profile runs."""
        return (resources.files("hnskit.commands") / "completion.ps1").read_text(encoding="utf-8")

    def get_completion_args(self) -> tuple[list[str], str]:
        """Words before the one that is completed, and that one."""
        words = os.environ.get(_WORDS, "")
        return words.split("\n") if words else [], os.environ.get(_INCOMPLETE, "")

    def format_completion(self, item: CompletionItem) -> str:
        """A line: kind, value and help, with tabs between."""
        parts = (item.type, str(item.value), item.help or "")
        return "\t".join(" ".join(part.split()) for part in parts)


def register() -> None:
    """Make click know it."""
    add_completion_class(PowerShellComplete)
