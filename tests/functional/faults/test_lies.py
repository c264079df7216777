"""A service that lies is a fault of the one type that it lies about; nothing is deleted."""

import pytest

LISTINGS = {
    "neutron.port": "/network/v2.0/ports",
    "cinder.volume": "/volumes/detail",
    "glance.image": "/v2/images$",
    "nova.server": "/servers/detail",
    "keystone.user": "/v3/users",
}
BESIDE = {
    "neutron": "neutron.network",
    "cinder": "cinder.snapshot",
    "glance": "glance.task",
    "nova": "nova.flavor",
    "keystone": "keystone.project",
}
"""Another type of each service, about which it does not lie."""

MALFORMED, ENDLESS = "synchronizer.sample.malformed", "synchronizer.sample.endless"


@pytest.fixture(params=LISTINGS)
def sampled(sky, request):
    """One type, swept, and the one beside it."""
    sky.type = request.param
    sky.path = LISTINGS[sky.type]
    sky.beside = BESIDE[sky.type.partition(".")[0]]
    assert sky.do(sky.type)
    sky.since = sky.head
    return sky


def is_faulted_alone(sky, code):
    """Whether its sweep is refused so, twice, with nothing undone, while the other type is well."""
    outcomes = [sky.do(sky.type), sky.do(sky.type), sky.do(sky.beside)]
    assert outcomes == [False, False, True]
    assert not sky.deleted()
    return sky.fault(sky.type) == code and sky.fault(sky.beside) is None


def heals(sky):
    sky.cloud.clear_faults()
    return sky.do(sky.type) and sky.is_true(sky.type) and sky.fault(sky.type) is None


def test_the_same_page_for_ever_is_an_endless_listing(sampled):
    sampled.cloud.fault("repeat", path_regex=sampled.path)
    if sampled.type == "neutron.port":  # has pages only when an operator wants so
        sampled.cloud.fault("unasked_pages", path_regex=sampled.path)
    before = sampled.calls
    assert is_faulted_alone(sampled, ENDLESS)
    assert sampled.calls - before < 20
    assert heals(sampled)


def test_the_same_page_for_ever_without_a_link_is_endless_too(sky):
    """Attachments never have one."""
    for type_ in ("cinder.attachment", "cinder.volume"):
        assert sky.do(type_)
    sky.cloud.fault("repeat", path_regex="/attachments/detail")
    sky.type, sky.beside = "cinder.attachment", "cinder.volume"
    assert is_faulted_alone(sky, ENDLESS)
    assert heals(sky)


def test_an_offset_that_is_ignored_while_rows_change_is_endless(sky):
    """Every call shows another last row, and the listing is still the same one."""
    sky.cloud.mutate("create", "nova.server_group", 9)
    assert sky.do("nova.server_group")
    sky.cloud.fault("repeat", path_regex="/os-server-groups")
    groups = list(sky.cloud.state("nova.server_group").values())

    def rename(number):
        sky.cloud.clear_faults(rename.fault)
        rows = [{**group, "name": f"{group['name']}-{number}"} for group in groups]
        rename.fault = sky.cloud.fault("replica", path_regex="/os-server-groups", rows=rows)

    rename.fault = sky.cloud.fault("replica", path_regex="/os-server-groups", rows=[])
    sky.before = rename
    calls = sky.calls
    assert not sky.do("nova.server_group")
    assert sky.fault("nova.server_group") == ENDLESS
    assert sky.calls - calls < 20
    assert not sky.deleted()


@pytest.mark.parametrize("twin", [True, False], ids=["both", "instead"])
def test_an_id_in_other_letters_is_malformed(sampled, twin):
    row = min(sampled.cloud.state(sampled.type).values(), key=lambda each: each["id"])
    if not twin:
        sampled.cloud.fault("hidden_rows", path_regex=sampled.path, ids=[row["id"]])
    other = {**row, "id": row["id"].upper()}
    sampled.cloud.fault("added_rows", path_regex=sampled.path, rows=[other], page=1)
    assert is_faulted_alone(sampled, MALFORMED)
    assert sampled.type not in {type_ for _, type_, _ in sampled.ops(sampled.since)}
    assert other["id"] not in sampled.ids(sampled.type)
    assert heals(sampled)


def test_a_read_that_answers_in_other_letters_is_malformed(sky):
    """A listing by id that does so would make what it was asked for look deleted."""
    assert sky.do("neutron.port")
    id_ = min(sky.ids("neutron.port"))
    row = {**sky.cloud.state("neutron.port")[id_], "id": id_.upper()}
    sky.cloud.fault("replica", path_regex="/network/v2.0/ports", rows=[], ids=[id_])
    sky.cloud.fault("added_rows", path_regex="/network/v2.0/ports", rows=[row])
    assert not sky.hint("neutron.port", [id_])
    assert sky.fault("neutron.port") == MALFORMED
    assert not sky.deleted()


def test_rows_that_come_twice_are_as_their_own_read_shows_them(sampled):
    """On one page or over two; which of them is later, only a read can tell."""
    row = next(iter(sampled.cloud.state(sampled.type).values()))
    again = {**row, "name": "another"}
    sampled.cloud.fault("added_rows", path_regex=sampled.path, rows=[again, row], times=1)
    assert sampled.do(sampled.type)
    assert sampled.do(sampled.type)
    assert sampled.is_true(sampled.type)
    assert sampled.rows(sampled.type)[row["id"]]["name"] == row["name"]
    assert not sampled.deleted()


def test_a_row_without_id_harms_no_other(sampled):
    sampled.cloud.fault("missing_id", path_regex=sampled.path)
    assert sampled.do(sampled.type)
    known = {each.collection: each for each in sampled.store.collections()}
    assert known[sampled.collection(sampled.type)].rejected.count >= 1
    assert sampled.is_true(sampled.type)
    assert not sampled.deleted()
    assert heals(sampled)
