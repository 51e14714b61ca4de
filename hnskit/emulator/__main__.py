"""`python -m hnskit.emulator NAME`: the process of one emulated host. `hnskit emulator start` starts it."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging

from hnskit.emulator.registry import DEFAULT_PROFILE, directory
from hnskit.emulator.serve import serve


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m hnskit.emulator", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--profile", default=DEFAULT_PROFILE)
    parser.add_argument("--options", type=json.loads, default={}, help="JSON object, for the host")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # psrpcore and pyspnego log contents at DEBUG; nothing of theirs belongs into a file.
    for library in ("psrpcore", "spnego"):
        logging.getLogger(library).setLevel(logging.WARNING)
    asyncio.run(serve(arguments.name, arguments.profile, arguments.options, directory(arguments.name)))


if __name__ == "__main__":
    main()
