"""One type of a mirror, by id: what most consumers want to write."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from synchronizer.model.entity import Entity
from synchronizer.model.errors import AmbiguousError

if TYPE_CHECKING:
    from synchronizer.client.mirror import Mirror


class ById(Mapping[str, Entity]):
    """A live view of the entities of one type.

    An id that exists in several clouds or regions raises AmbiguousError; it is counted
    and iterated once.
    """

    def __init__(self, mirror: "Mirror", type: str) -> None:
        self._mirror = mirror
        self._type = type

    def __getitem__(self, id: str) -> Entity:
        found = self._mirror.named(self._type, id)
        if not found:
            raise KeyError(id)
        if len(found) > 1:
            places = ", ".join(f"{each.cloud}/{each.region or '-'}" for each in found)
            raise AmbiguousError(
                f"{self._type} {id} exists in {places}; ask the mirror with the whole key."
            )
        return found[0]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.id for key in self._mirror if key.type == self._type))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{self._type}: {len(self)} entities>"
