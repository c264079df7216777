"""Listings that are cut, shifted, doubled or filtered: all are walked to their true end."""

from itertools import count

import pytest

from synchronizer.plugins import installed

PAGED = {
    "nova.server": "/servers/detail",
    "nova.server_group": "/os-server-groups",
    "cinder.volume": "/volumes/detail",
    "cinder.attachment": "/attachments/detail",
    "glance.image": "/v2/images$",
    "keystone.user": "/v3/users",
}
"""Types of several pages here, and the paths of their listings."""

CUT = {
    "neutron.port": "/ports",
    "neutron.security_group_rule": "/security-group-rules",
    "neutron.floatingip": "/floatingips",
}
"""Neutron's three reactions to a marker that is gone: 404, the first page, an empty page."""

WHOLE = ("heat.stack", "neutron.network", "placement.resource_provider", "keystone.role")

each_paged = pytest.mark.parametrize("type_", PAGED)


@pytest.fixture
def paged(sky):
    missing = 12 - len(sky.cloud.state("nova.server_group"))
    sky.cloud.mutate("create", "nova.server_group", max(0, missing))
    return sky


def settles(sky, type_):
    """Whether two sweeps of a cloud that is well again bring the truth."""
    sky.cloud.clear_faults()
    sky.clock.ahead += 60  # nothing is too new to be deleted any more
    return sky.do(type_) and sky.do(type_) and sky.is_true(type_) and sky.fault(type_) is None


@pytest.mark.hazard(3)
@pytest.mark.parametrize("type_", [*PAGED, *CUT, *WHOLE])
def test_a_listing_is_whole_though_the_largest_page_is_small(paged, type_):
    assert paged.do(type_)
    assert paged.is_true(type_)


@pytest.mark.hazard(3)
@pytest.mark.parametrize("type_", CUT)
def test_a_listing_that_is_cut_unasked_is_walked_and_nothing_is_deleted(sky, type_):
    """Neutron's pagination_max_limit; it cuts listings by id, too."""
    assert sky.do(type_)
    sky.cloud.fault("unasked_pages", path_regex=CUT[type_], limit=4)
    made = sky.cloud.mutate("create", type_, 2)
    (gone,) = sky.cloud.mutate("delete", type_, 1)
    assert sky.do(type_)
    assert sky.is_true(type_)
    sky.hint(type_, sorted(sky.ids(type_)))
    assert sky.do(type_, "poll") if type_ == "neutron.port" else True
    assert sky.is_true(type_)
    assert sky.deleted() <= {(type_, gone)}
    assert set(made) - {gone} <= sky.ids(type_)


@pytest.mark.hazard(4)
@each_paged
def test_a_marker_that_goes_away_ends_no_walk(paged, type_):
    assert paged.do(type_)
    paged.cloud.fault("marker_deleted", path_regex=PAGED[type_])
    paged.do(type_)
    assert not paged.lost()
    assert settles(paged, type_)


@pytest.mark.hazard(4)
@pytest.mark.parametrize("type_", CUT)
def test_neither_404_nor_page_one_nor_an_empty_page_for_a_marker_deletes(sky, type_):
    assert sky.do(type_)
    sky.cloud.fault("unasked_pages", path_regex=CUT[type_], limit=4)
    sky.cloud.fault("marker_deleted", path_regex=CUT[type_], times=2, page=2)
    before = sky.calls
    sky.do(type_)
    assert sky.calls - before < 200
    assert not sky.lost()
    assert settles(sky, type_)


@pytest.mark.hazard(4)
def test_stacks_are_listed_without_a_marker_that_would_start_all_over(sky):
    sky.cloud.fault("marker_deleted", path_regex="/stacks", page=None)
    assert sky.do("heat.stack")
    assert sky.is_true("heat.stack")


@pytest.mark.hazard(5)
@each_paged
def test_what_comes_and_goes_between_two_pages_is_neither_lost_nor_deleted(paged, type_):
    """A deletion before an offset shifts a row of the next page out of sight."""
    assert paged.do(type_)
    paged.before = lambda number: (
        paged.cloud.mutate("delete", type_),
        paged.cloud.mutate("create", type_),
    )
    paged.do(type_)
    paged.before = lambda number: None
    assert not paged.lost()
    assert settles(paged, type_)


@pytest.mark.hazard(6)
@pytest.mark.parametrize("type_", ["nova.server", "cinder.volume", "glance.image", "keystone.user"])
def test_updates_between_two_pages_make_no_row_jump(sky, type_):
    assert sky.do(type_)
    before = sky.ids(type_)
    sky.before = lambda number: sky.cloud.mutate("update", type_, 5)
    assert sky.do(type_)
    sky.before = lambda number: None
    assert {op for op, _, _ in sky.ops()} <= {"create", "update"}
    assert sky.ids(type_) == before
    assert settles(sky, type_)


@pytest.mark.hazard(6)
def test_nothing_is_sorted_by_what_changes():
    for plugin in installed().values():
        for resource in plugin.declared():
            lasting = {"asc", "created_at", "started_at", "id", "uuid", *resource.id}
            used = {value.removesuffix(":asc") for value in resource.sort.values()}
            assert used <= lasting, resource.type


@pytest.mark.hazard(7)
@pytest.mark.parametrize("page", [1, 3])
def test_a_server_that_two_cells_list_is_as_its_own_read_shows_it(sky, page):
    """The copy that a resize between cells left behind; before the true one, and behind it."""
    true = list(sky.cloud.state("nova.server").values())[-1 if page == 1 else 0]
    other = {**true, "name": "in the other cell", "updated": "2020-01-01T00:00:00Z"}
    assert sky.do("nova.server")
    before = sky.head
    sky.cloud.fault("added_rows", path_regex="/servers/detail", rows=[other], page=page)
    for _ in range(2):
        assert sky.do("nova.server")
    assert sky.ops(before) == []
    assert sky.rows("nova.server")[true["id"]]["name"] == true["name"]


@pytest.mark.hazard(8)
@each_paged
def test_a_short_page_without_a_link_is_not_the_end(paged, type_):
    paged.cloud.fault("short", path_regex=PAGED[type_], keep=3, page=1)
    assert paged.do(type_)
    assert paged.is_true(type_)


@pytest.mark.hazard(8)
@each_paged
def test_an_empty_page_in_the_middle_deletes_nothing(paged, type_):
    """As Glance gives when a policy hides all of a page."""
    assert paged.do(type_)
    paged.cloud.fault("empty", path_regex=PAGED[type_], page=2)
    paged.do(type_)
    assert not paged.deleted()
    assert settles(paged, type_)


@pytest.mark.hazard(17)
def test_images_are_seen_hidden_or_not_and_whoever_owns_them(sky):
    assert sky.do("glance.image")
    truth = sky.cloud.state("glance.image")
    assert {b["visibility"] for b in truth.values()} == {"public", "private", "shared", "community"}
    assert {b["os_hidden"] for b in truth.values()} == {True, False}
    assert sky.is_true("glance.image")


@pytest.mark.hazard(17)
@pytest.mark.parametrize("hidden", [True, False])
def test_an_image_that_is_hidden_or_shown_between_the_two_walks_stays(sky, hidden):
    """It is then in both, or in neither."""
    images = sky.cloud.state("glance.image")
    (id_, *_) = [key for key, body in images.items() if body["os_hidden"] is not hidden]
    assert sky.do("glance.image")
    visible = sum(not body["os_hidden"] for body in images.values())
    numbers = count()

    def flip(_number):
        if next(numbers) == visible // 7 + 1:
            patch = [{"op": "replace", "path": "/os_hidden", "value": hidden}]
            kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
            url = f"{sky.cloud.base}/image/v2/images/{id_}"
            sky.session.patch(url, json=patch, headers=kind)

    sky.before = flip
    assert sky.do("glance.image")
    sky.before = lambda number: None
    assert not sky.deleted()
    assert settles(sky, "glance.image")
    assert sky.rows("glance.image")[id_]["os_hidden"] is hidden


@pytest.mark.hazard(19)
@pytest.mark.parametrize("type_", ["keystone.role", "keystone.user", "keystone.role_assignment"])
def test_a_listing_that_keystone_says_it_cut_is_refused(sky, type_):
    assert sky.do(type_)
    sky.cloud.fault("list_limit", path_regex=f"/v3/{type_.partition('.')[2]}s", keep=4)
    assert not sky.do(type_)
    assert sky.fault(type_) == "synchronizer.sample.malformed"
    assert not sky.deleted()
    assert settles(sky, type_)


@pytest.mark.hazard(21)
def test_stacks_within_stacks_are_entities_and_go_with_them(sky):
    sky.cloud.mutate("create", "heat.stack", 8)
    assert sky.do("heat.stack")
    assert sky.is_true("heat.stack")
    parents = {body["parent"] for body in sky.rows("heat.stack").values()} - {None}
    parent = min(parents)
    below = {id_ for id_, body in sky.rows("heat.stack").items() if body["parent"] == parent}
    sky.cloud.mutate("delete", "heat.stack", ids=[parent])
    assert sky.do("heat.stack")
    assert {id_ for _, id_ in sky.deleted()} >= below | {parent}
    assert sky.is_true("heat.stack")
