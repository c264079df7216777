"""Gnocchi: metric v1.

Facts that shape this file: answers are bare lists, and the next page is announced in a header
only; who is no administrator silently sees the own resources; the generic read of a resource
lacks what its type adds; nothing is sent on the message bus. The incremental filter needs a
search by POST, and we only read.

A resource whose original is gone stays, with ``ended_at`` set by Ceilometer, until somebody
purges it. Gnocchi still has it, so it is not deleted here either: setting ``ended_at`` is an
update, and the purge is the delete.

Source: https://gnocchi.osci.io/rest.html
"""

from typing import Any

from synchronizer.model.address import segment
from synchronizer.model.errors import MalformedError
from synchronizer.plugins.plugin import Paging, Plugin, Resource, decode_object
from synchronizer.plugins.service import Service


class MeteredResource(Resource):
    """A resource that is or was metered, with its metrics."""

    name, path, key = "resource", "/resource/generic", ""
    query = {"details": "true"}
    paging = Paging.MARKER
    sort = {"sort": "started_at:asc"}
    single = "/resource/generic/{id}"
    relations = {
        "type": "gnocchi.resource_type",
        "project_id": "keystone.project",
        "user_id": "keystone.user",
        "original_resource_id": (
            "nova.server",
            "cinder.volume",
            "glance.image",
            "neutron.network",
            "heat.stack",
            "octavia.loadbalancer",
            "manila.share",
            "designate.zone",
        ),
        "metrics.*": "gnocchi.metric",
    }

    def read(self, service: Service, id_: str) -> dict[str, Any] | None:
        """Read it as its own type shows it: the generic read tells which type that is."""
        found = super().read(service, id_)
        kind = (found or {}).get("type")
        if found is None or kind in (None, "generic"):
            return found
        if not isinstance(kind, str):
            raise MalformedError(f"{self.type}: a resource's type is no name")
        path = f"/resource/{segment(kind)}/{segment(id_)}"
        answer = service.get(path, {}, allow=(404,))
        if answer.status == 404:
            return None
        return self.shape(decode_object(self.type, answer.body))


class ResourceType(Resource):
    """A type of metered resources with the attributes that it adds."""

    name, path, key = "resource_type", "/resource_type", ""
    id = ("name",)
    single = "/resource_type/{id}"
    never_empty = True


class Metric(Resource):
    """A metric; there may be very many, so only when asked for. Measures are no entities."""

    name, path, key = "metric", "/metric", ""
    paging = Paging.MARKER
    single = "/metric/{id}"
    relations = {
        "resource_id": "gnocchi.resource",
        "archive_policy_name": "gnocchi.archive_policy",
        "created_by_user_id": "keystone.user",
        "created_by_project_id": "keystone.project",
    }
    sweep = 3600.0
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name resource and archive policy, which are entities of their own."""
        item = super().shape(item, parent)
        if "resource" in item:
            item["resource_id"] = _named(item.pop("resource"), "id")
        if "archive_policy" in item:
            item["archive_policy_name"] = _named(item.pop("archive_policy"), "name")
        return item


class ArchivePolicy(Resource):
    """How long measures are kept, and how finely."""

    name, path, key = "archive_policy", "/archive_policy", ""
    id = ("name",)
    single = "/archive_policy/{id}"


class ArchivePolicyRule(Resource):
    """Which archive policy a new metric gets by its name."""

    name, path, key = "archive_policy_rule", "/archive_policy_rule", ""
    id = ("name",)
    single = "/archive_policy_rule/{id}"
    relations = {"archive_policy_name": "gnocchi.archive_policy"}


class Gnocchi(Plugin):
    """The metric service, where Ceilometer keeps what it measures."""

    name = "gnocchi"
    service_type = "metric"
    version = "1"
    resources = (MeteredResource, ResourceType, Metric, ArchivePolicy, ArchivePolicyRule)


def _named(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
