"""Ids: what may name an entity, whether a listing or a notification names it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from synchronizer.model.errors import MalformedError

ID_LIMIT = 700
"""The longest id, in bytes; a longer one is malformed."""

UUID = re.compile("[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
"""What no other deployment has in its ids; ``default``, ``nova`` and ``1`` are everywhere."""

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""What stands for a lone surrogate and for bytes that are no text."""


def join(type_: str, fields: Sequence[str], parts: Iterable[Any]) -> str:
    """Return the id that consists of *parts*, joined by ``/``.

    Args:
        fields: what the parts are called, for the error.

    Raises:
        MalformedError: a part is not a name or number, or all together are too long.
    """
    names = []
    for field, part in zip(fields, parts, strict=True):
        if isinstance(part, bool) or not isinstance(part, str | int) or part == "":
            raise MalformedError(f"{type_}: an item has no {field}")
        names.append(str(part))
    id_ = "/".join(names)
    try:
        size = len(id_.encode())
    except UnicodeEncodeError:
        raise MalformedError(f"{type_}: an id is no text") from None
    if size > ID_LIMIT or "\0" in id_:
        raise MalformedError(
            f"{type_}: an id is longer than {ID_LIMIT} bytes or holds a NUL ({id_[:40]!r})"
        )
    if UNREADABLE in id_:
        # It stands for what was no text: nobody could ask for such an entity.
        raise MalformedError(f"{type_}: an id is no text ({id_[:40]!r})")
    return id_
