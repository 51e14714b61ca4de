"""`python -m hnskit.emulator NAME`: the process of one emulated host. `hnskit emulator start` starts it."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging

from hnskit.emulator.registry import DEFAULT_PROFILE, directory, names_of
from hnskit.emulator.serve import serve, serve_many


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m hnskit.emulator", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--profile", default=DEFAULT_PROFILE)
    parser.add_argument("--options", type=json.loads, default={}, help="JSON object, for the host")
    parser.add_argument("--hosts", type=int, default=1, help="so many hosts, of which NAME is the first: NAME-001")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # psrpcore and pyspnego log contents at DEBUG; nothing of theirs belongs into a file.
    for library in ("psrpcore", "spnego"):
        logging.getLogger(library).setLevel(logging.WARNING)
    if arguments.hosts > 1:
        names = names_of(arguments.name.removesuffix("-001"), arguments.hosts)
        asyncio.run(serve_many({name: directory(name) for name in names}, arguments.profile, arguments.options))
    else:
        asyncio.run(serve(arguments.name, arguments.profile, arguments.options, directory(arguments.name)))


if __name__ == "__main__":
    main()
