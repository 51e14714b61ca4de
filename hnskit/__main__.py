"""`python -m hnskit` is the command line."""

from hnskit.cli import main

main()
