"""The orchestration side of the seeded cloud: stacks of its servers, volumes and images."""

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.orchestration import entities
from openstack_democloud.orchestration.around import CONFIG, DEPLOYMENT, RESOURCE
from openstack_democloud.orchestration.snapshots import SNAPSHOT, snapshot
from openstack_democloud.servers.seeds import EPOCH
from openstack_democloud.table import Body

_MOST = 2000


def seed(cloud: Cloud) -> None:
    """Make stacks, some with one nested in them, their resources, and what configures."""
    for number in range(min(_MOST, 12 + cloud.size.servers // 20)):
        _seed_stack(cloud, number)
    _seed_configs(cloud)
    for number in range(2):
        id_ = cloud.names.uuid("heat_service", number)
        body = {
            "id": id_,
            "engine_id": cloud.names.uuid("heat_engine", number),
            "host": "controller-0",
            "hostname": "controller-0",
            "binary": "heat-engine",
            "topic": "engine",
            "report_interval": 60,
            "status": "up",
            "created_at": stamp(EPOCH).removesuffix("Z") + ".000000",
            "deleted_at": None,
            "_number": number * 7,
        }
        cloud.table("heat.service").seed(id_, body)


def _seed_stack(cloud: Cloud, number: int) -> None:
    projects, at = cloud.pools.projects, EPOCH + number * 5400
    project = projects[number % len(projects)]
    users = cloud.table("keystone.user")
    user = cloud.pools.users[number % len(cloud.pools.users)]
    owner = (users.get(user) or {})["name"]
    tags = ["blue", f"tier-{number % 3}"] if number % 6 == 0 else None
    status = "UPDATE_FAILED" if number % 17 == 16 else "CREATE_COMPLETE"

    def stack(id_: str, name: str, parent: str | None) -> Body:
        body = entities.stack(
            cloud, id_, name, project=project, owner=owner, at=at, parent=parent,
            stack_status=status, tags=tags,
        )  # fmt: skip
        return cloud.table("heat.stack").seed(id_, body)

    top = stack(cloud.names.uuid("stack", number), f"stack-{number:04d}", None)
    holds = top
    if number % 4 == 0:
        id_ = cloud.names.uuid("nested_stack", number)
        holds = stack(id_, f"{top['stack_name']}-group-{id_[:12].replace('-', '')}", top["id"])
        _seed_resource(cloud, top, "group", "OS::Heat::ResourceGroup", id_, at)
    if number < cloud.size.servers:
        server = cloud.servers.seeds.server(number)
        _seed_resource(cloud, holds, "server", "OS::Nova::Server", server.id, at)
        for volume in server.volumes:
            _seed_resource(cloud, holds, "volume", "OS::Cinder::Volume", volume["id"], at)
    if number < 3:
        id_ = cloud.names.uuid("snapshot", f"seeded-{number}")
        cloud.table(SNAPSHOT).seed(*snapshot(id_, top, f"snapshot-{number}", at + 60))
    physical = cloud.names.uuid("random", number)
    _seed_resource(cloud, top, "secret", "OS::Heat::RandomString", physical, at)


def _seed_resource(cloud: Cloud, of: Body, name: str, type: str, id: str, at: float) -> None:
    cloud.table(RESOURCE).seed(*entities.resource(cloud, of, name, type, id, at=at))


def _seed_configs(cloud: Cloud) -> None:
    for number in range(5):
        id_ = cloud.names.uuid("software_config", number)
        project = cloud.pools.projects[number % len(cloud.pools.projects)]
        at = EPOCH + number * 600
        body = entities.software_config(id_, f"config-{number}", project=project, at=at)
        cloud.table(CONFIG).seed(id_, body)
        if number < min(3, cloud.size.servers):
            key, server = cloud.names.uuid("deployment", number), cloud.servers.ids.id(number)
            row = entities.software_deployment(key, id_, server, project=project, at=at)
            cloud.table(DEPLOYMENT).seed(key, row)
