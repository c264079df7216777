"""JSON as services really write it, brought to what every reader takes.

Python's own encoder writes NaN and Infinity, and a lone surrogate as an escape; so one
value that a user may set makes a whole answer something that is no JSON. Such values are
replaced, always by the same, so that what did not change looks as before:

* NaN, Infinity, and numbers that are too large, by null,
* a lone surrogate and a byte that is no UTF-8 by U+FFFD,
* a byte order mark at the beginning by nothing.

The whole answer is only gone through when it cannot be read as it is.
"""

import math
from re import DOTALL, Match
from re import compile as compiled
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for what is no JSON, or of another type."""

_BOM = b"\xef\xbb\xbf"
_TOKENS = compiled(
    rb'"[^"\\]*(?:\\.[^"\\]*)*"'  # a string, or
    rb"|-?(?:NaN|Infinity)"
    rb"|-?[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]{3,}",
    DOTALL,
)
_ESCAPES = compiled(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair is well, and
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # what is left is not
    rb"|\\.",
    DOTALL,
)


def decode(body: bytes | memoryview | msgspec.Raw, kind: type[T] | Any = Any) -> T | Any:
    """Decode JSON, repaired where that is needed.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it cannot be repaired.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except NO_JSON:
        before = bytes(body)
        after = repaired(before)
        if after == before:
            raise
        return msgspec.json.decode(after, type=kind)


def repaired(body: bytes) -> bytes:
    """Replace what is no JSON in *body*."""
    text = body.removeprefix(_BOM).decode("utf-8", "replace").encode()
    return _TOKENS.sub(_token, text)


def _token(found: Match[bytes]) -> bytes:
    token = found[0]
    if token.startswith(b'"'):
        return _ESCAPES.sub(_escape, token) if b"\\u" in token else token
    return token if math.isfinite(float(token)) else b"null"


def _escape(found: Match[bytes]) -> bytes:
    return rb"\ufffd" if found[1] else found[0]
