"""The declaration of a plugin and of its resources: what a service has and how it lists.

A resource reads like a row of a table. Only ``path`` and ``key`` have no default; the
rest says in which way this listing departs from the plainest one. A resource that
collects in a way of its own overrides `Resource.ask` or `Resource.shape`.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ClassVar

from synchronizer.model.address import segment
from synchronizer.model.declaration import Declaration
from synchronizer.model.errors import MalformedError
from synchronizer.model.essence import Path, drop, essence_of, names, take
from synchronizer.plugins import ids, lenient
from synchronizer.plugins.excerpt import REDACTED
from synchronizer.plugins.fingerprint import declaration_of
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.service import Answer, Gate, Query, Service


class Paging(Enum):
    """How a listing is cut into pages."""

    MARKER = "marker"
    """``limit`` and ``marker``, until a page is empty."""
    OFFSET = "offset"
    """``limit`` and ``offset``, until a page is empty."""
    NONE = "none"
    """One answer holds everything; ``limit`` must not be sent."""


class Resource:
    """One entity type of a service. Everything is a class attribute.

    Attributes:
        name: last part of the entity type; the plugin's name is the first.
        path: of the listing, below the service's endpoint. With ``each``, ``{parent}``
            stands for the parent's id.
        key: field of the answer that holds the list; empty when the answer is the list.
        lone: the field ``key`` holds one entity, not a list.
        unwrap: field of each item that holds the entity; empty when the item is it.
        query: fixed query parameters.
        variants: the listing is walked once for each, with its parameters added.
        id: fields whose values, joined by ``/``, are the id; dotted paths.
        paging: how the listing is cut.
        limit: page size to ask for.
        marker: field whose value is the marker.
        sort: query parameters that give a stable order.
        microversion: lowest and highest (``"2.73", "2.100"``); None sends none.
        since: query parameter of the incremental filter; None when there is none.
        since_value: format of that parameter's value, around the ISO time.
        outline: fields of a cheap listing of ids (the first) and versions, where the
            service can project fields; a poll reads what differs from last time.
        unsettled: equality filter that lists what is in flux: entities whose state moves
            on without a notification.
        bulk: query parameter that may be repeated to list several entities by their id.
        version: field that grows with each change.
        stamp: field that never falls, like the time of the last update: of two states the
            one with a lower stamp is the older. Where it is empty, ``version`` serves.
        hints: which notifications tell of a change.
        optional: an extension of the service, or of its newer releases: where the collection
            answers 404, or no microversion has it, the cloud has no such entities.
        gone: field and values that mark rows which the incremental filter shows although
            they are deleted.
        unlisted: field and values that mark rows which the incremental filter shows, which
            can be read, but which the full listing leaves out (soft-deleted servers). Such
            an entity is followed when it is known, and not taken up when it is not.
        partial: field and value that mark rows which are not whole and must not be
            taken for state (a cell is down).
        whole: fields that only whole rows have: a row that has them all is state, though
            it is marked as `partial` (the service does not know what state it is in).
        single: path of one entity with ``{id}`` or ``{id[0]}`` for its parts; a query
            may follow. None when the service cannot read one.
        single_key: field of that answer which holds the entity (or a list of one).
        only_single: fields that only the single read has; left out, so that both ways
            of looking give one shape.
        volatile: fields that are not state; they stay in the body, with the value of its last
            change.
        measured: fields that are not state and of use only while they are new, such as usage
            and heartbeats: they are taken out of the body and kept as measurements, which each
            complete sweep refreshes without a revision. For types of thousands, not of millions.
        ordered: lists whose order is state.
        secret: fields whose value is replaced before anything is stored.
        witness: fields that full visibility shows; when they vanish, rows may be too.
        never_empty: an empty listing cannot be true.
        each: entity type whose ids are put into ``{parent}``: one listing for each.
        canary: whether `Plugin.canary` must pass before an absence counts.
        relations: field to entity type that it refers to (see `synchronizer.model.relation`).
        sweep: seconds between complete listings where the default is 600: a type with
            another value is listed the more or less often, whatever is configured.
        default: whether it is sampled unless the configuration names it.
        release: of the plugin; empty stands for that of the distribution it comes with. Of two
            that declare differently and share a store, the newer one counts.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    key: ClassVar[str]
    plugin: ClassVar[str] = ""
    lone: ClassVar[bool] = False
    unwrap: ClassVar[str] = ""
    query: ClassVar[Mapping[str, str]] = {}
    variants: ClassVar[tuple[Mapping[str, str], ...]] = ({},)
    id: ClassVar[tuple[str, ...]] = ("id",)
    paging: ClassVar[Paging] = Paging.NONE
    limit: ClassVar[int] = 1000
    marker: ClassVar[str] = "id"
    sort: ClassVar[Mapping[str, str]] = {}
    microversion: ClassVar[tuple[str, str] | None] = None
    since: ClassVar[str | None] = None
    since_value: ClassVar[str] = "{}"
    outline: ClassVar[tuple[str, ...]] = ()
    unsettled: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    bulk: ClassVar[str] = ""
    version: ClassVar[str] = ""
    stamp: ClassVar[str] = ""
    hints: ClassVar[tuple[Hint, ...]] = ()
    optional: ClassVar[bool] = False
    gone: ClassVar[tuple[str, frozenset[str]] | None] = None
    unlisted: ClassVar[tuple[str, frozenset[str]] | None] = None
    partial: ClassVar[tuple[str, str] | None] = None
    whole: ClassVar[tuple[str, ...]] = ()
    single: ClassVar[str | None] = None
    single_key: ClassVar[str] = ""
    only_single: ClassVar[tuple[Path, ...]] = ()
    volatile: ClassVar[tuple[Path, ...]] = ()
    measured: ClassVar[tuple[Path, ...]] = ()
    ordered: ClassVar[tuple[Path, ...]] = ()
    secret: ClassVar[tuple[Path, ...]] = ()
    witness: ClassVar[tuple[str, ...]] = ()
    never_empty: ClassVar[bool] = False
    each: ClassVar[str | None] = None
    canary: ClassVar[bool] = False
    relations: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    sweep: ClassVar[float | None] = None
    default: ClassVar[bool] = True
    release: ClassVar[str] = ""

    _essence: Callable[[Any], Any]

    def __init__(self) -> None:
        self._essence = essence_of((*self.volatile, *self.measured), self.ordered)
        self._measured = [names(path) for path in self.measured]
        self._secret = [names(path) for path in self.secret]
        self._only_single = [names(path) for path in self.only_single]
        self._id = [names(path) for path in self.id]

    @property
    def type(self) -> str:
        """The entity type, ``plugin.resource``."""
        return f"{self.plugin}.{self.name}"

    @property
    def declaration(self) -> Declaration:
        """What counts as an entity's state, by a fingerprint, and since which release."""
        return declaration_of(self)

    # --- what an item is -------------------------------------------------

    def identify(self, item: Mapping[str, Any]) -> str:
        """Return an item's id.

        Raises:
            MalformedError: a part of it is missing, or is not a name or number.
        """
        parts = []
        for path in self._id:
            value: Any = item
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            parts.append(value)
        return ids.join(self.type, self.id, parts)

    def shape(
        self,
        item: dict[str, Any],
        parent: str | None = None,  # noqa: ARG002 - for those who override
    ) -> dict[str, Any]:
        """Bring an item to the one shape of its type; override for more than the declared.

        Args:
            item: one decoded item; may be changed in place.
            parent: id of the parent with ``each``.
        """
        if self.unwrap:
            inner = item.get(self.unwrap)
            if not isinstance(inner, dict):
                raise MalformedError(f"{self.type}: an item has no {self.unwrap}")
            item = inner
        for path in self._only_single:
            drop(item, path)
        return item

    def hinted(self, event_type: str, payload: Any) -> list[str] | None:  # noqa: ARG002
        """Return the ids that a notification names, for ids that no path can give.

        None leaves it to the declared `hints`; an empty list means that some entity of
        the type may have changed.
        """
        return None

    def redact(self, item: dict[str, Any]) -> None:
        """Replace the declared secrets, in place."""
        for path in self._secret:
            _redact(item, path)

    def measure(self, item: dict[str, Any]) -> dict[str, Any]:
        """Take what is measured out of an item; return it by dotted path."""
        return {name: value for path in self._measured for name, value in take(item, path)}

    def essence(self, item: dict[str, Any]) -> Any:
        """Reduce an item to its essence; consumes it."""
        return self._essence(item)

    def is_gone(self, item: Mapping[str, Any]) -> bool:
        """Whether an item of an incremental listing says that it is deleted."""
        return self.gone is not None and _is_one_of(item, *self.gone)

    def is_unlisted(self, item: Mapping[str, Any]) -> bool:
        """Whether an item exists although the full listing leaves it out."""
        return self.unlisted is not None and _is_one_of(item, *self.unlisted)

    def in_flux(self, item: Mapping[str, Any]) -> bool:
        """Whether an item's state moves on without a notification."""
        return any(item.get(name) in values for name, values in self.unsettled.items())

    def is_partial(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is only a stand-in for an entity that cannot be read now."""
        if self.partial is None or item.get(self.partial[0]) != self.partial[1]:
            return False
        return not self.whole or any(name not in item for name in self.whole)

    # --- how to ask for it -----------------------------------------------

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """Ask for one page of the listing."""
        path = self.path.replace("{parent}", segment(parent)) if parent else self.path
        allow = {400, 404} if "marker" in more else {404} if parent else ()
        return service.get(
            path, {**self.query, **more}, microversion=self.microversion, allow=allow
        )

    def exists(self, service: Service) -> bool:
        """Whether the service knows the collection at all: asked for `optional` types only.

        Raises:
            SampleError: no clear answer.
        """
        if self.each:
            return True  # it exists where its parents do
        if self.microversion and not service.offers(self.microversion):
            return False
        query = {**self.query, **({} if self.paging is Paging.NONE else {"limit": "1"})}
        answer = service.get(self.path, query, microversion=self.microversion, allow=(404,))
        return answer.status == 200

    def reaches(self, parent: str) -> bool:
        """Whether this can be listed for a parent: its id may not hold a slash (see `reads`).

        In a query it may. Whatever such a parent has was never listed, so it is not missed.
        """
        return "/" not in parent or "{parent}" not in self.path.partition("?")[0]

    def reads(self, id_: str) -> bool:
        """Whether this entity can be read alone.

        Not when a part of its id holds a slash: services take ``%2F`` in a path for a
        separator and answer 404 for what exists (regions of Keystone have such ids).
        """
        alone = self.single is not None and id_.count("/") == len(self.id) - 1
        return alone or bool(self.bulk)

    @property
    def polls(self) -> bool:
        """Whether there is a cheap listing between sweeps."""
        return self.since is not None or bool(self.outline)

    def single_path(self, id_: str) -> str:
        """Return the path that reads one entity."""
        if self.single is None:
            raise ValueError(f"{self.type} cannot be read one by one")
        parts = [segment(part) for part in id_.split("/")]
        return self.single.format(id=parts[0] if len(self.id) == 1 else parts)

    def parent_of(self, id_: str) -> str | None:
        """Return the parent's id, the first part of a child's."""
        return id_.partition("/")[0] if self.each else None

    def read(self, service: Service, id_: str) -> dict[str, Any] | None:
        """Read one entity; None when the service itself says that there is none.

        Raises:
            SampleError: no clear answer.
        """
        answer = service.get(
            self.single_path(id_), {}, microversion=self.microversion, allow=(404,)
        )
        if answer.status == 404:
            return None
        found = decode_object(f"{self.type} {id_}", answer.body)
        item: Any = found.get(self.single_key) if self.single_key else found
        if isinstance(item, list):
            # A filtered listing stands in for the single read.
            for each in item:
                if isinstance(each, dict):
                    shaped = self.shape(each, self.parent_of(id_))
                    if self.identify(shaped) == id_:
                        return shaped
            return None
        if not isinstance(item, dict):
            raise MalformedError(
                f"{self.type}: the answer to a read of {id_} has no {self.single_key}"
            )
        shaped = self.shape(item, self.parent_of(id_))
        if self.identify(shaped) != id_:
            raise MalformedError(f"{self.type}: asked for {id_}, got {self.identify(shaped)}")
        return shaped


class Plugin:
    """One service: its place in the catalogue and its resources.

    Attributes:
        name: first part of its entity types.
        service_type: in the catalogue, as openstack/service-types-authority has it.
        version: major version of the API whose paths the resources name; empty for a
            service that does not tell its versions.
        regional: whether each region has its own entities (Keystone's have no region).
        scopes: kinds of scope whose tokens see everything, given the role: services answer
            others with fewer rows and no error.
        resources: the entity types.
        exchanges: of the message bus, that its resources' hints come from.
        ignored: patterns of event types that tell of no entity here, with the reason.
        headers: sent with each request, beside those that every service gets.
        beside: for a system that is in no catalogue: the key of a cloud's entry in
            ``clouds.yaml`` that tells how to reach it (see `connect`).
        privileged: path of a listing that a service refuses to lesser roles, or empties for
            them: how ``doctor`` finds credentials that would see a part only.
        proven: ``real`` when the project's tests sample a real service, ``recorded`` when
            they know it from its documentation only.
    """

    name: ClassVar[str]
    service_type: ClassVar[str]
    version: ClassVar[str]
    regional: ClassVar[bool] = True
    scopes: ClassVar[tuple[str, ...]] = ("project",)
    resources: ClassVar[tuple[type[Resource], ...]]
    exchanges: ClassVar[tuple[str, ...]] = ()
    ignored: ClassVar[Mapping[str, str]] = {}
    headers: ClassVar[Mapping[str, str]] = {}
    beside: ClassVar[str] = ""
    privileged: ClassVar[str] = ""
    proven: ClassVar[str] = "real"

    @classmethod
    def declared(cls) -> list[Resource]:
        """Return one instance of each resource, knowing its plugin's name."""
        found = []
        for kind in cls.resources:
            kind.plugin = cls.name
            found.append(kind())
        return found

    @classmethod
    def connect(
        cls,
        access: Mapping[str, Any],
        *,
        name: str,
        gate: Gate,
        pause: Callable[[float], None],
    ) -> Service:
        """Return the service of a system beside the cloud.

        Args:
            access: what the cloud's entry says under `beside`.
            name, gate, pause: as `Service` takes them.

        Raises:
            ConfigurationError: something is missing.
        """
        raise NotImplementedError(f"{cls.name} is found in the catalogue")

    def canary(self, service: Service) -> None:
        """Check that no part of the service hides its entities; the default has none.

        Raises:
            CanaryError: some absences cannot be believed now.
        """


def decode_object(type_: str, body: bytes) -> dict[str, Any]:
    """Decode a JSON object.

    Raises:
        MalformedError: it is something else.
    """
    try:
        found = lenient.decode(body)
    except lenient.NO_JSON as error:
        raise MalformedError(f"{type_}: the answer is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise MalformedError(f"{type_}: the answer is not a JSON object")
    return found


def _is_one_of(item: Mapping[str, Any], field: str, marks: frozenset[str]) -> bool:
    value = item.get(field)
    return isinstance(value, str) and value in marks


def _redact(value: Any, path: tuple[str, ...]) -> None:
    name, rest = path[0], path[1:]
    if isinstance(value, list):
        if name != "*":
            return
        for place, item in enumerate(value):
            if rest:
                _redact(item, rest)
            elif item is not None:
                value[place] = REDACTED
    elif isinstance(value, dict):
        for key in list(value) if name == "*" else [name]:
            if key not in value:
                continue
            if rest:
                _redact(value[key], rest)
            elif value[key] is not None:
                value[key] = REDACTED
