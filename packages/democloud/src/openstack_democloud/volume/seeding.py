"""The storage side of the seeded cloud: the volumes of its servers, and some more."""

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.servers.seeds import EPOCH
from openstack_democloud.servers.server import Server
from openstack_democloud.table import Body
from openstack_democloud.volume import default_types, entities

#: Only the first servers of a very big cloud find their volume; a volume is an object.
SERVERS_MOST = 20_000
_TYPES = ("ceph", "lvm", "encrypted")
_NEVER_UPDATED = 7


def seed(cloud: Cloud) -> None:
    """Make types, volumes with their attachments, and what is copied from them."""
    _seed_types(cloud)
    _seed_services(cloud)
    for seq in range(min(cloud.size.servers, SERVERS_MOST)):
        if cloud.servers.seeds.draw(seq) & 2:
            _seed_attached(cloud, seq)
    for number in range(20 + min(cloud.size.servers, SERVERS_MOST) // 50):
        _seed_free(cloud, number)
    _seed_copies(cloud)
    _seed_groups(cloud)


def _seed_types(cloud: Cloud) -> None:
    names = cloud.names
    qos = names.uuid("qos_spec", 0)
    cloud.table("cinder.qos_spec").seed(qos, entities.qos_spec(qos, "limit", total_iops_sec="1000"))
    for number, name in enumerate(_TYPES):
        id_ = names.uuid("volume_type", number)
        body = entities.volume_type(id_, name, public=name != "encrypted")
        if name == "lvm":
            body["qos_specs_id"] = qos
        cloud.table("cinder.volume_type").seed(id_, body)
    for project in cloud.table("keystone.project").ids()[2:4]:
        row = {"volume_type_id": id_, "project_id": project}
        cloud.table("cinder.volume_type_access").seed(f"{id_}/{project}", row)
    for number, project in enumerate(cloud.table("keystone.project").ids()[2:4]):
        body = default_types.row(project, names.uuid("volume_type", number))
        cloud.table(default_types.DEFAULT_TYPE).seed(project, body)
    key = names.uuid("encryption", 0)
    cloud.table("cinder.volume_type_encryption").seed(
        id_,
        {
            "volume_type_id": id_,
            "encryption_id": key,
            "provider": "luks",
            "cipher": "aes-xts-plain64",
            "key_size": 256,
            "control_location": "front-end",
            "created_at": micro_stamp(EPOCH),
            "updated_at": None,
            "deleted": False,
            "deleted_at": None,
        },
    )


def _seed_services(cloud: Cloud) -> None:
    hosts = [("cinder-scheduler", "controller-0"), ("cinder-backup", "controller-0")]
    hosts += [("cinder-volume", pool.partition("#")[0]) for pool in entities.POOLS]
    for number, (binary, host) in enumerate(hosts):
        body: Body = {
            "binary": binary,
            "host": host,
            "zone": entities.ZONE,
            "status": "enabled",
            "state": "up",
            "disabled_reason": None,
            "_number": number,
        }
        if binary == "cinder-volume":
            body |= {"replication_status": "disabled", "active_backend_id": None, "frozen": False}
        cloud.table("cinder.service").seed(f"{binary}/{host}", body)
    for pool in entities.POOLS:
        backend = pool.partition("#")[2]
        capabilities = {"volume_backend_name": backend, "storage_protocol": backend}
        cloud.table("cinder.pool").seed(
            pool, {"name": pool, "capabilities": capabilities, "_total": 10_000_000}
        )


def _seed_attached(cloud: Cloud, seq: int) -> None:
    """Make the volume that Nova says is attached to server *seq*."""
    body, row = boot_volume(cloud, cloud.servers.seeds.server(seq))
    cloud.table("cinder.volume").seed(body["id"], body)
    cloud.table("cinder.attachment").seed(row["id"], row)


def boot_volume(cloud: Cloud, server: Server) -> tuple[Body, Body]:
    """Return the volume that a server was made with, and its attachment."""
    pools, names = cloud.pools, cloud.names
    id_, at = server.volumes[0]["id"], server.created - 30
    attached_at = min(at + 60, cloud.clock.now())
    project = pools.projects[server.project]
    host = pools.hosts[server.host].name
    row = entities.attachment(
        names.uuid("attachment", id_), id_, server.id, project=project, at=attached_at
    )
    body = entities.volume(
        cloud,
        id_,
        f"volume-{server.seq:07d}",
        project=project,
        user=pools.users[server.user],
        at=at,
        status="in-use",
        size=10 << server.seq % 4,
        updated_at=micro_stamp(attached_at),
        bootable="true",
        volume_image_metadata={"image_id": pools.images[server.image]},
        metadata={"server": server.name},
        attachments=[entities.attached(row, "/dev/vdb", host)],
        **_place(cloud, server.seq),
    )
    return body, row


def _place(cloud: Cloud, number: int) -> Body:
    """Return where a volume is, and so of which type; now and then it is encrypted."""
    pool = entities.POOLS[number % len(entities.POOLS)]
    encrypted = number % 11 == 10
    kind = 2 if encrypted else number % len(entities.POOLS)
    fields: Body = {
        "os-vol-host-attr:host": pool,
        "service_uuid": cloud.names.uuid("cinder_service", pool.partition("#")[0]),
        "encrypted": encrypted,
        "_type": cloud.names.uuid("volume_type", kind),
    }
    if encrypted:
        fields["encryption_key_id"] = cloud.names.uuid("key", number)
    return fields


def _seed_free(cloud: Cloud, number: int) -> None:
    """Make a volume that is attached to nothing; of some the row was never saved again."""
    projects, users = cloud.pools.projects, cloud.pools.users
    id_, at = cloud.names.uuid("free_volume", number), EPOCH + number * 1800
    never = number % _NEVER_UPDATED == _NEVER_UPDATED - 1
    body = entities.volume(
        cloud,
        id_,
        f"disk-{number:04d}",
        project=projects[number % len(projects)],
        user=users[number % len(users)],
        at=at,
        updated_at=None if never else micro_stamp(at + 1),
        **_place(cloud, number),
    )
    cloud.table("cinder.volume").seed(id_, body)


def _seed_copies(cloud: Cloud) -> None:
    names = cloud.names
    for number, volume in enumerate(cloud.table("cinder.volume")):
        at = EPOCH + 86_400 + number * 600
        if number % 10 == 0:
            id_ = names.uuid("snapshot", number)
            body = entities.snapshot(id_, f"snapshot-{number}", volume, at=at)
            cloud.table("cinder.snapshot").seed(id_, body)
        if number % 25 == 0:
            id_ = names.uuid("backup", number)
            body = entities.backup(cloud, id_, f"backup-{number}", volume, at=at)
            cloud.table("cinder.backup").seed(id_, body)


def _seed_groups(cloud: Cloud) -> None:
    names, free = cloud.names, free_volumes(cloud)
    kind = names.uuid("group_type", 0)
    cloud.table("cinder.group_type").seed(kind, entities.group_type(kind, "together"))
    private = names.uuid("group_type", 1)
    body = entities.group_type(private, "apart", public=False)
    cloud.table("cinder.group_type").seed(private, body)
    for number, volume in enumerate(free[:4]):
        id_, project = names.uuid("group", number), volume["os-vol-tenant-attr:tenant_id"]
        at = EPOCH + number * 60
        body = entities.group(id_, f"group-{number}", project=project, type=kind, at=at)
        body["volume_types"] = [volume["_type"]]
        cloud.table("cinder.group").seed(id_, body)
        volume["group_id"] = id_
    key = names.uuid("group_snapshot", 0)
    cloud.table("cinder.group_snapshot").seed(
        key, entities.group_snapshot(key, "all-at-once", body, at=EPOCH + 7200)
    )
    for number, volume in enumerate(free[4:6]):
        id_ = names.uuid("transfer", number)
        row = entities.transfer(cloud, id_, f"gift-{number}", volume, at=EPOCH + 9000)
        cloud.table("cinder.transfer").seed(id_, row)
        volume["status"] = "awaiting-transfer"
    for number, project in enumerate(cloud.pools.projects[:3]):
        id_ = names.uuid("message", number)
        row = entities.message(cloud, id_, project, free[0]["id"], at=EPOCH + number)
        cloud.table("cinder.message").seed(id_, row)


def free_volumes(cloud: Cloud) -> list[Body]:
    """Return the volumes that are attached to nothing."""
    return [body for body in cloud.table("cinder.volume") if not body["attachments"]]
