"""``body.PATH=VALUE``: which bodies pass, compared as the JSON scalars that they hold.

A path is dotted; a list on the way passes when any of its items does. Values of one path
are alternatives, different paths must all pass. A field name that itself contains dots is
found too. A missing field never passes, not even ``null``.

The names that a path may stand for are joined once, so a body costs a few look-ups.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from synchronizer.northbound.serving.field_paths import checked

FILTERS_MOST = 64

Steps = tuple[tuple[str, "Steps"], ...]
"""Each name that a path may begin with, and the steps behind it; empty at its end."""

_decode = msgspec.json.Decoder().decode
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_WORDS = {"true": True, "false": False, "null": None}


def passes_scalar(value: Any, text: str) -> bool:
    """Whether a JSON scalar is what *text* says."""
    if isinstance(value, str):
        return value == text
    if value is None or isinstance(value, bool):
        return text in _WORDS and _WORDS[text] is value
    try:
        return bool(
            value == (int(text) if isinstance(value, int) and text.isdecimal() else float(text))
        )
    except ValueError:
        return False


def steps(path: str) -> Steps:
    """Return the steps of a dotted path, for names with dots too."""
    names = path.split(".")
    behind: list[Steps] = [()]
    for start in reversed(range(len(names))):
        ends = range(start + 1, len(names) + 1)
        behind.insert(
            0, tuple((".".join(names[start:end]), behind[end - start - 1]) for end in ends)
        )
    return behind[0]


def passes(value: Any, path: Steps, texts: Sequence[str]) -> bool:
    """Whether what *path* leads to within *value* is one of *texts*."""
    if isinstance(value, list):
        return any(passes(item, path, texts) for item in value)
    if not path:
        return not isinstance(value, dict) and any(passes_scalar(value, text) for text in texts)
    if not isinstance(value, dict):
        return False
    return any(name in value and passes(value[name], rest, texts) for name, rest in path)


def _needles(texts: Sequence[str]) -> list[bytes] | None:
    """Return bytes of which a body that passes must contain one; None when unknown."""
    if all(
        _PLAIN.fullmatch(text) and text.lower() not in {"nan", "inf", "infinity"} for text in texts
    ):
        return [text.encode() for text in texts]
    return None


class BodyFilter:
    """The filter of one request; its *key* is equal for equal filters.

    Raises:
        RequestError: it is larger than a request may have.
    """

    def __init__(self, filters: Mapping[str, Sequence[str]]) -> None:
        checked((path for path, texts in filters.items() for _ in texts), FILTERS_MOST, "body.")
        self.key = tuple(sorted((path, tuple(sorted(set(t)))) for path, t in filters.items()))
        self._terms = [(steps(path), texts) for path, texts in self.key]
        # Most bodies are told apart without decoding: the text is not in them at all.
        self._needles = [n for n in (_needles(texts) for _, texts in self._terms) if n]

    def __bool__(self) -> bool:
        return bool(self._terms)

    def __call__(self, body: bytes) -> bool:
        """Whether *body* passes."""
        if self._needles and b"\\u" not in body:
            for needles in self._needles:
                if not any(needle in body for needle in needles):
                    return False
        value = _decode(body)
        return all(passes(value, path, texts) for path, texts in self._terms)

    def touches(self, changed: Sequence[str]) -> bool:
        """Whether a difference in the top-level fields *changed* can matter."""
        return any(
            path == name or path.startswith(f"{name}.") for path, _ in self.key for name in changed
        )
