"""Heat, as the demo cloud knows it."""

from collections.abc import Iterator

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.orchestration import around, mutations
from synchronizer.contrib.democloud.orchestration.access import allow
from synchronizer.contrib.democloud.orchestration.entities import ROOT
from synchronizer.contrib.democloud.orchestration.routes import OPEN, ROUTES, refused
from synchronizer.contrib.democloud.orchestration.seeding import seed
from synchronizer.contrib.democloud.orchestration.stacks import whole_row
from synchronizer.contrib.democloud.orchestration.tells import TELLS
from synchronizer.contrib.democloud.service import Service, Truth, rows
from synchronizer.contrib.democloud.table import Body, shown

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
    routes=ROUTES,
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
