r"""Finding the few lines of many that may hold a text, before any of them is decoded.

A text stands in JSON as it is, in quotes, unless something of it is escaped: then with a
backslash, before ``"``, ``\`` and ``/`` or as ``\u``. So of a text with such characters
only its longest run without them is looked for, and a line with ``\u`` is always found.
Lines too many are found, never too few.
"""

import re
from collections.abc import Collection, Iterator

_ESCAPED = re.compile(r'["\\/\x00-\x1f]')
_NUMBER = re.compile(r"-?[0-9]+")
_MOST = 16  # with more to look for, decoding every line is cheaper


def needles(texts: Collection[str]) -> tuple[bytes, ...] | None:
    """Return bytes of which a line with one of *texts* has at least one; None when unknown.

    Each text is that of a JSON string or of a whole number.
    """
    if len(texts) > _MOST:
        return None
    found = {rb"\u"}
    for text in texts:
        runs = _ESCAPED.split(text)
        longest = max(runs, key=len)
        if not longest:
            return None
        whole = len(runs) == 1 and not _NUMBER.fullmatch(text)
        found.add(f'"{text}"'.encode() if whole else longest.encode())
    return tuple(sorted(found))


def lines_with(piece: bytes, sought: tuple[bytes, ...] | None) -> Iterator[bytes]:
    """Yield the lines that have one of the needles (all of them for None), in order."""
    if sought is None:
        yield from piece.splitlines()
        return
    spans = set()
    for needle in sought:
        # A single byte is found much faster: most pieces have no backslash at all.
        place = piece.find(needle) if needle[:1] in piece else -1
        while place >= 0:
            end = piece.find(b"\n", place)
            end = len(piece) if end < 0 else end
            spans.add((piece.rfind(b"\n", 0, place) + 1, end))
            place = piece.find(needle, end)
    for start, end in sorted(spans):
        yield piece[start:end]
