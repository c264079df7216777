"""Which collections a request means."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from synchronizer.model.entity import Collection
from synchronizer.model.errors import RequestError, UnknownTypeError
from synchronizer.store.freshness import Freshness


class Selection(NamedTuple):
    """Types, cloud and region as asked for; also of collections that are yet to come."""

    types: frozenset[str] = frozenset()
    cloud: str | None = None
    region: str | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Selection()

    def holds(self, collection: Collection) -> bool:
        """Whether *collection* is meant. One without region belongs to all of its cloud."""
        return (
            (not self.types or collection.type in self.types)
            and self.cloud in {None, collection.cloud}
            and (self.region is None or collection.region in {None, self.region})
        )

    def of(self, known: Iterable[Freshness]) -> list[Freshness]:
        """Return those of *known* that are meant, or raise when a name is unknown.

        Raises:
            UnknownTypeError, RequestError
        """
        all_known = list(known)
        self._check(all_known)
        return [each for each in all_known if self.holds(each.collection)]

    def _check(self, known: Sequence[Freshness]) -> None:
        collections = [each.collection for each in known]
        clouds = {each.cloud for each in collections}
        if self.cloud is not None and self.cloud not in clouds:
            raise RequestError(f"No cloud {self.cloud!r} here; there is {_listed(clouds)}.")
        inside = [each for each in collections if self.cloud in {None, each.cloud}]
        regions = {each.region for each in inside if each.region}
        if self.region is not None and self.region not in regions:
            raise RequestError(f"No region {self.region!r} here; there is {_listed(regions)}.")
        types = {each.type for each in inside if Selection(region=self.region).holds(each)}
        missing = self.types - types
        if missing:
            where = "".join(f" in {name}" for name in (self.cloud, self.region) if name)
            raise UnknownTypeError(
                f"No entity type {_listed(missing)} is sampled here{where}; "
                f"{_meant(missing, types)}."
            )


def _meant(missing: Iterable[str], types: Iterable[str]) -> str:
    close = {match for name in missing for match in get_close_matches(name, types, 1)}
    return f"did you mean {_listed(close)}" if close else f"there is {_listed(types)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
