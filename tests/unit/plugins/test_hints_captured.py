"""What real services sent: each message hints at the right entity, or is ignored on purpose.

``tests/fixtures/notifications`` holds one message of each kind, captured from a real cloud.
"""

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.plugins import installed
from synchronizer.plugins.hints import Hints

FOLDER = Path(__file__).parents[2] / "fixtures" / "notifications"
CAPTURED = [
    (path.stem, json.loads(line))
    for path in sorted(FOLDER.glob("*.jsonl"))
    for line in path.read_text().splitlines()
]
_each = pytest.mark.parametrize(
    ("exchange", "message"),
    CAPTURED,
    ids=[f"{exchange} {message['event_type']}" for exchange, message in CAPTURED],
)


@cache
def listeners(exchange):
    """Return plugin and hints of those that listen to an exchange."""
    return [
        (plugin, Hints(plugin.declared()))
        for plugin in installed().values()
        if exchange in plugin.exchanges
    ]


def said(exchange, event_type, payload, *, to=None):
    """Return everything that a message says to all plugins or to one: (entity type, ids)."""
    return [
        (each.type, each.ids)
        for plugin, hints in listeners(exchange)
        if to in (None, plugin.name)
        for each in hints.of(event_type, payload)
    ]


def reasons(service, event_type):
    """Return why the service's own plugin ignores it."""
    ignored = installed()[service].ignored.items()
    return [reason for pattern, reason in ignored if fnmatchcase(event_type, pattern)]


def test_as_many_are_captured_as_there_are_kinds():
    assert len(CAPTURED) == 286
    assert len({(exchange, each["event_type"]) for exchange, each in CAPTURED}) == 286


def test_no_context_of_a_sender_was_kept():
    text = "".join(path.read_text() for path in FOLDER.iterdir())
    assert "_context" not in text
    assert "token" not in text


@_each
def test_a_message_is_understood_or_ignored_with_a_reason(exchange, message):
    event_type = message["event_type"]
    found = said(exchange, event_type, message["payload"])
    assert bool(found) != bool(reasons(exchange, event_type)), (found, message["payload"])


# --- what each message is about, told without our declarations ------------------------

_NEUTRON_NAMES = {"policy": "qos_policy"}
_NEUTRON_CHILDREN = {"binding", "tag", "port_forwarding"}  # their own id says too little


def _of_neutron(event_type, payload):
    match = re.fullmatch(r"(\w+)\.(create|update|delete)\.end", event_type)
    if match is None or match[1] in _NEUTRON_CHILDREN:
        return None
    name = match[1]
    id_ = payload[f"{name}_id"] if match[2] == "delete" else payload[name]["id"]
    return f"neutron.{_NEUTRON_NAMES.get(name, name)}", id_


def _of_nova(event_type, payload):
    inner = payload.get("nova_object.data", {})
    if event_type.endswith(".exists"):
        return None
    if event_type.startswith("compute.instance."):
        return "nova.server", payload["instance_id"]
    if event_type.startswith("instance."):
        return "nova.server", inner["uuid"]
    if event_type.startswith("aggregate.") and event_type.endswith(".end"):
        return "nova.aggregate", str(inner.get("id") or payload["aggregate_id"])
    return None


def _of_keystone(_event_type, payload):
    kind = payload["typeURI"] and payload["target"]["typeURI"].rpartition("/")[2]
    kinds = {"project", "domain", "user", "group", "role", "region", "service", "endpoint"}
    named = payload.get("resource_info")
    return (f"keystone.{kind}", named) if kind in kinds and named else None


def _of_cinder(event_type, payload):
    name = event_type.partition(".")[0]
    return (f"cinder.{name}", payload[f"{name}_id"]) if name in ("volume", "snapshot") else None


def _of_glance(event_type, payload):
    named = re.fullmatch(r"image\.(create|update|delete|upload|activate|prepare)", event_type)
    return ("glance.image", payload["id"]) if named else None


_ABOUT = {
    "neutron": _of_neutron,
    "nova": _of_nova,
    "keystone": _of_keystone,
    "cinder": _of_cinder,
    "glance": _of_glance,
    "heat": lambda _event_type, payload: ("heat.stack", payload["stack_identity"]),
    "aodh": lambda _event_type, payload: ("aodh.alarm", payload["alarm_id"]),
}


@_each
def test_a_message_names_the_entity_that_it_is_about(exchange, message):
    about = _ABOUT[exchange](message["event_type"], message["payload"])
    if about is not None:
        type_, id_ = about
        found = said(exchange, message["event_type"], message["payload"])
        assert id_ in [name for each, ids in found if each == type_ for name in ids], found


def test_most_messages_are_about_an_entity_that_is_known_here():
    known = [
        _ABOUT[exchange](message["event_type"], message["payload"])
        for exchange, message in CAPTURED
    ]
    assert len([each for each in known if each]) > 170


# --- messages of the same families that were not captured -----------------------------

_ids = st.uuids().map(str)
_phases = st.sampled_from(["start", "end", "error"])
_actions = st.sampled_from([
    "live_migration_abort", "live_migration_force_complete", "soft_delete", "restore", "swap",
    "share_attach", "trigger_crash_dump", "evacuate", "update", "shrink", "power_cycle",
])  # fmt: skip


def _wrapped(data):
    return {
        "nova_object.name": "InstancePayload",
        "nova_object.namespace": "nova",
        "nova_object.version": "9.9",
        "nova_object.data": data,
    }


@given(_actions, _phases, _ids)
def test_other_actions_on_servers(action, phase, id_):
    legacy = said("nova", f"compute.instance.{action}.{phase}", {"instance_id": id_})
    assert ("nova.server", (id_,)) in legacy
    payload = _wrapped({"uuid": id_, "request_id": "req-1", "ip_addresses": []})
    assert ("nova.server", (id_,)) in said("nova", f"instance.{action}.{phase}", payload)


@given(
    st.sampled_from(
        ["network", "subnet", "port", "router", "floatingip", "security_group", "trunk"]
    ),
    st.lists(_ids, min_size=1, max_size=5, unique=True),
)
def test_other_changes_of_networks(name, ids):
    def heard(verb, payload):
        return said("neutron", f"{name}.{verb}.end", payload, to="neutron")

    type_, first = f"neutron.{name}", ids[0]
    assert (type_, (first,)) in heard("create", {name: {"id": first}})
    assert (type_, (first,)) in heard("update", {name: {"id": first}})
    assert (type_, (first,)) in heard("delete", {f"{name}_id": first})
    assert (type_, tuple(ids)) in heard("create", {f"{name}s": [{"id": each} for each in ids]})


@given(
    st.sampled_from(["manage", "unmanage", "migrate", "extend", "reimage", "snapshot"]),
    st.sampled_from(["start", "end"]),
    _ids,
)
def test_other_actions_on_volumes(action, phase, id_):
    found = said("cinder", f"volume.{action}.{phase}", {"volume_id": id_})
    assert ("cinder.volume", (id_,)) in found
    assert found == said("openstack", f"volume.{action}.{phase}", {"volume_id": id_})


@given(st.sampled_from(["adopt", "rollback", "snapshot", "restore"]), _phases, _ids)
def test_other_actions_on_stacks(action, phase, id_):
    found = said("heat", f"orchestration.stack.{action}.{phase}", {"stack_identity": id_})
    assert ("heat.stack", (id_,)) in found


@given(
    st.sampled_from(
        ["project", "domain", "user", "group", "role", "region", "service", "endpoint"]
    ),
    st.sampled_from(["created", "updated", "deleted", "disabled"]),
    _ids,
)
def test_both_formats_of_keystone(kind, verb, id_):
    """The default format (cadf) and the basic one name the entity in the same field."""
    basic = {"resource_info": id_}
    cadf = {"resource_info": id_, "target": {"id": id_}, "outcome": "success"}
    for payload in (basic, cadf):
        found = said("keystone", f"identity.{kind}.{verb}", payload)
        assert (f"keystone.{kind}", (id_,)) in found


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=8), st.integers() | st.text()))
def test_unknown_event_types_say_nothing(event_type, payload):
    for exchange in _ABOUT:
        for _, hints in listeners(exchange):
            if event_type and not hints.expects(event_type):
                assert hints.of(event_type, payload) == []
