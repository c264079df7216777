"""Patterns that match no entity type are refused, with what was probably meant."""

import pytest

from synchronizer.model.errors import ConfigurationError
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.patterns import _unmatched, check_patterns
from synchronizer.service.settings import Settings
from synchronizer.service.supervisor.plugin_probe import ProbeResult

NOVA = ProbeResult(name="nova", types=("nova.server", "nova.keypair"))


def settings(**patterns):
    return Settings(store="", intervals=Intervals(**patterns))


@pytest.mark.parametrize(
    ("patterns", "says"),
    [
        ({"types": ("nova.servers",)}, "types = nova.servers .*did you mean nova.server"),
        ({"types": ("nova.*",), "skip": ("nova.keypairs",)}, "skip = nova.keypairs .*nova.keypair"),
        ({"skip": ("keystnoe.credential",)}, "did you mean keystone.credential"),
        ({"skip": ("nova.zzz*",)}, "skip = nova.zzz. matches no entity type"),
    ],
)
def test_one_that_matches_nothing_is_refused(patterns, says):
    with pytest.raises(ConfigurationError, match=says):
        check_patterns(settings(**patterns))


def test_those_that_match_are_taken():
    check_patterns(settings(types=("*", "nova.*", "*.server", "keystone.user"), skip=("nova.k*",)))


def test_a_plugin_that_cannot_be_imported_may_have_any_type_of_its_name():
    tried = [NOVA, ProbeResult(name="odd", broken="ImportError")]
    assert _unmatched(Intervals(types=("odd.thing",)), {"odd.thing"}, tried) == []
    (said,) = _unmatched(Intervals(types=("odd.x", "nova.thing")), {"odd.x", "nova.thing"}, tried)
    assert "nova.thing" in said


def test_what_was_in_force_needs_no_second_look():
    before = settings(types=("gone.thing",))
    check_patterns(before, before)
    check_patterns(settings(types=("gone.thing", "nova.server")), before)
