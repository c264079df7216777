"""The table of fault kinds; the order of the imports below is the order of the docs.

A kind is a coroutine that stands between the request and the service: it may answer itself,
change the request, or change the genuine answer. Its docstring is its documentation: what
it does, then its options with their defaults.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, decode, encode

Options = dict[str, Any]
Serve = Callable[[Ask], Awaitable[Answer]]
Kind = Callable[[Cloud, Ask, Serve, Options], Awaitable[Answer]]
Switch = Callable[[Cloud, Options], None]

KINDS: dict[str, Kind] = {}
#: What some kinds do when they are set and when they are taken away.
ARM: dict[str, Switch] = {}
DISARM: dict[str, Switch] = {}


def kind(function: Kind) -> Kind:
    """Register a fault kind under its function's name."""
    KINDS[getattr(function, "__name__", "")] = function
    return function


def rows_of(body: Any) -> tuple[str, list[Any]] | None:
    """Return name and rows of the collection in a decoded answer, if it has one.

    An image is shown without a name around it: its tags are no rows.
    """
    if isinstance(body, dict) and "id" not in body:
        for name, value in body.items():
            if isinstance(value, list) and not name.endswith("_links"):
                return name, value
    return None


def rewritten(answer: Answer, change: Callable[[str, list[Any]], list[Any]]) -> Answer:
    """Replace the rows of a collection answer by what *change* makes of them."""
    if answer.status == 200 and answer.body:
        body = decode(answer.body)
        if found := rows_of(body):
            name, rows = found
            body[name] = change(name, rows)
            answer.body = encode(body)
    return answer


def unlinked(answer: Answer) -> Answer:
    """Take the next link out of an answer."""
    body = decode(answer.body)
    for name in [name for name in body if name.endswith("_links")]:
        del body[name]
    if isinstance(body.get("links"), dict):
        body["links"]["next"] = None
    else:
        body.pop("links", None)
    body.pop("next", None)
    body.pop("truncated", None)
    answer.body = encode(body)
    return answer
