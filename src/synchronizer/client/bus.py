"""The way to a synchronizer over OpenStack's message bus.

Calls go by RPC, a watch is a queue of its own on RabbitMQ; both with the promises of
`synchronizer.client.transport`. It needs the extra ``messaging``.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from synchronizer.bus.rabbit import Address
from synchronizer.bus.topics import EXCHANGE
from synchronizer.client.bus_watch import BusWatch, Place
from synchronizer.client.joined_log import JoinedLog
from synchronizer.client.rpc import RpcCalls
from synchronizer.client.schemas import (
    PAGE,
    SWEEP_SECONDS,
    Changes,
    Deletes,
    Entities,
    Relations,
    Types,
    Versions,
    decoded,
)
from synchronizer.client.transport import EntityType, HeldDelete, Page, Snapshot, Watch
from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.model.errors import RequestError, TransportError
from synchronizer.model.relation import Direction, Related

T = TypeVar("T")


class BusTransport:
    """Talk to a synchronizer over a message bus; safe to call from several threads.

    Owned by its maker, who closes it.

    Args:
        url: oslo.messaging's transport URL (``rabbit://user:password@host:5672/``).
        exchange: of the synchronizer's topics, its ``[bus] exchange``.
        timeout: seconds to wait for a reply.
        watch_timeout: seconds without any message of our log after which a watch counts as
            broken.
        epoch: of the log to join, where several synchronizers are on the bus; without it,
            that of the first answer.

    Raises:
        ConfigurationError: the URL cannot be used, or a library is missing.

    Attributes:
        log: the log that was joined, and the others that were seen.
    """

    def __init__(
        self,
        url: str,
        *,
        exchange: str = EXCHANGE,
        timeout: float = 60.0,
        watch_timeout: float = 30.0,
        epoch: str | None = None,
    ) -> None:
        self.log = JoinedLog(epoch)
        self._address = Address(url, exchange)
        self._calls = RpcCalls(url, self._address, timeout, self.log)
        self._timeout = timeout
        self._watch_timeout = watch_timeout

    def types(self) -> list[EntityType]:
        """Return every entity type that is sampled there."""
        return self._called(Types, "get_types").types

    def get_all(
        self,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        at: int | str | None = None,
        max_age: float | None = None,
        where: Sequence[tuple[str, str]] = (),
        complete: bool = False,
    ) -> Snapshot:
        """Get all entities of some types at one revision, page by page.

        *where* keeps those whose body has these values, by dotted path; several values of
        one path are alternatives. *complete* refuses what has never been completely sampled.
        """
        filters: dict[str, list[str]] = {}
        for path, value in where:
            filters.setdefault(path, []).append(value)
        asked = {**_chosen(types, cloud, region), "where": filters or None, "limit": PAGE}
        # Sampling first takes as long as the cloud needs.
        patience = self._timeout if max_age is None else max(self._timeout, SWEEP_SECONDS)
        begun = {**asked, "at": at, "max_age": max_age, "complete": complete or None}
        first = self._called(Entities, "get_all", timeout=patience, **begun)

        def page(marker: str) -> Entities:
            return self._called(Entities, "get_all", marker=marker, **asked)

        return _Pages(first, page)

    def changes(
        self,
        since: int,
        types: Sequence[str] = (),
        limit: int = 1000,
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Page:
        """Return whole commits after *since*, about *limit* changes of them."""
        asked = {**_chosen(types, cloud, region), "limit": limit}
        try:
            page = self._called(Changes, "get_changes", since=since, digest=digest, **asked)
        except RequestError:
            # An earlier release does not know the digest; whatever else is wrong comes again.
            page = self._called(Changes, "get_changes", since=since, **asked)
        found = list(page.changes)
        # A page may end inside a commit; then the rest of it is fetched, too.
        while page.next is not None and found and found[-1].revision > page.revision:
            page = self._called(Changes, "get_changes", marker=page.next, **asked)
            found += page.changes
        more = page.next is not None
        return Page(page.revision, page.epoch, found, more, page.collections, page.digest)

    def watch(
        self,
        since: int | None,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Watch:
        """Follow the log from *since* on; None begins now."""
        place = Place(tuple(types), cloud, region)

        def start() -> int:
            if since is not None:
                return since
            return self._called(Types, "get_types").revision

        def pages(behind: int, digest: str | None) -> Page:
            return self.changes(behind, types, cloud=cloud, region=region, digest=digest)

        return BusWatch(
            self._address,
            place,
            start,
            pages,
            digest=digest,
            log=self.log,
            timeout=self._watch_timeout,
        )

    def entity(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
    ) -> Entity:
        """Return one entity."""
        return self._called(
            Entity, "get_entity", type=type, id=id, at=at, cloud=cloud, region=region
        )

    def history(
        self, type: str, id: str, *, cloud: str | None = None, region: str | None = None
    ) -> list[Change]:
        """Return the kept versions of one entity, oldest first."""
        return self._called(
            Versions, "get_history", type=type, id=id, cloud=cloud, region=region
        ).versions

    def relations(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
        direction: Direction | None = None,
        types: Sequence[str] = (),
        fields: Sequence[str] = (),
    ) -> Related:
        """Return what an entity refers to and what refers to it, all at one revision."""
        asked: dict[str, Any] = {
            **_chosen(types, cloud, region),
            "type": type,
            "id": id,
            "direction": direction,
            "fields": list(fields) or None,
            "limit": PAGE,
        }
        page = self._called(Relations, "get_relations", at=at, **asked)
        found = list(page.relations)
        while page.next is not None:
            page = self._called(Relations, "get_relations", marker=page.next, **asked)
            found += page.relations
        return Related(page.revision, found)

    def sweep(
        self, type: str, *, cloud: str | None = None, region: str | None = None
    ) -> EntityType:
        """Sweep a type now and return how it stands then."""
        patience = max(self._timeout, SWEEP_SECONDS)
        return self._called(
            EntityType, "sweep", timeout=patience, type=type, cloud=cloud, region=region
        )

    def deletes(self) -> list[HeldDelete]:
        """Return the deletes that are held until an operator decides."""
        return self._called(Deletes, "get_deletes").deletes

    def confirm_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Say that what is held of a type is gone."""
        patience = max(self._timeout, SWEEP_SECONDS)
        return self._called(
            EntityType,
            "confirm_deletes",
            timeout=patience,
            type=type,
            cloud=cloud,
            region=region,
            version=version,
        )

    def reject_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Say that what is held of a type lives."""
        return self._called(
            EntityType, "reject_deletes", type=type, cloud=cloud, region=region, version=version
        )

    def close(self) -> None:
        """Let go of the connections; watches have their own."""
        self._calls.close()

    def _called(
        self, kind: type[T], method: str, *, timeout: float | None = None, **arguments: Any
    ) -> T:
        reply = self._calls.call(method, timeout=timeout, **arguments)
        return decoded(reply, kind, method)


class _Pages:
    """A snapshot that comes by pages, each asked for when it is needed."""

    def __init__(self, first: Entities, page: Callable[[str], Entities]) -> None:
        self.epoch, self.revision, self.digest = first.epoch, first.revision, first.digest
        self.complete = first.complete
        self._page = page
        self._closed = threading.Event()
        self._entities = self._read(first)

    def __iter__(self) -> Iterator[Entity]:
        """Yield the entities; that it ends without an error means that all have come."""
        return self._entities

    def close(self) -> None:
        """Ask for no further page."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()

    def _read(self, page: Entities) -> Iterator[Entity]:
        while True:
            if (page.epoch, page.revision) != (self.epoch, self.revision):
                raise TransportError("The pages of a walk are of different revisions; try again.")
            for entity in page.entities:
                if self._closed.is_set():
                    raise TransportError("The stream was closed by its owner.")
                # One by one: thousands at once would keep the garbage collector busy.
                yield decoded(entity, Entity, "get_all")
            if page.next is None:
                return
            page = self._page(page.next)


def _chosen(types: Sequence[str], cloud: str | None, region: str | None) -> dict[str, Any]:
    return {"types": list(types) or None, "cloud": cloud, "region": region}
