"""Nova, as the demo cloud knows it."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.compute import microversion, mutations
from openstack_democloud.compute.access import allow
from openstack_democloud.compute.notices import TELLS
from openstack_democloud.compute.routes import OPEN, OPERATIONS, ROOT, refused
from openstack_democloud.compute.seeding import seed
from openstack_democloud.compute.server_notices import ServerNotices
from openstack_democloud.compute.truth import TRUTH
from openstack_democloud.service import Service

TYPES = (
    "nova.flavor", "nova.flavor_access", "nova.hypervisor", "nova.service", "nova.aggregate",
    "nova.server_group", "nova.keypair", "nova.migration",
)  # fmt: skip


def _seed(cloud: Cloud) -> None:
    seed(cloud)
    cloud.servers.followers.append(ServerNotices(cloud).follow)


COMPUTE = Service(
    name="nova",
    kind="compute",
    root=ROOT,
    version="/v2.1",
    routes=OPERATIONS,
    open=OPEN,
    types=TYPES,
    seed=_seed,
    refused=refused,
    allow=allow,
    read=microversion.read,
    headers=microversion.echoed,
    truth=TRUTH,
    minor=96,
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    wipes=mutations.WIPES,
    churn=mutations.CHURN,
    tells=TELLS,
)
