"""What drives Vitrage: a mirror of the synchronizer, in Vitrage's own process.

1. ``get_all`` hands over every entity there is, as it is now, or raises; it raises when
   the synchronizer does not answer, has not sampled a type completely yet, or has not been
   heard of for too long. Then Vitrage deletes nothing.
2. After a complete ``get_all`` Vitrage deletes what was not in it: what went while Vitrage
   was down goes then. Age alone deletes nothing of ours.
3. ``get_changes`` waits for changes and hands each over when it comes, its own and those of
   the other drivers. An entity is handed over as it is at that moment, not as it was told,
   so the last one handed over is the latest, whatever came meanwhile and in whatever order.
4. Nothing is lost on the way: what has changed stays noted until it was handed over, also
   while Vitrage is busy, while there is no connection, and when the synchronizer restarts.
5. That an entity is gone is believed only of a store that has sampled its type completely:
   a synchronizer that starts anew, with an empty store, deletes nothing.

Threads: the mirror's own thread notes, Vitrage's threads hand over.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

from oslo_config import cfg
from vitrage.common.constants import DatasourceAction
from vitrage.common.constants import DatasourceProperties as Event
from vitrage.common.constants import VertexProperties as Vertex
from vitrage.datasources.driver_base import DriverBase

from synchronizer.client.connect import transport_to
from synchronizer.client.mirror import Mirror
from synchronizer.client.transport import EntityType
from synchronizer.model.change import Change
from synchronizer.model.errors import (
    AmbiguousError,
    SampleError,
    TransportError,
)
from synchronizer_vitrage.datasource import Body, Datasource, Farewell
from synchronizer_vitrage.notes import Notes
from synchronizer_vitrage.options import GROUP, wait_seconds
from synchronizer_vitrage.turnstile import TURNSTILE

LOG = logging.getLogger(__name__)


class _OnlyAfterSnapshots:
    """Whether Vitrage may delete what is outdated: it asks twice, and means two things.

    It asks the object right after a complete ``get_all``: then what was not in it is gone.
    It asks the class at the start, to know what its consistency check may delete by age: but
    without a snapshot for long, an entity is not gone.
    """

    def __get__(self, driver: object, owner: type) -> Callable[[], bool]:
        return lambda: driver is not None


class MirrorDriver(DriverBase):  # type: ignore[misc]
    """A driver of Vitrage's over one datasource of ours. Vitrage makes one, without arguments."""

    datasource: ClassVar[type[Datasource]]
    should_delete_outdated_entities = _OnlyAfterSnapshots()

    def __init__(self) -> None:
        super().__init__()
        ours = cfg.CONF[GROUP]
        self._source = self.datasource()
        self._wait = wait_seconds(self._source.name)
        self._held: dict[str, Farewell] = {}  # what Vitrage has of us, and how to take it back
        self._sampled_epoch: str | None = None
        self._place = {"cloud": ours.cloud, "region": ours.region}
        self._transport = transport_to(ours.url)
        self._ready = threading.Event()
        self._mirror = Mirror(
            self._transport, self._source.types, on_change=self._changed, **self._place
        )
        self._source.over(self._mirror)
        self._ready.set()

    def close(self) -> None:
        """End the mirror; Vitrage itself never does."""
        self._mirror.close()
        NOTES.take(self)

    def get_all(self, datasource_action: str) -> Iterator[Body]:
        """Return every entity there is, one by one.

        Raises:
            TransportError: the synchronizer does not answer, or has not for long.
            SampleError: a type was not sampled completely yet.
            AmbiguousError: there are several clouds or regions, and none was named.
        """
        self._require_complete()
        return self._whole(datasource_action)

    def get_changes(self, datasource_action: str) -> Iterator[Body]:  # noqa: ARG002
        """Hand over what changes, of any driver, for as long as one such call is to last."""
        until = time.monotonic() + self._wait
        NOTES.reconsider()
        while (note := NOTES.next(until - time.monotonic())) is not None:
            driver, id_ = note
            try:
                yield from driver.handed_over(id_, DatasourceAction.SNAPSHOT)
            except (KeyError, TypeError, ValueError, AttributeError, AmbiguousError):
                # One that is of no known shape must not hold up the others; the next
                # snapshot fails by it, and says so again.
                LOG.exception("%s cannot be handed over", note)

    def handed_over(self, id_: str, action: str) -> Iterator[Body]:
        """Hand one over as it is now: an event, or none when there is nothing to tell."""
        with TURNSTILE.passing() as date:
            entity = self._source.entity(id_)
            if entity is not None:
                self._held[id_] = self._source.farewell(entity)
                yield self._dated(entity, action, date)
            elif id_ in self._held and not self._sampled():
                NOTES.doubt(self, id_)
            elif id_ in self._held:
                farewell = self._held.pop(id_)
                event = {Event.EVENT_TYPE: farewell.event} if farewell.event else {}
                yield self._dated({**farewell.body, **event}, farewell.action, date)

    def _changed(self, change: Change) -> None:
        self._ready.wait()
        NOTES.add(self, self._source.touched(change))

    def _whole(self, action: str) -> Iterator[Body]:
        noted = NOTES.take(self)
        try:
            for id_ in dict.fromkeys([*self._source.ids(), *self._held, *noted]):
                yield from self.handed_over(id_, action)
        except BaseException:
            NOTES.add(self, noted)
            raise

    def _dated(self, body: Body, action: str, date: str) -> Body:
        name = self._source.name
        return {
            **body,
            Event.ENTITY_TYPE: name,
            Event.DATASOURCE_ACTION: action,
            Event.SAMPLE_DATE: date,
            Vertex.VITRAGE_DATASOURCE_NAME: self._datasource_name or name,
        }

    # What may be believed.

    def _require_complete(self) -> None:
        ours = cfg.CONF[GROUP]
        name = self._source.name
        if not self._mirror.wait_synced(ours.timeout):
            raise TransportError(
                f"{name}: no snapshot from {ours.url} within {ours.timeout} s; "
                f"is a synchronizer running there? {self._mirror.fault or ''}"
            )
        lag = self._mirror.lag or 0.0
        if lag > ours.max_lag:
            raise TransportError(
                f"{name}: nothing heard from {ours.url} for {lag:.0f} s; what is known is too old."
            )
        if not self._sampled(time.monotonic() + ours.timeout):
            raise SampleError(
                f"{name}: not sampled completely yet: {', '.join(self._source.types)}; "
                "`synchronizer type list` tells more."
            )

    def _sampled(self, until: float = 0.0) -> bool:
        """Whether the mirror's store has sampled every type completely; ask it once."""
        while self._mirror.epoch != self._sampled_epoch:
            epoch = self._mirror.epoch
            try:
                types = self._types()
            except TransportError as error:
                LOG.warning("%s: %s", self._source.name, error)
                types = []
            if {each.type for each in types if each.sampled_at} >= set(self._source.types):
                self._sampled_epoch = epoch
            elif time.monotonic() >= until:
                return False
            else:
                time.sleep(0.2)
        return True

    def _types(self) -> list[EntityType]:
        """Return how our types stand.

        Raises:
            AmbiguousError: a type stands in several places.
        """
        cloud, region = self._place["cloud"], self._place["region"]
        found: list[EntityType] = [
            each
            for each in self._transport.types()
            if each.type in self._source.types
            and cloud in {None, each.cloud}
            and (region is None or each.region in {None, region})
        ]
        for type_ in self._source.types:
            places = [f"{e.cloud}/{e.region or '-'}" for e in found if e.type == type_]
            if len(places) > 1:
                raise AmbiguousError(
                    f"{type_} is sampled in {', '.join(places)}; name one of them with "
                    "[synchronizer] cloud and region."
                )
        return found


NOTES: Notes[MirrorDriver] = Notes()
