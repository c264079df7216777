"""Placement, as the demo cloud knows it."""

from openstack_democloud.placing import allocations, microversion, mutations, providers
from openstack_democloud.placing.routes import OPEN, OPERATIONS, ROOT, allow, refused
from openstack_democloud.placing.seeding import seed
from openstack_democloud.service import Service

TYPES = ("placement.resource_provider", "placement.resource_class", "placement.trait")

PLACING = Service(
    name="placement",
    kind="placement",
    root=ROOT,
    routes=OPERATIONS,
    open=OPEN,
    types=TYPES,
    seed=seed,
    refused=refused,
    allow=allow,
    read=microversion.read,
    headers=microversion.echoed,
    truth={
        "placement.resource_provider": providers.wholes,
        "placement.allocation": allocations.all_allocations,
        "placement.usage": allocations.all_usages,
    },
    minor=39,
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    churn=mutations.CHURN,
)
