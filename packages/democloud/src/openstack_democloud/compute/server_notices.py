"""What Nova tells of servers, unversioned and versioned.

``notify_on_state_change`` is not set, as it is by default: a new name or new metadata is told
to nobody, nor is what an administrator resets. Tags are always told.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from openstack_democloud.clock import micro_stamp, stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.notices import flavor_payload, notice, nova_object
from openstack_democloud.notices import Payload
from openstack_democloud.servers.server import CONDITIONS, NO_HOST, Server

#: What takes a server from one condition to another: unversioned and versioned names.
_MOVES: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("active", "stopped"): (("power_off", "power_off"),),
    ("error", "stopped"): (("power_off", "power_off"),),
    ("stopped", "active"): (("power_on", "power_on"),),
    ("active", "paused"): (("pause", "pause"),),
    ("paused", "active"): (("unpause", "unpause"),),
    ("active", "suspended"): (("suspend", "suspend"),),
    ("suspended", "active"): (("resume", "resume"),),
    ("rebooting", "active"): (("reboot", "reboot"),),
    ("resized", "active"): (("resize.confirm", "resize_confirm"),),
    ("soft-delete", "active"): (("restore", "restore"),),
}
_RESIZE = (
    ("resize.prep", "resize_prep"),
    ("resize", "resize"),
    ("finish_resize", "resize_finish"),
)
_MAC = "OS-EXT-IPS-MAC:mac_addr"
_MIGRATE = (
    ("live_migration.pre", "live_migration_pre"),
    ("live_migration._post", "live_migration_post"),
    ("live_migration.post.dest", "live_migration_post_dest"),
)


class ServerNotices:
    """Follows the fleet, and tells what Nova would tell of it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def follow(self, op: str, seq: int, fields: dict[str, Any]) -> None:
        """Tell of one mutation of a server, if anybody listens."""
        if not self._cloud.notices.heard:
            return
        old = self._cloud.servers.look(seq)
        if op == "create":
            if not old.requested:
                self._both(old, old, "create", "create")
        elif op == "delete":
            gone = replace(old, condition="deleted", deleted=self._cloud.clock.now())
            self._tell(old, "delete", "delete", "start")
            self._both(old, old, "shutdown", "shutdown")
            self._tell(gone, "delete", "delete", "end")
        else:
            self._update(old, replace(old, **fields), fields)

    def _update(self, old: Server, new: Server, fields: dict[str, Any]) -> None:
        if "locked" in fields and new.locked != old.locked:
            self._tell(new, "", "lock" if new.locked else "unlock", "")
        if "tags" in fields:
            self._tell(new, "update", "update", "")
        if new.condition == "spawning" and old.condition != "spawning":
            self._tell(new, "create", "create", "start")
        elif old.condition == "spawning" and new.condition == "active":
            self._tell(new, "create", "create", "end")
        elif new.condition == "soft-delete" and old.condition != "soft-delete":
            self._both(old, new, "soft_delete", "soft_delete")
        elif new.condition == "resized" and old.condition != "resized":
            for legacy, versioned in _RESIZE:
                self._both(old, new, legacy, versioned)
        else:
            for legacy, versioned in _MOVES.get((old.condition, new.condition), ()):
                self._both(old, new, legacy, versioned)
        if NO_HOST not in (old.host, new.host) and old.host != new.host:
            for legacy, versioned in _MIGRATE:
                self._both(old, new, legacy, versioned)
        elif "addresses" in fields and old.addresses:
            self._both(old, new, "create_ip", "")
        self._volumes(old, new)

    def _volumes(self, old: Server, new: Server) -> None:
        before, after = ({v["id"] for v in server.volumes} for server in (old, new))
        for id_ in sorted(before ^ after):
            verb = "attach" if id_ in after else "detach"
            self._tell(new, f"volume.{verb}", "", "", volume=id_)
            self._tell(old, "", f"volume_{verb}", "start", volume=id_)
            self._tell(new, "", f"volume_{verb}", "end", volume=id_)

    def _both(self, old: Server, new: Server, legacy: str, versioned: str) -> None:
        self._tell(old, legacy, versioned, "start")
        self._tell(new, legacy, versioned, "end")

    def _tell(
        self, server: Server, legacy: str, versioned: str, phase: str, *, volume: str = ""
    ) -> None:
        cloud = self._cloud
        host = "demo" if server.host == NO_HOST else cloud.pools.hosts[server.host].name
        tail = f".{phase}" if phase else ""
        if legacy:
            event, payload = f"compute.instance.{legacy}{tail}", _legacy(cloud, server)
            if volume:
                payload["volume_id"] = volume
            cloud.notices.tell(notice(cloud, f"compute.{host}", event, payload, versioned=False))
        if versioned:
            event, payload = f"instance.{versioned}{tail}", _versioned(cloud, server)
            if volume:
                payload["nova_object.data"]["volume_id"] = volume
            cloud.notices.tell(
                notice(cloud, f"nova-compute:{host}", event, payload, versioned=True)
            )


def _where(cloud: Cloud, server: Server) -> tuple[str | None, str | None, str | None]:
    if server.host == NO_HOST:
        return None, None, None
    host = cloud.pools.hosts[server.host]
    return host.name, host.hypervisor, host.zone


def _addresses(server: Server) -> Iterator[tuple[str, dict[str, Any]]]:
    for net, ips in server.addresses.items():
        for ip in ips:
            yield net, ip


def _legacy(cloud: Cloud, server: Server) -> Payload:
    flavor, image = cloud.pools.flavors[server.flavor], cloud.pools.images[server.image]
    host, node, zone = _where(cloud, server)
    _, vm_state, task_state, _ = CONDITIONS[server.condition]
    return {
        "instance_id": server.id,
        "tenant_id": cloud.pools.projects[server.project],
        "user_id": cloud.pools.users[server.user],
        "display_name": server.name,
        "hostname": server.name,
        "host": host,
        "node": node,
        "availability_zone": zone,
        "state": vm_state,
        "state_description": task_state or "",
        "instance_type": flavor["name"],
        "instance_type_id": server.flavor + 1,
        "instance_flavor_id": flavor["id"],
        "memory_mb": flavor["ram"],
        "vcpus": flavor["vcpus"],
        "disk_gb": flavor["disk"],
        "root_gb": flavor["disk"],
        "ephemeral_gb": 0,
        "image_ref_url": f"{cloud.base}/images/{image}",
        "image_meta": {"base_image_ref": image, "container_format": "bare"},
        "metadata": server.metadata,
        "created_at": stamp(server.created).replace("T", " ").replace("Z", "+00:00"),
        "launched_at": "" if server.launched is None else micro_stamp(server.launched),
        "deleted_at": "" if server.deleted is None else micro_stamp(server.deleted),
        "terminated_at": "" if server.terminated is None else micro_stamp(server.terminated),
        "fixed_ips": [
            {
                "address": ip["addr"],
                "version": 4,
                "type": "fixed",
                "label": net,
                "vif_mac": ip[_MAC],
                "meta": {},
                "floating_ips": [],
            }
            for net, ip in _addresses(server)
        ],
        "reservation_id": f"r-{server.id[:8]}",
        "access_ip_v4": None,
        "access_ip_v6": None,
        "architecture": None,
        "cell_name": "",
        "kernel_id": "",
        "ramdisk_id": "",
        "os_type": None,
        "progress": "",
    }


def _versioned(cloud: Cloud, server: Server) -> Payload:
    host, node, zone = _where(cloud, server)
    _, vm_state, task_state, power_state = CONDITIONS[server.condition]
    project, user = cloud.pools.projects[server.project], cloud.pools.users[server.user]
    ports = {
        port["mac_address"]: port["id"]
        for port in cloud.table("neutron.port")
        if port["device_id"] == server.id
    }
    data = {
        "uuid": server.id,
        "tenant_id": project,
        "user_id": user,
        "display_name": server.name,
        "display_description": server.description,
        "host": host,
        "host_name": server.name,
        "node": node,
        "availability_zone": zone,
        "state": vm_state,
        "task_state": task_state,
        "power_state": "running" if power_state == 1 else "shutdown",
        "flavor": flavor_payload(cloud.pools.flavors[server.flavor]),
        "image_uuid": cloud.pools.images[server.image],
        "key_name": server.key_name,
        "locked": server.locked,
        "locked_reason": server.locked_reason,
        "metadata": server.metadata,
        "created_at": stamp(server.created),
        "updated_at": None if server.updated is None else stamp(server.updated),
        "launched_at": None if server.launched is None else stamp(server.launched),
        "deleted_at": None if server.deleted is None else stamp(server.deleted),
        "terminated_at": None if server.terminated is None else stamp(server.terminated),
        "ip_addresses": [
            nova_object("IpPayload", "1.0", ip | {"label": net, "meta": {}})
            for net, ip in (
                (
                    net,
                    {
                        "address": ip["addr"],
                        "mac": ip[_MAC],
                        "version": 4,
                        "port_uuid": ports.get(ip[_MAC]),
                    },
                )
                for net, ip in _addresses(server)
            )
        ],
        "fault": None,
        "progress": 0,
        "block_devices": [],
        "auto_disk_config": "MANUAL",
        "architecture": None,
        "kernel_id": "",
        "ramdisk_id": "",
        "os_type": None,
        "reservation_id": f"r-{server.id[:8]}",
        "request_id": f"req-{uuid.uuid4()}",
        "action_initiator_user": user,
        "action_initiator_project": project,
    }
    return nova_object("InstanceActionPayload", "1.8", data)
