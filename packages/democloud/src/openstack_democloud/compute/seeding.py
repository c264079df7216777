"""The compute side of the seeded cloud: what servers run on, and what hangs on servers."""

from typing import TYPE_CHECKING, Any

from openstack_democloud.names import SECRET
from openstack_democloud.servers.fleet import Fleet
from openstack_democloud.servers.ids import ServerIds
from openstack_democloud.servers.placement import Placement
from openstack_democloud.servers.pools import Host
from openstack_democloud.servers.seeds import EPOCH, Seeds
from openstack_democloud.servers.template import listed
from openstack_democloud.servers.values import Renderer
from openstack_democloud.table import Body

if TYPE_CHECKING:
    from openstack_democloud.cloud import Cloud

FLAVORS = (
    ("1", "m1.tiny", 512, 1, 1, True),
    ("2", "m1.small", 2048, 20, 1, True),
    ("3", "m1.medium", 4096, 40, 2, True),
    ("4", "m1.large", 8192, 80, 4, True),
    ("5", "m1.xlarge", 16384, 160, 8, True),
    ("c5.metal", "c5.metal", 65536, 400, 32, False),
)


def flavor(id: str, name: str, ram: int, disk: int, vcpus: int, *, public: bool) -> Body:
    """Return a flavor in its newest shape; links are added when it is shown."""
    specs = {"hw:cpu_policy": "dedicated", "hw:mem_page_size": "2048"} if vcpus > 4 else {}
    return {
        "id": id,
        "name": name,
        "ram": ram,
        "disk": disk,
        "vcpus": vcpus,
        "swap": "",
        "rxtx_factor": 1.0,
        "OS-FLV-DISABLED:disabled": False,
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "os-flavor-access:is_public": public,
        "description": None,
        "extra_specs": specs,
    }


def seed(cloud: "Cloud") -> None:
    """Make what servers need, the servers, and what points at them."""
    _seed_before_servers(cloud)
    cloud.servers = Fleet(_seeds(cloud), cloud.journal, cloud.clock)
    cloud.placement = Placement(cloud.servers)
    _seed_around_servers(cloud)


def _seeds(cloud: "Cloud") -> Seeds:
    ids = ServerIds(cloud.size.seed)

    def seeds(padding: int) -> Seeds:
        return Seeds(
            ids,
            cloud.pools,
            count=cloud.size.servers,
            seed=cloud.size.seed,
            never_updated_every=cloud.size.never_updated_every,
            padding=padding,
        )

    plain = seeds(0)
    values = Renderer(plain).of_server(plain.server(0), now=cloud.clock.now())
    typical = len(listed(96, cloud.base).render(values))
    return seeds(max(0, cloud.size.server_bytes - typical))


def _seed_before_servers(cloud: "Cloud") -> None:
    projects = cloud.table("keystone.project").ids()
    for id_, name, ram, disk, vcpus, public in FLAVORS:
        body = flavor(id_, name, ram, disk, vcpus, public=public)
        cloud.table("nova.flavor").seed(id_, body)
        cloud.pools.flavor(body)
        if not public:
            for project in projects[2:4]:
                access = {"flavor_id": id_, "tenant_id": project}
                cloud.table("nova.flavor_access").seed(f"{id_}/{project}", access)
    for number in range(5):
        cloud.pools.image(cloud.names.uuid("image", number))
    for number in range(cloud.size.hypervisor_count()):
        _seed_host(cloud, number)
    for binary in ("nova-scheduler", "nova-conductor"):
        _seed_service(cloud, binary, "controller-0", "internal")
    _seed_aggregates(cloud)


def _seed_service(cloud: "Cloud", binary: str, host: str, zone: str) -> Body:
    return cloud.table("nova.service").seed(
        f"{binary}/{host}",
        {
            "id": cloud.names.uuid("service", f"{binary}/{host}"),
            "binary": binary,
            "host": host,
            "zone": zone,
            "status": "enabled",
            "state": "up",
            "disabled_reason": None,
            "forced_down": False,
            "_number": len(cloud.table("nova.service")) + 1,
        },
    )


def _seed_host(cloud: "Cloud", number: int) -> None:
    zone = "az-2" if number % 3 == 2 else "nova"
    host = Host(f"compute-{number:04d}", zone, pinned=zone != "nova")
    cloud.pools.host(host)
    service = _seed_service(cloud, "nova-compute", host.name, zone)
    id_ = cloud.names.uuid("hypervisor", number)
    cloud.table("nova.hypervisor").seed(
        id_,
        {
            "id": id_,
            "hypervisor_hostname": host.hypervisor,
            "hypervisor_type": "QEMU",
            "hypervisor_version": 8002000,
            "host_ip": f"192.0.2.{number % 250 + 1}",
            "cpu_info": {
                "arch": "x86_64",
                "model": "Cascadelake-Server",
                "vendor": "Intel",
                "features": ["aes", "avx2", "pge", "vmx"],
                "topology": {"cells": 2, "sockets": 1, "cores": 24, "threads": 2},
            },
            "vcpus": 96,
            "memory_mb": 786432,
            "local_gb": 7000,
            "_host": number,
            "_number": number + 1,
            "_service": f"{service['binary']}/{service['host']}",
        },
    )


def _seed_aggregates(cloud: "Cloud") -> None:
    hosts = cloud.pools.hosts
    for number, (name, zone) in enumerate((("ssd", None), ("zone-2", "az-2")), 1):
        members = [h.name for h in hosts if (h.zone == "az-2") == (zone is not None)]
        metadata = {"availability_zone": zone} if zone else {"ssd": "true"}
        cloud.table("nova.aggregate").seed(
            str(number),
            aggregate(cloud, number, name, zone, hosts=members, metadata=metadata, created=EPOCH),
        )


def aggregate(
    cloud: "Cloud",
    number: int,
    name: str,
    zone: str | None,
    *,
    hosts: list[str],
    metadata: dict[str, Any],
    created: float,
) -> Body:
    """Return an aggregate; its times are kept as seconds."""
    return {
        "id": number,
        "uuid": cloud.names.uuid("aggregate", number),
        "name": name,
        "availability_zone": zone,
        "hosts": hosts,
        "metadata": metadata,
        "deleted": False,
        "deleted_at": None,
        "_created": created,
        "_updated": None,
    }


def _seed_around_servers(cloud: "Cloud") -> None:
    for number, user in enumerate(cloud.pools.users[:50]):
        add_keypair(cloud, user, f"key-{number}", logged=False)
    count = min(cloud.size.servers, 5000)
    for number in range(min(10, count // 5)):
        id_ = cloud.names.uuid("server_group", number)
        members = [cloud.servers.ids.id(number * 5 + n) for n in range(3)]
        cloud.table("nova.server_group").seed(
            id_, server_group(cloud, id_, f"group-{number}", members)
        )
    for number in range(min(20, count // 4)):
        seq = number * 4
        body = migration(cloud, number, seq, EPOCH + seq * cloud.servers.seeds.step + 7200)
        cloud.table("nova.migration").seed(body["uuid"], body)


def add_keypair(cloud: "Cloud", user: str, name: str, *, logged: bool = True) -> Body:
    """Make a key pair of a user."""
    number = cloud.names.hex("fingerprint", f"{user}/{name}")
    fingerprint = ":".join(number[n : n + 2] for n in range(0, 32, 2))
    body = {
        "name": name,
        "public_key": f"ssh-rsa AAAAB3NzaC1yc2E {name}@demo",
        "fingerprint": fingerprint,
        "type": "ssh",
        "_user": user,
        "_private": f"-----BEGIN OPENSSH PRIVATE KEY-----{SECRET}-key",
        "_number": len(cloud.table("nova.keypair")) + 1,
    }
    table = cloud.table("nova.keypair")
    return (table.add if logged else table.seed)(f"{user}/{name}", body)


def server_group(cloud: "Cloud", id: str, name: str, members: list[str]) -> Body:
    """Return a server group; it belongs to whom its first member belongs to."""
    project, user = cloud.pools.projects[0], cloud.pools.users[0]
    if members and (seq := cloud.servers.find(members[0])) is not None:
        first = cloud.servers.look(seq)
        project, user = cloud.pools.projects[first.project], cloud.pools.users[first.user]
    return {
        "id": id,
        "name": name,
        "policy": "anti-affinity",
        "rules": {"max_server_per_host": 1},
        "members": members,
        "project_id": project,
        "user_id": user,
    }


def migration(cloud: "Cloud", number: int, seq: int, at: float) -> Body:
    """Return a migration of server *seq*; its times are kept as seconds."""
    server = cloud.servers.look(seq)
    hosts = cloud.pools.hosts
    source, target = hosts[server.host], hosts[(server.host + 1) % len(hosts)]
    return {
        "id": number + 1,
        "uuid": cloud.names.uuid("migration", number),
        "instance_uuid": server.id,
        "user_id": cloud.pools.users[server.user],
        "project_id": cloud.pools.projects[server.project],
        "status": "completed" if number % 5 else "error",
        "migration_type": "live-migration" if number % 2 else "resize",
        "source_compute": source.name,
        "source_node": source.hypervisor,
        "dest_compute": target.name,
        "dest_node": target.hypervisor,
        "dest_host": "192.0.2.9",
        "old_instance_type_id": server.flavor + 1,
        "new_instance_type_id": server.flavor + 1,
        "_created": at,
        "_updated": at + 60,
    }
