"""The envelope of HNSCall's answers: Success, Output, Error, ErrorCode."""

from __future__ import annotations

from typing import Any

from hnskit.errors import HnsError, HostAnswerError
from hnskit.model.json_reader import JsonReader, load


def parse_envelope(text: str, hresult: int = 0) -> Any:
    """The Output of an answer of HNSCall: None, a dict or a list (HNS facts 2, 3, 11-13).

    Args:
        text: the response; empty where HNS gave none.
        hresult: what HNSCall returned, signed or unsigned.

    Raises:
        HnsError: HNS refused, by Success or by the HRESULT. `code` is ErrorCode, else the HRESULT, else 0
            (Server 2016 gives no code).
        HostAnswerError: it is cut off, or no envelope.
    """
    code = hresult & 0xFFFFFFFF if hresult & 0x80000000 else 0
    if not text.strip():
        if code:
            raise HnsError("", code=code)
        return None
    try:
        refusal, output = _read_envelope(text)
    except HostAnswerError:
        if code:  # the HRESULT says that HNS refused, whatever became of the text
            raise HnsError("", code=code) from None
        raise
    if refusal is not None or code:
        said, error_code = refusal or ("", 0)
        raise HnsError(said, code=error_code or code)
    return output


def _read_envelope(text: str) -> tuple[tuple[str, int] | None, Any]:
    """Its Error and ErrorCode where Success is false, else None; and its Output."""
    answer = JsonReader(load(text), "answer")
    success, code, output = (answer.json.get(key) for key in ("Success", "ErrorCode", "Output"))
    if not isinstance(success, bool):
        raise HostAnswerError("answer.Success is neither true nor false", got=text)
    if not success:
        if not isinstance(code, int | None) or isinstance(code, bool):
            raise HostAnswerError("answer.ErrorCode is not a whole number", got=text)
        return (answer.text("Error"), (code or 0) & 0xFFFFFFFF), None
    if output is None or output == "":
        return None, None
    if not isinstance(output, dict | list):
        raise HostAnswerError("answer.Output is neither an object nor a list", got=text)
    return None, output
