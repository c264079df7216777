"""Glance, as the demo cloud knows it."""

from synchronizer.contrib.democloud.image import metadefs, mutations
from synchronizer.contrib.democloud.image.access import allow
from synchronizer.contrib.democloud.image.routes import OPEN, ROOT, ROUTES, refused
from synchronizer.contrib.democloud.image.seeding import seed
from synchronizer.contrib.democloud.image.tells import TELLS
from synchronizer.contrib.democloud.service import Service

TYPES = (
    "glance.image", "glance.image_member", "glance.task", "glance.metadef_namespace",
    "glance.metadef_resource_type", "glance.store",
)  # fmt: skip

IMAGE = Service(
    name="glance",
    kind="image",
    root=ROOT,
    routes=ROUTES,
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
