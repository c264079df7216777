"""Nova, as the demo cloud knows it."""

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.compute import microversion, mutations
from synchronizer.contrib.democloud.compute.access import allow
from synchronizer.contrib.democloud.compute.notices import TELLS
from synchronizer.contrib.democloud.compute.routes import OPEN, ROOT, ROUTES, refused
from synchronizer.contrib.democloud.compute.seeding import seed
from synchronizer.contrib.democloud.compute.server_notices import ServerNotices
from synchronizer.contrib.democloud.compute.truth import TRUTH
from synchronizer.contrib.democloud.service import Service

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
    routes=ROUTES,
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
