"""Heat, as the demo cloud knows it."""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.orchestration import around, mutations
from openstack_democloud.orchestration.access import allow
from openstack_democloud.orchestration.entities import ROOT
from openstack_democloud.orchestration.routes import OPEN, OPERATIONS, refused
from openstack_democloud.orchestration.seeding import seed
from openstack_democloud.orchestration.stacks import whole_row
from openstack_democloud.orchestration.tells import TELLS
from openstack_democloud.service import Service, Truth, rows
from openstack_democloud.table import Body, shown

TYPES = (
    "heat.stack", "heat.resource", "heat.software_config", "heat.software_deployment",
    "heat.service", "heat.snapshot",
)  # fmt: skip


def _parts(type: str) -> Truth:
    """Return the truth of what is listed for each stack."""

    def truth(cloud: Cloud, _minor: int) -> Iterator[tuple[str, Body | bytes]]:
        for key, body in cloud.table(type).items():
            yield key, shown(body) | {"stack_id": body["_stack"]}

    return truth


ORCHESTRATION = Service(
    name="heat",
    kind="orchestration",
    root=ROOT,
    version="/v1/%(project_id)s",
    routes=OPERATIONS,
    open=OPEN,
    types=TYPES,
    seed=seed,
    refused=refused,
    allow=allow,
    truth={
        "heat.stack": rows("heat.stack", lambda _cloud, body, _minor: whole_row(body)),
        "heat.resource": _parts("heat.resource"),
        "heat.snapshot": _parts("heat.snapshot"),
        "heat.software_config": rows("heat.software_config", around.config_row),
        "heat.service": rows("heat.service", around.service_row),
    },
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    wipes=mutations.WIPES,
    churn=mutations.CHURN,
    tells=TELLS,
)
