"""Glance, as the demo cloud knows it."""

from openstack_democloud.image import metadefs, mutations
from openstack_democloud.image.access import allow
from openstack_democloud.image.routes import OPEN, OPERATIONS, ROOT, refused
from openstack_democloud.image.seeding import seed
from openstack_democloud.image.tells import TELLS
from openstack_democloud.service import Service

TYPES = (
    "glance.image", "glance.image_member", "glance.task", "glance.metadef_namespace",
    "glance.metadef_resource_type", "glance.store",
)  # fmt: skip

IMAGE = Service(
    name="glance",
    kind="image",
    root=ROOT,
    routes=OPERATIONS,
    open=OPEN,
    types=TYPES,
    seed=seed,
    refused=refused,
    allow=allow,
    truth={
        "glance.metadef_object": metadefs.truth_inside("objects"),
        "glance.metadef_tag": metadefs.truth_inside("tags"),
    },
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    wipes=mutations.WIPES,
    churn=mutations.CHURN,
    tells=TELLS,
)
