"""Nova: compute v2.1.

Facts that shape this file: a page without "next" may not be the last; a paged walk cannot
see servers of a cell that is down, so ``/os-services`` is the canary; ``changes-since``
lists deleted servers too, but misses changes of addresses, tags, volumes and security
groups. The microversion is pinned for each resource, because another one is another shape.

Source: https://docs.openstack.org/api-ref/compute/
"""

from typing import Any

import msgspec

from synchronizer.model.address import segment
from synchronizer.model.errors import CanaryError, MalformedError
from synchronizer.plugins.excerpt import excerpt
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource, decode_object
from synchronizer.plugins.service import Answer, Query
from synchronizer.plugins.service import Service as Endpoint

_SERVICES = ("2.69", "2.87")


class Server(Resource):
    """A server."""

    name, path, key = "server", "/servers/detail", "servers"
    query = {"all_tenants": "1"}
    paging = Paging.MARKER
    # The oldest first: what is created during the walk comes at its end.
    sort = {"sort_key": "created_at", "sort_dir": "asc"}
    microversion = ("2.73", "2.100")
    since = "changes-since"
    stamp = "updated"
    gone = ("status", frozenset({"DELETED"}))
    unlisted = ("status", frozenset({"SOFT_DELETED"}))
    partial, whole = ("status", "UNKNOWN"), ("name", "addresses")
    single, single_key = "/servers/{id}", "server"
    only_single = ("server_groups",)
    volatile = (
        "updated",  # "now" on each read while the row was never updated
        "progress",
        "host_status",
        "links",
        "image.links",
        "flavor.links",
    )
    secret = ("OS-EXT-SRV-ATTR:user_data", "adminPass", "fault.details")
    witness = ("OS-EXT-SRV-ATTR:host",)
    canary = True
    relations = {
        "tenant_id": "keystone.project",
        "user_id": "keystone.user",
        "image.id": "glance.image",
        "flavor.original_name": "nova.flavor#name",
        "OS-EXT-SRV-ATTR:hypervisor_hostname": "nova.hypervisor#hypervisor_hostname",
        "OS-EXT-SRV-ATTR:host": "nova.service#host",
        "os-extended-volumes:volumes_attached.*.id": "cinder.volume",
    }
    hints = (
        # Not ``exists``: the audit names every server there is.
        Hint("compute.instance.[!e]*", "instance_id"),
        Hint("compute.instance.evacuate*", "instance_id"),
        Hint("instance.[!e]*", "uuid"),
        Hint("instance.evacuate*", "uuid"),
        Hint("compute_task.*", "instance_id", "instance_uuid"),
        Hint("*_instance", "args.instance.uuid"),  # an action that failed
        # What Nova shows of its ports and volumes, their own services tell as well.
        Hint("port.*.end", "port.device_id", "ports.*.device_id"),
        Hint("floatingip.*.end", "floatingip.port_details.device_id"),
        Hint("volume.attach.end", "volume_attachment.*.instance_uuid"),
    )


class Hypervisor(Resource):
    """A hypervisor. Its counters of what is used are not state."""

    name, path, key = "hypervisor", "/os-hypervisors/detail", "hypervisors"
    query = {"with_servers": "true"}
    paging = Paging.MARKER
    microversion = ("2.53", "2.87")  # 2.88 drops vcpus and memory
    single, single_key = "/os-hypervisors/{id}?with_servers=true", "hypervisor"
    measured = (
        "uptime",
        "current_workload",
        "running_vms",
        "disk_available_least",
        "free_disk_gb",
        "free_ram_mb",
        "local_gb_used",
        "memory_mb_used",
        "vcpus_used",
    )
    canary = True
    relations = {"service.id": "nova.service#id", "servers.*.uuid": "nova.server"}


class Service(Resource):
    """A service of Nova on a host; ``nova-compute`` is the compute host."""

    name, path, key = "service", "/os-services", "services"
    id = ("binary", "host")
    microversion = _SERVICES
    partial, whole = ("status", "UNKNOWN"), ("state", "zone")
    single, single_key = "/os-services?binary={id[0]}&host={id[1]}", "services"
    measured = ("updated_at",)  # the heartbeat
    never_empty = True
    canary = True
    hints = (Hint("service.*", "binary/host"),)


class Aggregate(Resource):
    """A host aggregate."""

    name, path, key = "aggregate", "/os-aggregates", "aggregates"
    microversion = ("2.41", "2.81")
    single, single_key = "/os-aggregates/{id}", "aggregate"
    volatile = ("updated_at",)  # adding a host does not move it
    relations = {"hosts.*": "nova.service#host"}
    hints = (Hint("aggregate.*.end", "aggregate_id", "id"),)


class AvailabilityZone(Resource):
    """An availability zone with its hosts."""

    name = "availability_zone"
    path, key = "/os-availability-zone/detail", "availabilityZoneInfo"
    id = ("zoneName",)
    volatile = ("hosts.*.*.available",)
    measured = ("hosts.*.*.updated_at",)
    never_empty = True
    hints = (Hint("aggregate.*.end"), Hint("service.*"))


class Flavor(Resource):
    """A flavor, public or private."""

    name, path, key = "flavor", "/flavors/detail", "flavors"
    query = {"is_public": "None"}  # the literal None lists both kinds
    paging = Paging.MARKER
    microversion = ("2.61", "2.75")
    single, single_key = "/flavors/{id}", "flavor"
    volatile = ("links",)
    hints = tuple(Hint(f"flavor.{each}", "flavorid") for each in ("create", "update", "delete"))


class Keypair(Resource):
    """A key pair of a user: there is no listing of all, so one call for each user.

    Nova keeps those of a user whom Keystone deleted. One that was known lives on until Nova
    says 404 to it; one that nobody had seen by then is shown by no call.
    """

    name, path, key, unwrap = "keypair", "/os-keypairs?user_id={parent}", "keypairs", "keypair"
    each = "keystone.user"
    paging, marker = Paging.MARKER, "name"
    id = ("user_id", "name")
    microversion = ("2.35", "2.87")
    single, single_key = "/os-keypairs/{id[1]}?user_id={id[0]}", "keypair"
    only_single = ("id", "deleted", "deleted_at", "created_at", "updated_at")
    secret = ("private_key",)
    relations = {"user_id": "keystone.user"}
    sweep = 1800.0
    hints = (Hint("keypair.*.end", "user_id/name", "user_id/key_name"),)

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Take it out of its wrapper, and name the owner, whom the listing leaves out."""
        inner = item.get("keypair", item)
        if not isinstance(inner, dict):
            raise MalformedError("nova.keypair: an item has no keypair")
        for path in self._only_single:
            inner.pop(path[0], None)
        inner["user_id"] = parent
        return inner


class ServerGroup(Resource):
    """A server group with its members."""

    name, path, key = "server_group", "/os-server-groups", "server_groups"
    query = {"all_projects": "True"}
    paging = Paging.OFFSET
    microversion = ("2.64", "2.87")
    single, single_key = "/os-server-groups/{id}", "server_group"
    canary = True
    relations = {
        "members.*": "nova.server",
        "project_id": "keystone.project",
        "user_id": "keystone.user",
    }
    hints = (
        Hint("servergroup.*", "server_group_id"),
        Hint("server_group.*", "uuid"),
    )


class Migration(Resource):
    """A migration, resize or evacuation of a server, under way or past."""

    name, path, key = "migration", "/os-migrations", "migrations"
    paging, marker = Paging.MARKER, "uuid"
    id = ("uuid",)
    microversion = ("2.80", "2.87")
    since = "changes-since"
    volatile = ("updated_at", "links")
    canary = True
    relations = {
        "instance_uuid": "nova.server",
        "project_id": "keystone.project",
        "user_id": "keystone.user",
    }
    # They name the server, and the server's migrations are found by a poll.
    hints = tuple(
        Hint(f"{prefix}.{each}")
        for prefix in ("compute.instance", "instance")
        for each in ("live_migration*", "*resize*", "evacuate*")
    )


class VolumeAttachment(Resource):
    """A volume attached to a server: one call for each server, so only when asked for."""

    name, key = "volume_attachment", "volumeAttachments"
    path = "/servers/{parent}/os-volume_attachments"
    each = "nova.server"
    id = ("serverId", "volumeId")
    microversion = ("2.89", "2.89")
    single, single_key = "/servers/{id[0]}/os-volume_attachments/{id[1]}", "volumeAttachment"
    relations = {"serverId": "nova.server", "volumeId": "cinder.volume"}
    default = False
    hints = (
        Hint("compute.instance.volume.*", "instance_id/volume_id"),
        Hint("instance.volume_*.end", "uuid/volume_id", "uuid/old_volume_id", "uuid/new_volume_id"),
    )


class InstanceAction(Resource):
    """What was done to a server: one call for each server, so only when asked for."""

    name, path, key = "instance_action", "/servers/{parent}/os-instance-actions", "instanceActions"
    each = "nova.server"
    id = ("instance_uuid", "request_id")
    paging, marker = Paging.MARKER, "request_id"
    microversion = ("2.58", "2.87")
    single, single_key = "/servers/{id[0]}/os-instance-actions/{id[1]}", "instanceAction"
    only_single = ("events",)
    volatile = ("updated_at", "links")
    relations = {
        "instance_uuid": "nova.server",
        "project_id": "keystone.project",
        "user_id": "keystone.user",
    }
    default = False
    hints = (Hint("instance.[!e]*", "uuid/request_id"),)


class QuotaSet(Resource):
    """The quota of a project: one call for each project, so only when asked for."""

    name, path, key = "quota_set", "/os-quota-sets/{parent}/detail", "quota_set"
    each = "keystone.project"
    lone = True
    microversion = ("2.57", "2.87")
    measured = ("*.in_use", "*.reserved")
    relations = {"id": "keystone.project"}
    default = False

    def ask(self, service: Endpoint, parent: str | None, more: Query) -> Answer:
        """Ask for the quota; 400 says, in these words, that the project is gone."""
        path = self.path.replace("{parent}", segment(parent or ""))
        answer = service.get(path, more, microversion=self.microversion, allow=(400, 404))
        if answer.status == 400 and b"is not a valid project" not in answer.body:
            raise MalformedError(f"{self.type}: {excerpt(answer.body)}")
        return answer


class ServerShare(Resource):
    """A share attached to a server: one call for each server, so only when asked for."""

    name, path, key = "server_share", "/servers/{parent}/shares", "shares"
    each = "nova.server"
    id = ("server_id", "share_id")
    microversion = ("2.97", "2.100")
    single, single_key = "/servers/{id[0]}/shares/{id[1]}", "share"
    only_single = ("uuid", "export_location")
    secret = ("export_location",)
    relations = {"server_id": "nova.server", "share_id": "manila.share"}
    default = False
    hints = (Hint("instance.share_*.end"),)

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the server that it is attached to."""
        item = super().shape(item, parent)
        item["server_id"] = parent
        return item


class Nova(Plugin):
    """The compute service."""

    name = "nova"
    service_type = "compute"
    exchanges = ("nova", "neutron", "cinder", "openstack")
    ignored = {
        "*instance.exists": "a periodic audit that names every server there is",
        "aggregate.*.start": "what changes is to be seen at its end",
        "keypair.*.start": "what changes is to be seen at its end",
        "scheduler.select_destinations.*": "a choice of hosts; what comes of it is told as well",
        "get_host_uptime": "a question that the hypervisor's driver does not answer",
    }
    version = "2.1"
    privileged = "/os-services"
    resources = (
        Server,
        Hypervisor,
        Service,
        Aggregate,
        AvailabilityZone,
        Flavor,
        Keypair,
        ServerGroup,
        Migration,
        VolumeAttachment,
        InstanceAction,
        QuotaSet,
        ServerShare,
    )

    def canary(self, service: Endpoint) -> None:
        """Check that every cell answers: a cell that is down hides its rows from a paged walk.

        Source: https://docs.openstack.org/api-guide/compute/down_cells.html
        """
        answer = service.get("/os-services", {}, microversion=_SERVICES)
        rows = decode_object("nova.service", answer.body).get("services")
        try:
            services = msgspec.convert(rows, list[dict[str, Any]])
        except msgspec.ValidationError:
            raise MalformedError("nova: /os-services has no list of services") from None
        down = sorted(str(row.get("host")) for row in services if Service().is_partial(row))
        if down:
            raise CanaryError(
                f"nova: a cell is down ({', '.join(down[:3])}{' …' if len(down) > 3 else ''}); "
                "what it holds is hidden, so nothing is deleted until it is back"
            )
