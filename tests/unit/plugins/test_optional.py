"""What a service or its release does not offer is passed over, and is no fault."""

import pytest

from synchronizer.plugins import load

OPTIONAL = [
    "cinder.default_type",
    "ironic.inspection_rule",
    "ironic.runbook",
    "manila.qos_type",
    "manila.resource_lock",
    "manila.share_backup",
]
VERSION = (
    b'{"version": {"id": "v1", "status": "CURRENT", "min_version": "%(min)s", '
    b'"version": "%(max)s", "links": [{"rel": "self", "href": "%(url)s/"}]}}'
)


@pytest.mark.parametrize("type_", OPTIONAL)
@pytest.mark.parametrize("newer", [False, True])
def test_a_type_of_a_newer_microversion_is_not_offered(wire, ask, type_, newer):
    (kind,) = (each for each in load(type_.partition(".")[0]).declared() if each.type == type_)
    major, minor = map(int, kind.microversion[0].split("."))
    newest = f"{major}.{minor if newer else minor - 1}".encode()
    found = VERSION % {b"min": b"%d.0" % major, b"max": newest, b"url": wire.url.encode()}
    wire.says(wire.answer(body=found), wire.answer())
    assert kind.exists(ask()) is newer
    assert len(wire.requests) == (2 if newer else 1)
