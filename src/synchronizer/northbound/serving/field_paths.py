"""Dotted paths as clients write them, bounded: a path is followed in every body of a type."""

from collections.abc import Iterable

from synchronizer.model.errors import RequestError

SEGMENTS_MOST = 16
BYTES_MOST = 256


def checked(paths: Iterable[str], most: int, kind: str) -> list[str]:
    """Return *paths*.

    Raises:
        RequestError: there are more than *most*, or one is longer than any field's.
    """
    listed = list(paths)
    if len(listed) > most:
        raise RequestError(f"{kind}: at most {most} in a call, not {len(listed)}.")
    for path in listed:
        if path.count(".") >= SEGMENTS_MOST or len(path.encode()) > BYTES_MOST:
            raise RequestError(
                f"{kind}: the path {path[:50]!r}… is too long; "
                f"at most {SEGMENTS_MOST} names and {BYTES_MOST} bytes."
            )
    return listed
