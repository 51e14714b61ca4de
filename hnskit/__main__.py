"""`hnskit`, and `python -m hnskit`: the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is loaded ends it without a traceback, since nothing was begun."""
    try:
        from hnskit.commands import cli
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
