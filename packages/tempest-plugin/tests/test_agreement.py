"""A snapshot between two listings, of a cloud that others use."""

from synchronizer_tempest_plugin.agreement import disagreements

ONE = {"id": "1", "name": "one", "status": "ACTIVE"}
TWO = {"id": "2", "name": "two", "status": "ACTIVE"}
FIELDS = ("name", "status")


def rows(*given):
    return {row["id"]: row for row in given}


def compare(before, snapshot, after):
    return disagreements(rows(*before), rows(*snapshot), rows(*after), FIELDS)


def test_what_is_the_same_everywhere_agrees():
    assert compare([ONE, TWO], [ONE, TWO], [TWO, ONE]) == ([], False)


def test_what_is_listed_twice_must_be_in_the_snapshot():
    wrong, fleeting = compare([ONE, TWO], [ONE], [ONE, TWO])
    assert wrong == ["2 is listed and not in the snapshot"]
    assert not fleeting


def test_what_stood_still_must_have_the_same_fields():
    other = {**ONE, "status": "ERROR"}
    wrong, fleeting = compare([ONE], [other], [ONE])
    assert wrong == ["1 has status 'ACTIVE', in the snapshot 'ERROR'"]
    assert not fleeting


def test_what_changed_came_or_went_meanwhile_may_be_seen_either_way():
    changed = {**ONE, "status": "SHUTOFF"}
    for snapshot in ([ONE, TWO], [changed], [changed, TWO]):
        assert compare([ONE, TWO], snapshot, [changed]) == ([], False)
    for snapshot in ([ONE], [ONE, TWO]):
        assert compare([ONE], snapshot, [ONE, TWO]) == ([], False)


def test_what_is_in_neither_listing_is_worth_another_look():
    wrong, fleeting = compare([ONE], [ONE, TWO], [ONE])
    assert wrong == ["2 is in the snapshot and not listed"]
    assert fleeting
    _, fleeting = compare([ONE], [TWO], [ONE])
    assert not fleeting, "something else is wrong as well"
