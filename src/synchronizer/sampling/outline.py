"""The outline poll: ids and versions of a whole collection, and a look at what differs.

For services without a changed-since filter that can project fields (Neutron). A row whose
version is another one than last time is read; so is one that is missing, because only a
read may say that it is gone. What the version does not cover, the next sweep finds.

While the service's notifications reach us, the whole outline is asked for less often; in
between only what is *in flux*, whose state moves on without a notification: what is in it
now and differs, and what has left it since.
"""

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from synchronizer.model.errors import MalformedError
from synchronizer.plugins import lenient
from synchronizer.plugins.pagination import walk
from synchronizer.plugins.plugin import Resource
from synchronizer.plugins.service import Answer, Query
from synchronizer.sampling.items import mark_of, raw_items, tail_of
from synchronizer.sampling.listing import ListingPass

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler

_SWEEP_FRACTION = 0.3
_SWEEP_FROM = 500
"""When more than so many rows (and this fraction) moved, a sweep is the cheaper way."""


class Outline:
    """Polls one sampler's collection by its outline."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._in_flux: set[str] = set()
        self._whole_at: float | None = None

    def poll(self, *, every: float) -> None:
        """Ask for the outline, whole if the last whole one is *every* seconds old."""
        now = self._sampler.setup.clock.monotonic()
        unsettled = self._sampler.resource.unsettled
        due = self._whole_at is None or now - self._whole_at >= every
        if due or not unsettled:
            moved = self._whole()
            self._whole_at = now
        else:
            moved = self._flux()
        if moved:
            self._sampler.reading.read(sorted(moved))

    def _whole(self) -> set[str]:
        sampler = self._sampler
        first = sampler.ticket()
        moved, listed = self._moved({})
        with sampler.locked():
            baseline = sampler.baseline
            seen = np.zeros(baseline.rows, np.bool_)
            rows = baseline.find(listed)
            seen[rows[rows >= 0]] = True
            absent = baseline.absent(seen, first.revision)
            living = len(baseline)
        if len(absent) > sampler.guard(living) or self._many(len(moved), living):
            sampler.hurry = True  # a sweep decides on so many at once
            return set()
        return moved | set(absent)

    def _flux(self) -> set[str]:
        resource = self._sampler.resource
        moved, listed = self._moved(resource.unsettled)
        left, self._in_flux = self._in_flux - set(listed), set(listed)
        return moved | left

    def _moved(self, only: Query) -> tuple[set[str], list[str]]:
        """Return the ids whose outline is another than known, and all that were listed."""
        sampler = self._sampler
        resource = sampler.resource
        moved: set[str] = set()
        listed: list[str] = []

        def split(answer: Answer, _parent: str | None) -> ListingPass.Page:
            raw, more = raw_items(resource, answer.body)
            items = [item for each in raw if (item := _decoded(resource, each)) is not None]
            ids = [str(item[resource.outline[0]]) for item in items]
            marks = np.array([mark_of(resource, item) for item in items], np.uint64)
            with sampler.locked():
                sampler.arrived()
                differs = sampler.baseline.moved(sampler.baseline.find(ids), marks)
            moved.update(id_ for id_, hit in zip(ids, differs.tolist(), strict=True) if hit)
            listed.extend(ids)
            sampler.setup.beat()
            return ListingPass.Page(len(raw), tail_of(resource, raw, more=more), more)

        query = {"fields": list(resource.outline), **only}
        count = sum(page.size for page in walk(resource, sampler.service, split, query=query))
        if count and not listed:
            raise MalformedError(f"{resource.type}: no item of the listing has an id")
        return moved, listed

    @staticmethod
    def _many(moved: int, living: int) -> bool:
        return moved > max(_SWEEP_FROM, _SWEEP_FRACTION * living)


def _decoded(resource: Resource, raw: msgspec.Raw) -> dict[str, Any] | None:
    """Decode an item; None for one that is malformed: of those a sweep tells."""
    try:
        found: dict[str, Any] = lenient.decode(raw, dict[str, Any])
        resource.identify(found)
    except (MalformedError, *lenient.NO_JSON):
        return None
    return found
