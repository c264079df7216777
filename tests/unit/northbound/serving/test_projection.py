import json

import pytest

from synchronizer.northbound.serving.projection import Projection

BODY = {"id": "a", "flavor": {"vcpus": 1, "ram": 2}, "nets": [{"a": 1, "b": 2}, 3], "x.y": 5}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["id"], {"id": "a"}),
        (["flavor.ram"], {"flavor": {"ram": 2}}),
        (["flavor", "flavor.ram"], {"flavor": {"vcpus": 1, "ram": 2}}),
        (["flavor.ram", "flavor.vcpus"], {"flavor": {"vcpus": 1, "ram": 2}}),
        (["nets.b"], {"nets": [{"b": 2}, 3]}),
        (["x.y"], {"x.y": 5}),
        (["nothing", "flavor.nothing"], {"flavor": {}}),
    ],
)
def test_fields_reduce(paths, expected):
    assert json.loads(Projection(paths)(json.dumps(BODY).encode())) == expected


def test_what_is_kept_keeps_its_bytes():
    assert Projection(["n"])(b'{"m": 1, "n": 1.50e0}') == b'{"n":1.50e0}'


def test_no_fields_are_no_projection():
    assert not Projection([])
