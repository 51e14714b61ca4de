"""`python -m hnskit` is the command line."""

from hnskit.commands.cli import main

main()
