"""What all of Neutron's resources have in common.

Facts that shape this: without ``limit`` a collection comes in one answer, and that is the
one safe way, because an unknown marker means three things in Neutron (404, page one again,
an empty page that looks like the end). There is no incremental filter (``changed_since`` is
refused by default), but fields can be projected: id, revision number and time of update of
all ports are a cheap poll. Neither of the two covers everything: a subnet's name servers
move the time alone, a no-op update too; what moves neither is found by the sweep.

The API layer sends the notifications, so they miss what agents, OVN and Neutron itself do:
ports becoming ACTIVE, cascaded deletes. ``.end`` carries the entity as its requester may
see it.
"""

from typing import Any, ClassVar

from synchronizer.model.essence import Path
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Resource

SAME = ("tenant_id",)
"""``project_id`` under its old name."""

STAMPS = ("updated_at", "revision_number", *SAME)
"""Moved by an update that changes nothing, or without a change of this entity."""


class NeutronResource(Resource):
    """A collection that is listed in one answer, and in part by id."""

    bulk = "id"
    volatile: ClassVar[tuple[Path, ...]] = SAME


class Versioned(NeutronResource):
    """A collection of entities that count their revisions."""

    outline = ("id", "revision_number", "updated_at")
    version = "revision_number"
    volatile: ClassVar[tuple[Path, ...]] = STAMPS


class When(Hint):
    """A hint only where the payload says *value* in one of some fields.

    Neutron sends one event type for the tags of all its resources, and one for the sharing
    of all.

    Args:
        value: of the field.
        fields: dotted paths, alternatives.
        events, ids: as `Hint` takes them.
    """

    def __init__(self, value: str, fields: tuple[str, ...], events: str, *ids: str) -> None:
        super().__init__(events, *ids)
        self._value = value
        self._fields = [field.split(".") for field in fields]

    def named(self, type_: str, payload: Any) -> list[str]:
        """Return the ids that *payload* names, if it speaks of this type."""
        for field in self._fields:
            found = payload
            for name in field:
                found = found.get(name) if isinstance(found, dict) else None
            if found == self._value:
                return super().named(type_, payload)
        return []


def told(name: str, plural: str = "", *, whole: bool = True) -> tuple[Hint, ...]:
    """Return the hints of a resource's own events: one of it, or many made in one call.

    Args:
        name: of the resource in event types and payloads.
        plural: of it in the payload, where it is not made with an s.
        whole: an update's payload shows the resource as its listing does.
    """
    plural = plural or f"{name}s"
    return (
        Hint(f"{name}.create.end", f"{name}.id", f"{plural}.*.id"),
        Hint(f"{name}.update.end", f"{name}.id", whole=name if whole else ""),
        Hint(f"{name}.delete.end", f"{name}_id", f"{name}.id", gone=True),
    )


def tagged(collection: str) -> Hint:
    """Return the hint of tags that were put on a resource or taken from it."""
    kinds = ("parent_resource", "obj_resource")
    return When(collection, kinds, "tag.*.end", "parent_resource_id", "obj_resource_id")


def shared(object_type: str) -> Hint:
    """Return the hint of an entity that was shared, or is so no more."""
    body = "rbac_policy"
    return When(object_type, (f"{body}.object_type",), f"{body}.*.end", f"{body}.object_id")
