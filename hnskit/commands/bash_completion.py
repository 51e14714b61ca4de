"""Completion in bash where a word may be a file or one of hnskit's own."""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem, add_completion_class


class FilesFirst(BashComplete):
    """Click's completion for bash, with files and folders before words.

    Its script forgets the words that it has when it comes to a file or a folder (click 8.5), so that a word was never
    completed there. Behind them it keeps both: bash takes files where no word fits. Where nothing is typed yet it would
    have words alone, so it is given the files.
    """

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Items that may stand there, files and folders first."""
        found = super().get_completions(args, incomplete)
        files = [item for item in found if item.type != "plain"]
        words = [item for item in found if item.type == "plain"]
        return [*files, *words] if incomplete or not files else files


def register() -> None:
    """Make click take it."""
    add_completion_class(FilesFirst)
