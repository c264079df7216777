"""Controls: entities that are known to live, asked for when others seem to be gone.

A service that lost its database, a policy that was edited or an endpoint of another
deployment lists nothing and answers 404 to every read. So "there is none" counts for
little unless something else that was known before still answers. What counts as known is
what was committed before the absence began: what an emptied service registers anew, or
another deployment shows, vouches for nothing.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from re import IGNORECASE
from re import compile as compiled
from typing import TYPE_CHECKING

from synchronizer.model.errors import SampleError

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler

_UNIQUE = compiled("[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", IGNORECASE)
"""Ids that no other deployment has; ``default``, ``nova`` and ``1`` are everywhere."""

_TRIED = 5
"""So many controls are asked for, before none answers."""


def known(sampler: "Sampler", without: Iterable[str] = (), *, ticket: int) -> Iterator[str]:
    """Yield ids of entities that live since before *ticket* and can be read alone."""
    sampler.catch_up()
    with sampler.locked():
        ids = sampler.baseline.some_live(_TRIED, frozenset(without), upto=ticket)
    yield from filter(sampler.resource.reads, ids)


def answers(sampler: "Sampler") -> bool:
    """Whether the service still knows what is known of it; true when that is nothing."""
    revision = sampler.catch_up()
    if not len(sampler.baseline):
        return True
    own = (id_ for id_ in known(sampler, ticket=revision) if _UNIQUE.search(id_))
    if any(sampler.reading.one(id_) is not None for id_ in own):
        return True
    return others_answer(sampler, ticket=revision)


def others_answer(sampler: "Sampler", *, ticket: int) -> bool:
    """Whether an entity of another type of the same service and region can be read."""
    found = (
        (other, id_)
        for other in sampler.setup.others(sampler.collection)
        for id_ in islice((i for i in known(other, ticket=ticket) if _UNIQUE.search(i)), 1)
    )
    try:
        return any(other.reading.one(id_) is not None for other, id_ in islice(found, _TRIED))
    except SampleError:
        return False
