"""Entities, and where they live."""

from typing import Any, NamedTuple

import msgspec


class Collection(NamedTuple):
    """All entities of one *type* in one *region* of one *cloud*.

    Keystone's have no region (None): its entities belong to the whole cloud.
    Ids are unique within a collection, and only there.
    """

    cloud: str
    region: str | None
    type: str

    def __str__(self) -> str:
        """Return ``cloud/region/type``, as logs and metrics show it."""
        return f"{self.cloud}/{self.region or '-'}/{self.type}"


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a type, as it was when *revision* was committed.

    Attributes:
        cloud: name of the cloud in ``clouds.yaml``.
        region: name of the region; null for Keystone's entities.
        type: ``plugin.resource``, for example ``nova.server``.
        id: the service's own id (composite ids are joined by ``/``).
        revision: the commit that brought this version.
        sampled_at: when this version was first seen, ISO 8601 in UTC; for people only.
        stale: the type has not been completely sampled within its declared age.
        body: the JSON object that the service returns, secrets redacted.
    """

    cloud: str
    region: str | None
    type: str
    id: str
    revision: int
    sampled_at: str
    stale: bool = False
    body: Any = None

    @property
    def collection(self) -> Collection:
        """The collection that this entity belongs to."""
        return Collection(self.cloud, self.region, self.type)
