"""Hints: which of a service's notifications tell that an entity may have changed.

A resource declares its `hints`; `Hints` takes those of many resources and answers for one
notification which types it concerns and which ids it names. Nothing else of a notification
is believed: what an entity is now, its own service says.

A payload path is dotted, ``*`` stands for each item of a list: ``ports.*.id``. The wrapper
of a versioned object (``nova_object.data``, ``ironic_object.data``) is seen through and not
written: Nova's ``payload["nova_object.data"]["uuid"]`` is ``uuid``. The parts of a composite
id are joined by ``/``: ``user_id/key_name``.
"""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from functools import lru_cache
from itertools import islice, product
from re import compile as compiled
from typing import TYPE_CHECKING, Any, NamedTuple

from synchronizer.model.errors import MalformedError
from synchronizer.plugins import ids

if TYPE_CHECKING:
    from synchronizer.plugins.plugin import Resource

IDS_MOST = 1000
"""Notifications that name more are taken as *some entity of the type*."""

EVENT_LIMIT = 255
"""The longest event type, in characters; oslo.messaging itself sets no limit."""

_REMEMBERED = 2048
_WRAPPED = "_object.data"


class Hint:
    """A family of notifications that concerns an entity type.

    Args:
        events: pattern of event types, as fnmatch has it: ``port.*.end``.
        ids: payload paths that may name the entity; what any of them finds is named. A
            path that holds null or an empty text names nobody. No path: some entity of
            the type changed.
        whole: payload path of the complete entity in the listing's shape.
        gone: the service says so that it deleted those that it names.
    """

    def __init__(self, events: str, *ids: str, whole: str = "", gone: bool = False) -> None:
        self.events = events
        self.ids = ids
        self.whole = whole
        self.gone = gone
        self._matches = compiled(translate(events)).match
        self._ids = [path.split("/") for path in ids]
        self._whole = whole.split(".") if whole else []

    def __repr__(self) -> str:
        return f"Hint({self.events!r}, {', '.join(map(repr, self.ids))})"

    def matches(self, event_type: str) -> bool:
        """Whether notifications of this event type are of the family."""
        return self._matches(event_type) is not None

    def named(self, type_: str, payload: Any) -> list[str]:
        """Return the ids that *payload* names; empty when it says that none is concerned.

        Raises:
            MalformedError: no path leads anywhere, or to something that cannot be an id.
        """
        found: dict[str, None] = {}
        led = False
        for path in self._ids:
            values = [_names(type_, payload, part.split(".")) for part in path]
            if None not in values:
                led = True
                some = islice(product(*filter(None, values)), IDS_MOST + 1) if all(values) else ()
                found.update((ids.join(type_, path, parts), None) for parts in some)
        if not led:
            raise MalformedError(f"{type_}: a notification has none of {', '.join(self.ids)}")
        return list(found)

    def entities(self, payload: Any) -> tuple[dict[str, Any], ...]:
        """Return the complete entities that *payload* carries."""
        if not self._whole:
            return ()
        return tuple(each for each in _at(payload, self._whole) if isinstance(each, dict))


class Hinted(NamedTuple):
    """What one notification says of one entity type.

    Attributes:
        ids: of the entities that may have changed; empty: some entity of the type.
        whole: complete entities in the listing's shape, where the resource says so.
        gone: they were deleted.
    """

    type: str
    ids: tuple[str, ...]
    whole: tuple[dict[str, Any], ...] = ()
    gone: bool = False


class Hints:
    """The hints of many resources. Safe to use from several threads."""

    def __init__(self, resources: Iterable["Resource"]) -> None:
        self._resources = [each for each in resources if each.hints]
        # Event types come from outside: what is remembered of them is bounded.
        self._matching = lru_cache(_REMEMBERED)(self._match)

    def of(self, event_type: str, payload: Any) -> list[Hinted]:
        """Return what a notification says; an empty list when it concerns nothing here.

        Raises:
            MalformedError: it should name an entity, and nothing in it does.
        """
        if not isinstance(event_type, str) or not 0 < len(event_type) <= EVENT_LIMIT:
            raise MalformedError("a notification has no event type")
        if not isinstance(payload, dict):
            raise MalformedError("the payload of a notification is no object")
        found: list[Hinted] = []
        fault: MalformedError | None = None
        for resource, hint in self._matching(event_type):
            try:
                hinted = _hinted(resource, hint, event_type, payload)
            except MalformedError as error:
                fault = error
                continue
            if hinted is not None and hinted not in found:
                found.append(hinted)
        if fault is not None and not found:
            raise fault
        return found

    def expects(self, event_type: str) -> bool:
        """Whether notifications of this event type can concern a resource."""
        return len(event_type) <= EVENT_LIMIT and bool(self._matching(event_type))

    def _match(self, event_type: str) -> list[tuple["Resource", Hint]]:
        return [
            (resource, hint)
            for resource in self._resources
            for hint in resource.hints
            if hint.matches(event_type)
        ]


def _hinted(resource: "Resource", hint: Hint, event_type: str, payload: Any) -> Hinted | None:
    own = resource.hinted(event_type, payload)
    if own is not None:
        named = [ids.join(resource.type, ("id",), (each,)) for each in own]
    elif not hint.ids:
        return Hinted(resource.type, (), hint.entities(payload))
    else:
        named = hint.named(resource.type, payload)
        if not named:
            return None
    if len(named) > IDS_MOST:
        return Hinted(resource.type, ())
    return Hinted(resource.type, tuple(named), hint.entities(payload), hint.gone)


def _names(type_: str, payload: Any, path: list[str]) -> list[str | int] | None:
    """Return what may be part of an id at *path*; None when it leads nowhere."""
    found: dict[str | int, None] = {}
    led = False
    for value in _at(payload, path):
        led = True
        if isinstance(value, str | int) and value != "":
            found[value] = None
            if len(found) > IDS_MOST:
                break
        elif value not in (None, ""):
            raise MalformedError(f"{type_}: {'.'.join(path)} of a notification is no id")
    return list(found) if led else None


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield what *path* leads to in a payload, each item of a list alone; an empty one is None."""
    for place, name in enumerate(path):
        if value is None:
            break
        if name == "*":
            if not isinstance(value, list):
                return
            if not value:
                yield None
            for item in value:
                yield from _at(item, path[place + 1 :])
            return
        if not isinstance(value, dict):
            if place and value is None:
                yield None  # as Neutron says of the port of a floating IP that has none
            return
        if name not in value:
            value = _unwrapped(value)
            if name not in value:
                return
        value = value[name]
    yield value


def _unwrapped(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of a versioned object; it has four or five fields beside each other."""
    if len(value) <= 5:
        for key, inner in value.items():
            if key.endswith(_WRAPPED) and isinstance(inner, dict):
                return inner
    return {}
