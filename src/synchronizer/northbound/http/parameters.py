"""Every query parameter that some call takes: its name, its meaning, how it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from synchronizer.model import clock
from synchronizer.model.relation import DIRECTIONS

T_co = TypeVar("T_co", covariant=True)

_DIGEST = re.compile("[0-9a-fA-F]{32}")

LIMIT_DEFAULT = 1000
LIMIT_MOST = 10_000
PAGE_BYTES = 8 * 1024 * 1024
FILTER_PREFIX = "body."


@dataclass(frozen=True)
class Parameter(Generic[T_co]):
    """One query parameter.

    Attributes:
        read: turns its texts (more than one only when *repeated*) into a value; a
            ValueError's sentence tells the caller what would be right.
        default: when it is not given.
        schema: JSON Schema of one text, for OpenAPI.
        repeated: it may be given more than once.
    """

    name: str
    read: Callable[[list[str]], T_co]
    default: T_co
    description: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    repeated: bool = False


def _text(texts: list[str]) -> str:
    return texts[0]


def _listed(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for text in texts for item in text.split(",") if item))


def _whole(texts: list[str]) -> int:
    if not (texts[0].isascii() and texts[0].isdecimal() and len(texts[0]) <= 18):
        raise ValueError("must be a whole number of 0 or more")
    return int(texts[0])


def _limit(texts: list[str]) -> int:
    try:
        value = _whole(texts)
    except ValueError:
        value = 0
    if not 1 <= value <= LIMIT_MOST:
        raise ValueError(f"must be a whole number from 1 to {LIMIT_MOST}")
    return value


def _page_bytes(texts: list[str]) -> int:
    return min(_whole(texts), PAGE_BYTES)


def _age(texts: list[str]) -> float:
    try:
        value = float(texts[0])
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise ValueError("must be a number of seconds, 0 or more")
    return value


def _digest(texts: list[str]) -> bytes:
    if not _DIGEST.fullmatch(texts[0]):
        raise ValueError("must be the 32 hexadecimal digits that an answer or bookmark gave")
    return bytes.fromhex(texts[0])


def _moment(texts: list[str]) -> int | float:
    # A "+" that was not escaped arrives as a space.
    text = texts[0].replace(" ", "+")
    if text.isascii() and text.isdecimal():
        return _whole([text])
    try:
        return clock.seconds(text)
    except (ValueError, OverflowError):
        raise ValueError("must be a revision or an ISO 8601 time") from None


def _flag(texts: list[str]) -> bool:
    if texts[0].lower() not in {"", "1", "true", "yes", "0", "false", "no"}:
        raise ValueError("must be true or false")
    return texts[0].lower() not in {"0", "false", "no"}


def _directions(texts: list[str]) -> tuple[str, ...]:
    if texts[0] not in DIRECTIONS:
        raise ValueError("must be out or in")
    return (texts[0],)


_WHOLE = {"type": "integer", "minimum": 0}
_FLAG = {"anyOf": [{"type": "boolean"}, {"enum": ["", "1", "yes", "0", "no"]}]}

TYPE = Parameter[tuple[str, ...]](
    "type",
    _listed,
    (),
    "Entity type, `plugin.resource`; repeat it or give a comma list. All types without it.",
    repeated=True,
)
CLOUD = Parameter[str | None]("cloud", _text, None, "Only this cloud.")
REGION = Parameter[str | None](
    "region",
    _text,
    None,
    "Only this region, and what belongs to the whole cloud (Keystone's entities).",
)
VERSION = Parameter[str | None](
    "version", _text, None, "Only if the deletes that are held have this version; else 409."
)
LIMIT = Parameter[int](
    "limit",
    _limit,
    LIMIT_DEFAULT,
    "Size of a page.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST, "default": LIMIT_DEFAULT},
)
MAX_BYTES = Parameter[int](
    "max_bytes",
    _page_bytes,
    PAGE_BYTES,
    "A page ends before its bodies would be larger together, at 8 MiB at the latest; one entity "
    "or commit it has always.",
    _WHOLE,
)
MARKER = Parameter[str | None](
    "marker",
    _text,
    None,
    "Where a walk goes on, from its `next`; opaque. It fixes the revision, whatever `at` says.",
)
AT = Parameter[int | float | None](
    "at", _moment, None, "As it was then: a revision or an ISO 8601 time."
)
MAX_AGE = Parameter[float | None](
    "max_age",
    _age,
    None,
    "Sample first unless that was done within so many seconds; 0 always samples.",
    {"type": "number", "minimum": 0},
)
COMPLETE = Parameter[bool](
    "complete",
    _flag,
    default=False,
    schema=_FLAG,
    description="Refuse (503) unless each type was completely sampled once.",
)
SINCE = Parameter[int | None](
    "since",
    _whole,
    None,
    "Everything after this revision. A watch without it begins now.",
    _WHOLE,
)
DIGEST = Parameter[bytes | None](
    "digest",
    _digest,
    None,
    "What the caller knows as the log's digest at `since`. When the log has another there, the "
    "answer is 410: get all again. Not looked at with Last-Event-ID.",
    {"type": "string", "pattern": "^[0-9a-f]{32}$"},
)
FIELDS = Parameter[tuple[str, ...]](
    "fields",
    _listed,
    (),
    "Only these fields of the body: dotted paths, a comma list.",
    repeated=True,
)
DIRECTION = Parameter[tuple[str, ...]](
    "direction",
    _directions,
    DIRECTIONS,
    "`out`: only what the entity refers to; `in`: only what refers to it.",
    {"type": "string", "enum": list(DIRECTIONS)},
)
SNAPSHOT = Parameter[bool](
    "snapshot",
    _flag,
    default=False,
    schema=_FLAG,
    description="A watch sends the snapshot first, then a bookmark, then the changes.",
)
DETAILED = Parameter[bool](
    "detailed",
    _flag,
    default=False,
    schema=_FLAG,
    description="Readiness: look at the store too, and answer 503 when it cannot be read.",
)
