"""Nova: what it answers where others say 404."""

import pytest

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.nova import Nova


@pytest.fixture
def quota():
    (found,) = [each for each in Nova.declared() if each.name == "quota_set"]
    found.microversion = None
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
