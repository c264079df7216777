"""Keystone, as the demo cloud knows it."""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.identity import mutations
from openstack_democloud.identity.access import allow
from openstack_democloud.identity.assignments import implied_roles
from openstack_democloud.identity.notices import TELLS
from openstack_democloud.identity.routes import OPEN, OPERATIONS, refused
from openstack_democloud.identity.seeding import seed
from openstack_democloud.service import Service
from openstack_democloud.table import Body, shown

TYPES = (
    "keystone.domain", "keystone.project", "keystone.user", "keystone.group",
    "keystone.group_member", "keystone.role", "keystone.domain_role", "keystone.role_assignment",
    "keystone.implied_role", "keystone.service", "keystone.endpoint", "keystone.region",
    "keystone.credential", "keystone.ec2_credential", "keystone.application_credential",
    "keystone.trust", "keystone.registered_limit", "keystone.limit", "keystone.identity_provider",
    "keystone.protocol", "keystone.mapping", "keystone.policy", "keystone.service_provider",
)  # fmt: skip


def _implied_roles(cloud: Cloud, _minor: int) -> Iterator[tuple[str, Body | bytes]]:
    yield from implied_roles(cloud)


def _protocols(cloud: Cloud, _minor: int) -> Iterator[tuple[str, Body | bytes]]:
    for id_, body in cloud.table("keystone.protocol").items():
        yield id_, shown(body) | {"idp_id": body["_idp"]}


IDENTITY = Service(
    name="keystone",
    kind="identity",
    root="",
    routes=OPERATIONS,
    open=OPEN,
    types=TYPES,
    seed=seed,
    refused=refused,
    allow=allow,
    truth={"keystone.implied_role": _implied_roles, "keystone.protocol": _protocols},
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    wipes=mutations.WIPES,
    churn=mutations.CHURN,
    tells=TELLS,
)
