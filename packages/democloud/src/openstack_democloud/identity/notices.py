"""What Keystone tells, in CADF, its default format; and what it keeps to itself.

Nothing is told of implied roles, limits and federation, of system-scope grants, nor of the
grants and memberships that vanish with what they hang on.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from openstack_democloud.cloud import Cloud
from openstack_democloud.notices import Notification, Payload
from openstack_democloud.service import Tell
from openstack_democloud.table import Body

_PAST = {"create": "created", "update": "updated", "delete": "deleted"}
#: Entity type to the name in event types, and to what CADF calls such a thing.
_NAMES = {
    "keystone.domain": ("domain", "data/security/domain"),
    "keystone.project": ("project", "data/security/project"),
    "keystone.user": ("user", "data/security/account/user"),
    "keystone.group": ("group", "data/security/group"),
    "keystone.role": ("role", "data/security/role"),
    "keystone.domain_role": ("role", "data/security/role"),
    "keystone.service": ("service", "data/security/service"),
    "keystone.endpoint": ("endpoint", "data/security/endpoint"),
    "keystone.region": ("region", "data/security/region"),
    "keystone.credential": ("credential", "unknown"),
    "keystone.application_credential": ("application_credential", "data/security/credential"),
    "keystone.trust": ("OS-TRUST:trust", "data/security/trust"),
}


def _notice(cloud: Cloud, name: str, op: str, target: Body, rest: Payload) -> Notification:
    actor, project = cloud.pools.users[0], cloud.pools.projects[0]
    now = datetime.fromtimestamp(cloud.clock.now(), UTC)
    payload = {
        "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
        "id": str(uuid.uuid4()),
        "eventType": "activity",
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%f+0000"),
        "action": f"{_PAST[op]}.{name}",
        "outcome": "success",
        "initiator": {
            "typeURI": "service/security/account/user",
            "id": actor,
            "user_id": actor,
            "username": "admin",
            "project_id": project,
            "request_id": f"req-{uuid.uuid4()}",
            "host": {"address": "127.0.0.1", "agent": "democloud"},
        },
        "observer": {"typeURI": "service/security", "id": cloud.names.hex("observer", 0)},
        "target": target,
    }
    return Notification("keystone", "identity.demo", f"identity.{name}.{_PAST[op]}", payload | rest)


def _about(cloud: Cloud, op: str, name: str, kind: str, id: str) -> Notification:
    return _notice(cloud, name, op, {"id": id, "typeURI": kind}, {"resource_info": id})


def _entity(cloud: Cloud, op: str, old: Body, new: Body, *, type: str) -> Iterator[Notification]:
    name, kind = _NAMES[type]
    changed = {key for key in {**old, **new} if old.get(key) != new.get(key)}
    no_event = op == "update" and (name == "credential" or changed == {"tags"})
    if not no_event:
        yield _about(cloud, op, name, kind, (new or old)["id"])


def _membership(cloud: Cloud, _op: str, old: Body, new: Body) -> Iterator[Notification]:
    """Tell of a group that gained or lost a member: which one, CADF does not say."""
    yield _about(cloud, "update", *_NAMES["keystone.group"], (new or old)["group_id"])


def _grant(cloud: Cloud, op: str, old: Body, new: Body) -> Iterator[Notification]:
    body = new or old
    scope = body["scope"]
    if "system" in scope:
        return
    rest: Payload = {
        "role": body["role"]["id"],
        "inherited_to_projects": "OS-INHERIT:inherited_to" in scope,
    }
    for kind in ("user", "group"):
        if kind in body:
            rest[kind] = body[kind]["id"]
    for kind in ("project", "domain"):
        if kind in scope:
            rest[kind] = scope[kind]["id"]
    target = {"id": str(uuid.uuid4()), "typeURI": "service/security/account/user"}
    yield _notice(cloud, "role_assignment", op, target, rest)


def tell_tag(cloud: Cloud, op: str, tag: str) -> None:
    """Tell of one tag of some project: the event names the tag, not the project."""
    if cloud.notices.heard:
        cloud.notices.tell(_about(cloud, op, "project tag", "unknown", tag))


TELLS: dict[str, Tell] = {
    **{type_: partial(_entity, type=type_) for type_ in _NAMES},
    "keystone.group_member": _membership,
    "keystone.role_assignment": _grant,
}
