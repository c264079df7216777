"""How often, how fast, how much: the numbers that a deployment sets for its sampling."""

from fnmatch import fnmatchcase

import msgspec

from synchronizer.plugins.plugin import Resource


class Intervals(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of sampling; all durations in seconds.

    Attributes:
        sweep: between two complete listings of a type.
        poll: between two incremental listings, where the API has them.
        stale_after: age beyond which a type counts as stale; 0 means two and a half
            sweeps.
        types: patterns of entity types to sample; empty takes every type that a plugin
            samples by default.
        skip: patterns of entity types not to sample.
        delete_guard: fraction of a type beyond which absences are held.
        calls_per_second: to one service of one cloud.
        in_flight: calls at a time to one service of one cloud.
        rediscover: between two looks at the catalogue for new services and regions.
    """

    sweep: float = 600.0
    poll: float = 15.0
    stale_after: float = 0.0
    types: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    delete_guard: float = 0.2
    calls_per_second: float = 20.0
    in_flight: int = 4
    rediscover: float = 300.0

    def wants(self, resource: Resource) -> bool:
        """Whether a type is sampled here."""
        if any(fnmatchcase(resource.type, pattern) for pattern in self.skip):
            return False
        if self.types:
            return any(fnmatchcase(resource.type, pattern) for pattern in self.types)
        return resource.default

    def sweep_of(self, resource: Resource) -> float:
        """Return the interval of a type: what its plugin declares, but never less than ours."""
        return self.sweep if resource.sweep is None else max(self.sweep, resource.sweep)

    def stale_of(self, resource: Resource) -> float:
        """Return the age at which a type counts as stale."""
        return self.stale_after or 2.5 * self.sweep_of(resource)
