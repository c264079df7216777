"""Whatever the services do to a listing, nothing that lives is deleted.

For each scripted fault: a good sample first, then the fault while the cloud changes, then
the cloud heals. In between no living entity may be deleted, what can be told as a fault
is told as one, and after two good cycles the store equals the cloud again.
"""

import pytest

from synchronizer.model.entity import Collection

SERVERS = Collection("demo", "RegionOne", "nova.server")
USERS = Collection("demo", None, "keystone.user")

LISTINGS = r"/(servers/detail|users)\b"
"""The path of the two listings that the faults hit."""

# kind, its options, whether the samples must be refused with a fault
FAULTS = [
    ("status", {"status": 500}, True),
    ("status", {"status": 500, "page": 3}, True),
    ("status", {"status": 502, "body": "html"}, True),
    ("status", {"status": 503, "page": 2}, True),
    ("status", {"status": 404}, True),
    ("status", {"status": 404, "body": "html"}, True),
    ("status", {"status": 401}, True),
    ("truncate", {}, True),
    ("truncate", {"page": 2, "fraction": 0.9}, True),
    ("garbage", {}, True),
    ("garbage", {"page": 3}, True),
    ("html", {}, True),
    ("invalid_utf8", {"page": 2}, False),
    ("wrong_types", {"what": "id", "page": 2}, False),
    ("wrong_types", {"what": "item"}, False),
    ("wrong_types", {"what": "collection"}, True),
    ("missing_id", {"page": 2}, False),
    ("duplicate_id", {"page": 2}, False),
    ("huge_item", {"megabytes": 20, "page": 2}, False),
    ("empty", {}, False),
    ("empty", {"page": 2}, False),
    ("short", {}, False),
    ("short", {"page": 2, "keep": 1}, False),
    ("repeat", {}, True),
    ("retry_after", {"times": 2, "seconds": 0.1}, False),
    ("retry_after", {"seconds": 100}, True),
    ("token_expiry", {"times": 1, "page": 2}, False),
    ("marker_deleted", {}, False),
    ("forbidden", {}, True),
    ("forbidden", {"page": 2}, True),
    ("reset", {"page": 2}, True),
    ("hang", {}, True),
    ("slow", {"seconds": 0.5, "times": 2}, False),
    ("clock", {"seconds": 7200}, False),
    ("clock", {"seconds": -7200}, False),
]


def named(fault):
    kind, options, _ = fault
    return "-".join([kind, *(f"{key}={value}" for key, value in options.items())])


@pytest.fixture(params=FAULTS, ids=named)
def fault(request):
    return request.param


def living(cloud):
    return {("nova.server", id_) for id_ in cloud.state("nova.server")} | {
        ("keystone.user", id_) for id_ in cloud.state("keystone.user")
    }


def test_a_fault_deletes_nothing_that_lives(rig, fault):
    kind, options, refused = fault
    cloud = rig.cloud
    for collection in (SERVERS, USERS):
        assert rig.do(collection)
    assert len(rig.ids(SERVERS)) == len(cloud.state("nova.server"))
    if kind == "hang":
        rig.session.timeout = 0.3  # what hangs hangs, however long one waits
    cloud.fault(kind, path_regex=LISTINGS, **options)
    cloud.mutate("create", "nova.server", 3)
    cloud.mutate("update", "nova.server", 3)
    cloud.mutate("delete", "nova.server", 3)
    cloud.mutate("create", "keystone.user", 2)
    outcomes = []
    for collection in (SERVERS, USERS):
        outcomes += [rig.do(collection), rig.do(collection)]
        if outcomes[-1] is False:
            assert rig.fault(collection), "a refused sample must be told as a fault"
    rig.do(SERVERS, "poll")
    assert not rig.deleted() & living(cloud)
    if refused:
        assert not any(outcomes), outcomes
    cloud.clear_faults()
    rig.session.timeout = 20
    for collection in (SERVERS, USERS):
        assert rig.do(collection)
        rig.clock.ahead += 30
        assert rig.do(collection)
        assert rig.fault(collection) is None
        assert rig.ids(collection) == set(cloud.state(collection.type))
    assert not rig.deleted() & living(cloud)
