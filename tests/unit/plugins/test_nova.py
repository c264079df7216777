"""Nova: what it answers where others say 404."""

import json

import pytest

from synchronizer.model.errors import CanaryError, MalformedError
from synchronizer.plugins.nova import Nova


@pytest.fixture
def quota():
    (found,) = [each for each in Nova.declared() if each.name == "quota_set"]
    found.microversion = None
    return found


def kind(name):
    (found,) = [each for each in Nova.declared() if each.name == name]
    return found


def bad(message):
    return b'{"badRequest": {"code": 400, "message": "%b"}}' % message


def test_a_project_that_was_just_deleted_has_no_quota(wire, ask, quota):
    """Keystone is asked by Nova, and Nova says 400."""
    wire.says(wire.answer(400, bad(b"Project ID p is not a valid project.")))
    assert quota.ask(ask(), "p", {}).status == 400
    wire.says(wire.answer(body=b'{"quota_set": {"id": "p"}}'))
    assert quota.ask(ask(), "p", {}).status == 200
    assert wire.target() == "/os-quota-sets/p/detail"


def test_a_question_that_nova_does_not_understand_is_not_taken_for_that(wire, ask, quota):
    wire.says(wire.answer(400, bad(b"Invalid input for query parameters.")))
    with pytest.raises(MalformedError, match="Invalid input"):
        quota.ask(ask(), "p", {})


LISTED = {
    "created": "2026-11-30T00:00:00Z",
    "id": "a",
    "links": [],
    "status": "UNKNOWN",
    "tenant_id": "t",
}
READ = LISTED | {
    "OS-EXT-AZ:availability_zone": "UNKNOWN",
    "OS-EXT-STS:power_state": 0,
    "flavor": {},
    "image": {},
    "user_id": "u",
    "server_groups": [],
}
SERVICE = {"binary": "nova-compute", "host": "h", "status": "UNKNOWN"}


class TestStandIns:
    """A cell that is down: https://docs.openstack.org/api-guide/compute/down_cells.html."""

    @pytest.mark.parametrize(
        ("name", "row"), [("server", LISTED), ("server", READ), ("service", SERVICE)]
    )
    def test_a_row_that_lacks_fields_stands_in(self, name, row):
        assert kind(name).is_partial(row)

    def test_a_whole_server_may_be_in_an_unknown_state(self):
        assert not kind("server").is_partial(READ | {"name": "s", "addresses": {}})

    def test_only_a_stand_in_tells_of_a_cell_that_is_down(self, wire, ask):
        whole = SERVICE | {"state": "up", "zone": "nova"}
        service = ask()
        service.microversion = lambda _: "2.69"
        wire.says(wire.answer(body=json.dumps({"services": [whole]}).encode()))
        Nova().canary(service)
        wire.says(wire.answer(body=json.dumps({"services": [whole, SERVICE]}).encode()))
        with pytest.raises(CanaryError, match="h"):
            Nova().canary(service)
