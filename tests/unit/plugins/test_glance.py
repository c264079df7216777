"""Glance: hidden images, notes of imports, and images that have no members."""

import msgspec
import pytest

from synchronizer.model.errors import RefusedError
from synchronizer.plugins.glance import Glance
from synchronizer.plugins.pagination import walk


@pytest.fixture
def resources():
    return {each.name: each for each in Glance.declared()}


class Page:
    more = False

    def __init__(self, answer, _parent):
        items = msgspec.json.decode(answer.body)["images"]
        self.size, self.tail = len(items), [each["id"] for each in items]


def test_hidden_images_are_listed_beside_the_others(wire, ask, resources):
    empty = wire.answer(body=b'{"images": []}')
    wire.says(wire.answer(body=b'{"images": [{"id": "a"}]}'), empty)
    list(walk(resources["image"], ask(), Page, query={"updated_at": "gte:2026-01-01T00:00:00Z"}))
    shown, end, hidden = (wire.target(number) for number in range(3))
    assert "os_hidden=false" in shown
    assert "marker=a" in end
    assert "os_hidden=true" in hidden
    for target in (shown, hidden):
        assert "visibility=all" in target
        assert "updated_at=gte%3A2026" in target


def test_what_an_import_notes_is_not_kept(resources):
    item = {"id": "i", "os_glance_importing_to_stores": "fast", "os_glance_stage_host": "http://h"}
    assert resources["image"].shape(item) == {"id": "i"}


def test_stores_come_in_any_order(resources):
    image = resources["image"]
    assert image.shape({"stores": "b,a"}) == image.shape({"stores": "a,b"})


MEMBERS, IMAGE = "/images/i/members", "/images/i"


@pytest.mark.parametrize("visibility", ["private", "public", "community"])
def test_an_image_that_is_not_shared_has_no_members(resources, spoken, visibility):
    glance = spoken({MEMBERS: 403, f"{MEMBERS}/m": 403, IMAGE: {"visibility": visibility}})
    answer = resources["image_member"].ask(glance, "i", {})
    assert msgspec.json.decode(answer.body) == {"members": []}
    assert resources["image_member"].read(glance, "i/m") is None


def test_a_refusal_for_a_shared_image_is_a_lost_role(resources, spoken):
    glance = spoken({MEMBERS: 403, f"{MEMBERS}/m": 403, IMAGE: {"visibility": "shared"}})
    with pytest.raises(RefusedError):
        resources["image_member"].ask(glance, "i", {})
    with pytest.raises(RefusedError):
        resources["image_member"].read(glance, "i/m")


def test_a_refusal_of_everything_is_a_lost_role(resources, spoken):
    glance = spoken({MEMBERS: 403, IMAGE: 403})
    with pytest.raises(RefusedError):
        resources["image_member"].ask(glance, "i", {})
