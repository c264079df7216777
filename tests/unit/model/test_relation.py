"""What a body refers to, and how far references reach."""

import pytest

from synchronizer.model.entity import Collection
from synchronizer.model.errors import ConfigurationError
from synchronizer.model.relation import Reference, Target, parsed, reached, references, values

PORT = {
    "network_id": "n",
    "device_id": "",
    "fixed_ips": [{"subnet_id": "s1"}, {"subnet_id": "s2"}, {"subnet_id": "s1"}, {}],
    "hosts": {"a": {"id": 7}, "b": {"id": None}, "c": {"id": True}, "d": {"id": 1.5}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("network_id", ["n"]),
        ("device_id", []),
        ("missing", []),
        ("missing.id", []),
        ("network_id.id", []),
        ("network_id.*", []),
        ("fixed_ips", []),
        ("fixed_ips.subnet_id", []),
        ("fixed_ips.*.subnet_id", ["s1", "s2", "s1"]),
        ("hosts.*.id", ["7"]),
        ("*.*.subnet_id", ["s1", "s2", "s1"]),
    ],
)
def test_a_reference_is_a_text_or_a_whole_number(path, found):
    assert list(values(PORT, path)) == found


@pytest.mark.parametrize("body", [None, [], "text", 1])
def test_what_is_no_object_refers_to_nothing(body):
    assert list(values(body, "id")) == []


def test_references_name_each_value_once_in_order_of_path():
    relations = parsed({"network_id": "a.n", "fixed_ips.*.subnet_id": ("a.s", "a.t#x.*")})
    targets = (Target("a.s"), Target("a.t", "x.*"))
    assert references(PORT, relations) == [
        Reference("fixed_ips.*.subnet_id", "s1", targets),
        Reference("fixed_ips.*.subnet_id", "s2", targets),
        Reference("network_id", "n", (Target("a.n"),)),
    ]


@pytest.mark.parametrize(
    "declared",
    [{"": "a.b"}, {"a..b": "a.b"}, {"a": ""}, {"a": ()}, {"a": "#x"}, {"a": "a.b#"}, {"a": ("",)}],
)
def test_what_is_no_declaration_is_refused_with_the_remedy(declared):
    with pytest.raises(ConfigurationError, match="let the plugin declare"):
        parsed(declared)


class TestReached:
    ONE, TWO = Collection("c", "One", "x.y"), Collection("c", "Two", "x.y")
    SHARED = Collection("c", "One", "glance.image")
    PROJECT = Collection("c", None, "keystone.project")
    ELSEWHERE = Collection("d", "One", "x.y")
    KNOWN = (ONE, TWO, SHARED, PROJECT, ELSEWHERE)

    def test_the_own_region_and_cloud(self):
        assert reached(Collection("c", "One", "a.b"), "x.y", self.KNOWN) == [self.ONE]

    def test_what_has_no_region(self):
        assert reached(self.TWO, "keystone.project", self.KNOWN) == [self.PROJECT]

    def test_every_region_from_what_has_none(self):
        assert reached(self.PROJECT, "x.y", self.KNOWN) == [self.ONE, self.TWO]

    def test_a_service_that_regions_share_from_all_of_them(self):
        """It is sampled once, under one region's name."""
        assert reached(self.TWO, "glance.image", self.KNOWN) == [self.SHARED]

    def test_nothing_where_the_type_is_not_sampled(self):
        assert reached(self.ONE, "no.type", self.KNOWN) == []
