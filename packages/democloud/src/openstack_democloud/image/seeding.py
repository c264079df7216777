"""The image side of the seeded cloud."""

from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.image import entities
from openstack_democloud.names import SECRET
from openstack_democloud.servers.seeds import EPOCH

_VISIBILITIES = ("private", "shared", "private", "community", "shared")
_DISTRIBUTIONS = ("cirros", "debian", "ubuntu", "fedora", "rocky")
_MOST = 4000


def seed(cloud: Cloud) -> None:
    """Make the images that servers boot from, the projects' own, and what hangs on them."""
    projects = cloud.table("keystone.project").ids()
    for number, id_ in enumerate(cloud.pools.images):
        name = _DISTRIBUTIONS[number % len(_DISTRIBUTIONS)]
        _seed_image(
            cloud,
            id_,
            name,
            projects[0],
            number,
            visibility="public",
            protected=True,
            hw_disk_bus="virtio",
            os_distro=name,
            **{"owner_specified.openstack.object": f"images/{name}"},
        )
    for number in range(min(_MOST, 40 + cloud.size.servers // 25)):
        _seed_own(cloud, number, projects)
    _seed_tasks(cloud, projects)
    _seed_namespaces(cloud, projects)
    for id_, default in (("objects", "true"), ("blocks", None)):
        body: dict[str, Any] = {"id": id_, "description": f"The store {id_}"}
        if default:
            body["default"] = default
        detail = {"type": "swift", "weight": 0, "properties": {"user": f"{SECRET}-store"}}
        cloud.table("glance.store").seed(id_, body | {"_detail": detail})


def _seed_image(cloud: Cloud, id_: str, name: str, owner: str, number: int, **fields: Any) -> None:
    content = entities.content(id_, (number % 40 + 1) << 26)
    body = entities.image(id_, name, owner, at=EPOCH + number * 3600, **content, **fields)
    cloud.table("glance.image").seed(id_, body)


def _seed_own(cloud: Cloud, number: int, projects: list[str]) -> None:
    """Make an image of a project: now and then hidden, shared, or a snapshot of a server."""
    id_ = cloud.names.uuid("own_image", number)
    owner = projects[(number * 7 + 2) % len(projects)]
    visibility = _VISIBILITIES[number % len(_VISIBILITIES)]
    fields: dict[str, Any] = {
        "visibility": visibility,
        "os_hidden": number % 9 == 4,
        "tags": ["golden", f"tier-{number % 3}"] if number % 4 == 0 else [],
    }
    if number % 2 and number < cloud.size.servers:
        fields |= {
            "image_type": "snapshot",
            "instance_uuid": cloud.servers.ids.id(number),
            "base_image_ref": cloud.pools.images[number % len(cloud.pools.images)],
        }
    _seed_image(
        cloud, id_, f"image-{number:04d}", owner, len(cloud.pools.images) + number, **fields
    )
    if visibility == "shared":
        for step, status in enumerate(("accepted", "pending")):
            member = projects[(number * 7 + 3 + step) % len(projects)]
            if member != owner:
                body = entities.member(id_, member, at=EPOCH + number * 3600 + 60, status=status)
                cloud.table("glance.image_member").seed(f"{id_}/{member}", body)


def _seed_tasks(cloud: Cloud, projects: list[str]) -> None:
    for number in range(3):
        id_ = cloud.names.uuid("image_task", number)
        body = entities.task(id_, projects[number % len(projects)], at=EPOCH + number * 60)
        cloud.table("glance.task").seed(id_, body)


def _seed_namespaces(cloud: Cloud, projects: list[str]) -> None:
    for name in ("OS::Glance::Image", "OS::Nova::Flavor", "OS::Cinder::Volume"):
        row = {"name": name, "created_at": stamp(EPOCH), "updated_at": stamp(EPOCH)}
        cloud.table("glance.metadef_resource_type").seed(name, row)
    for name in ("OS::Compute::CPUPinning", "OS::Compute::Watchdog", "OS::Software::Runtimes"):
        body = entities.namespace(name, projects[0], at=EPOCH)
        inside = body["_alone"]
        inside["properties"] = {"level": {"type": "string", "title": "Level"}}
        made = {"created_at": stamp(EPOCH), "updated_at": stamp(EPOCH)}
        inside["objects"] = [{"name": "policy", "description": "", "properties": {}, **made}]
        inside["tags"] = [{"name": "tuning"}]
        cloud.table("glance.metadef_namespace").seed(name, body)
