"""Cinder, as the demo cloud knows it."""

from openstack_democloud.service import Service, rows
from openstack_democloud.volume import microversion, mutations, operator
from openstack_democloud.volume import rows as shapes
from openstack_democloud.volume.access import allow
from openstack_democloud.volume.following import seed
from openstack_democloud.volume.routes import OPEN, OPERATIONS, ROOT, refused
from openstack_democloud.volume.tells import TELLS

TYPES = (
    "cinder.volume", "cinder.snapshot", "cinder.backup", "cinder.attachment",
    "cinder.volume_type", "cinder.volume_type_access", "cinder.volume_type_encryption",
    "cinder.qos_spec", "cinder.group", "cinder.group_snapshot", "cinder.group_type",
    "cinder.transfer", "cinder.message", "cinder.service", "cinder.pool", "cinder.default_type",
)  # fmt: skip

VOLUME = Service(
    name="cinder",
    kind="block-storage",
    root=ROOT,
    version="/v3",
    routes=OPERATIONS,
    open=OPEN,
    types=TYPES,
    seed=seed,
    refused=refused,
    allow=allow,
    read=microversion.read,
    headers=microversion.echoed,
    truth={
        "cinder.volume": rows("cinder.volume", shapes.volume),
        "cinder.snapshot": rows("cinder.snapshot", shapes.snapshot),
        "cinder.backup": rows("cinder.backup", shapes.backup),
        "cinder.group": rows("cinder.group", shapes.group_with_volumes),
        "cinder.group_snapshot": rows("cinder.group_snapshot", shapes.group_snapshot),
        "cinder.transfer": rows("cinder.transfer", shapes.transfer),
        "cinder.service": rows("cinder.service", shapes.service),
        "cinder.pool": rows("cinder.pool", shapes.pool),
        "cinder.quota_set": operator.quota_sets,
    },
    minor=70,
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    wipes=mutations.WIPES,
    churn=mutations.CHURN,
    tells=TELLS,
)
