"""How often, how fast, how much: the numbers that a deployment sets for its sampling."""

from fnmatch import fnmatchcase

import msgspec

from synchronizer.plugins.pagination import ITEMS_MOST
from synchronizer.plugins.plugin import Resource

_USUAL = 600.0
"""The default between two sweeps, which the intervals that plugins declare relate to."""


class Intervals(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of sampling; all durations in seconds.

    Attributes:
        sweep: between two complete listings of a type.
        poll: between two incremental listings, where the API has them.
        outline: between two listings of ids and versions while notifications reach us,
            for the types that are polled so; without notifications it is *poll*.
        stale_after: age beyond which a type counts as stale; 0 means two and a half
            sweeps.
        types: patterns of entity types to sample; empty takes every type that a plugin
            samples by default.
        skip: patterns of entity types not to sample.
        delete_guard: fraction of a type beyond which absences are held.
        listing_limit: a listing of more items is taken for one without an end.
        calls_per_second: to one service of one cloud.
        in_flight: calls at a time to one service of one cloud.
        rediscover: between two looks at the catalogue for new services and regions.
    """

    sweep: float = 600.0
    poll: float = 15.0
    outline: float = 180.0
    stale_after: float = 0.0
    types: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    delete_guard: float = 0.2
    listing_limit: int = ITEMS_MOST
    calls_per_second: float = 20.0
    in_flight: int = 4
    rediscover: float = 300.0

    def may_want(self, plugin: str) -> bool:
        """Whether any type of a plugin may be sampled here; false only when none can."""
        if {"*", f"{plugin}.*"} & {*self.skip}:
            return False
        return not self.types or any(
            fnmatchcase(plugin, pattern.partition(".")[0]) for pattern in self.types
        )

    def wants(self, resource: Resource) -> bool:
        """Whether a type is sampled here."""
        if any(fnmatchcase(resource.type, pattern) for pattern in self.skip):
            return False
        if self.types:
            return any(fnmatchcase(resource.type, pattern) for pattern in self.types)
        return resource.default

    @property
    def patience(self) -> float:
        """Seconds without a poll after which nobody polls."""
        return max(60.0, 4 * self.poll)

    def sweep_of(self, resource: Resource) -> float:
        """Return the interval of a type: in proportion to what its plugin declares."""
        return self.sweep * (1.0 if resource.sweep is None else resource.sweep / _USUAL)

    def stale_of(self, resource: Resource) -> float:
        """Return the age at which a type counts as stale."""
        return self.stale_after or 2.5 * self.sweep_of(resource)
