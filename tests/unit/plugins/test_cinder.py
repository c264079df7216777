"""Cinder: encryption without a name, credentials, and the filter that is ignored when old."""

import msgspec
import pytest

from synchronizer.plugins.cinder import Cinder
from synchronizer.sampling.items import examine, raw_items

ENCRYPTION = "/types/t/encryption"


@pytest.fixture
def resources():
    return {each.name: each for each in Cinder.declared()}


def test_an_encrypted_type_has_one_encryption(resources, spoken):
    kind = resources["volume_type_encryption"]
    said = {"volume_type_id": "t", "encryption_id": "e", "cipher": "aes-xts-plain64"}
    answer = kind.ask(spoken({ENCRYPTION: said}), "t", {})
    (raw,), more = raw_items(kind, answer.body)
    assert not more
    assert kind.identify(kind.shape(msgspec.json.decode(raw), "t")) == "t"


@pytest.mark.parametrize("said", [{}, 404])
def test_other_types_have_none(resources, spoken, said):
    answer = resources["volume_type_encryption"].ask(spoken({ENCRYPTION: said}), "t", {})
    assert answer.status == 404


def test_the_way_to_a_volume_is_not_even_kept_as_stars(resources):
    item = {"id": "a", "connection_info": {"auth_password": "CANARY-SECRET"}, "instance": None}
    assert b"connection_info" not in examine(resources["attachment"], item, 0, None).body


def test_volumes_are_filtered_only_where_the_filter_is_known(resources):
    volume = resources["volume"]
    assert volume.since_value.format("2026-01-01T00:00:00Z") == "gte:2026-01-01T00:00:00Z"
    lowest = [int(part) for part in volume.microversion[0].split(".")]
    assert lowest >= [3, 60]  # below, Cinder ignores it and lists everything


def test_a_specification_is_read_under_the_name_of_its_listing(resources, spoken):
    said = {"qos_specs": {"id": "q", "specs": {}}, "links": []}
    assert resources["qos_spec"].read(spoken({"/qos-specs/q": said}), "q") == said["qos_specs"]


def test_a_service_is_read_by_a_filtered_listing(resources, spoken):
    rows = [{"binary": "cinder-volume", "host": host} for host in ("a@x", "b@x")]
    path = "/os-services?binary=cinder-volume&host=b%40x"
    service = resources["service"]
    assert service.read(spoken({path: {"services": rows}}), "cinder-volume/b@x") == rows[1]
    assert service.read(spoken({path: {"services": []}}), "cinder-volume/b@x") is None


def test_what_one_scheduler_remembers_is_never_empty_and_never_sampled_unasked(resources):
    assert resources["pool"].never_empty
    assert not resources["pool"].default
