"""Calls of Linux that Python 3.11 does not have, and libnftables; imported by the helper process alone."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import sys
from typing import Any

NEW_MOUNTS, NEW_USER, NEW_NET = 0x00020000, 0x10000000, 0x40000000
_SET_PARENT_DEATH_SIGNAL = 1
_JSON = 1 << 4
_libc = ctypes.CDLL(None, use_errno=True)


def _check(failed: int, what: str) -> None:
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    """Leave these namespaces for new ones.

    Raises:
        OSError: the system does not let this user.
    """
    _check(_libc.unshare(flags), "unshare")


def enter_network(file: int) -> None:
    """Put this thread into the network namespace of an open file.

    Raises:
        OSError: it cannot.
    """
    _check(_libc.setns(file, NEW_NET), "setns")


def die_with_parent(signal: int) -> None:
    """Get this signal when the parent ends, however it ends."""
    _libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal)


def load_iproute() -> Any:
    """pyroute2's IPRoute without the rest of pyroute2, which `import pyroute2` loads whole: half of a host's start.

    Raises:
        ImportError: pyroute2 is not installed.
    """
    spec = importlib.util.find_spec("pyroute2")
    if spec is None:
        raise ModuleNotFoundError("it is not installed")
    sys.modules.setdefault("pyroute2", importlib.util.module_from_spec(spec))
    return importlib.import_module("pyroute2.iproute.linux").IPRoute


class NftError(Exception):
    """nftables refuses a rule."""


class Nftables:
    """libnftables, in the namespace that the thread is in."""

    def __init__(self) -> None:
        """Load the library.

        Raises:
            OSError: there is none.
        """
        library = self._library = ctypes.CDLL("libnftables.so.1")
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = [ctypes.c_uint32]
        for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_free"):
            getattr(library, name).argtypes = [ctypes.c_void_p]
        for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(library, name).argtypes = [ctypes.c_void_p]
            getattr(library, name).restype = ctypes.c_char_p
        library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]

    def run(self, commands: list[dict[str, Any]]) -> Any:
        """Carry commands out, all or none; they are JSON as libnftables-json(5) has it.

        Raises:
            NftError: the kernel or the library refuses one.
        """
        library, text = self._library, json.dumps({"nftables": commands}).encode()
        context = library.nft_ctx_new(0)
        try:
            library.nft_ctx_buffer_output(context)
            library.nft_ctx_buffer_error(context)
            library.nft_ctx_output_set_flags(context, _JSON)
            failed = library.nft_run_cmd_from_buffer(context, text)
            said = (library.nft_ctx_get_output_buffer(context) or b"").decode()
            if failed:
                raise NftError((library.nft_ctx_get_error_buffer(context) or b"").decode().strip())
            return json.loads(said) if said.strip() else None
        finally:
            library.nft_ctx_free(context)
