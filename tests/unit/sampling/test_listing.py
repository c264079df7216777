"""A page as it comes: duplicates, stand-ins, marks, and what may be skipped the next time."""

import pytest

from synchronizer.model.change import Candidate
from synchronizer.model.errors import CanaryError, MalformedError, VisibilityLostError
from synchronizer.testing.toy import Grain, Thing


class Whole(Thing):
    partial, whole = ("status", "UNKNOWN"), ("version",)


class Partial(Thing):
    """A thing whose row may be a stand-in."""

    partial = ("status", "UNKNOWN")


class Unlisted(Thing):
    """A thing that the full listing may leave out."""

    unlisted = ("status", frozenset({"SOFT"}))


class Witnessed(Thing):
    """A thing with a field that full visibility shows."""

    witness = ("host",)


def counting(rig):
    """Count the items that are decoded from now on."""
    from synchronizer.sampling import listing  # noqa: PLC0415

    decoded = []
    real = listing.decode

    def decode(resource, raw, place, parent):
        decoded.append(place)
        return real(resource, raw, place, parent)

    return decoded, decode, listing


class TestWhatIsKnownIsSkipped:
    @pytest.fixture
    def decoded(self, monkeypatch):
        decoded, decode, listing = counting(None)
        monkeypatch.setattr(listing, "decode", decode)
        return decoded

    def test_an_unchanged_listing_is_not_decoded_at_all(self, toy, decoded):
        toy.sampler.sweep()
        decoded.clear()
        toy.sampler.sweep()
        assert decoded == []
        assert toy.ops() == [("create", f"t{number}") for number in range(5)]

    def test_of_a_changed_page_only_the_changed_item_is_decoded(self, toy, decoded):
        toy.sampler.sweep()
        decoded.clear()
        toy.cloud.update("t1")
        toy.sampler.sweep()
        assert decoded == [1]

    def test_a_volatile_field_is_decoded_and_writes_nothing(self, toy, decoded):
        revision = toy.store.head().revision
        toy.cloud.alive["t1"]["heartbeat"] = 7
        toy.sampler.sweep()
        assert len(decoded) == 1
        assert toy.store.head().revision == revision
        toy.sampler.sweep()
        assert len(decoded) == 1

    def test_a_page_is_decoded_again_when_somebody_else_committed_its_entity(self, toy, decoded):
        toy.sampler.sweep()
        other = toy.another()
        toy.cloud.update("t1")
        other.sweep()
        decoded.clear()
        toy.sampler.sweep()
        assert decoded == [1]

    def test_known_pages_are_seen(self, toy):
        for _ in range(3):
            toy.sampler.sweep()
        assert len(toy.held()) == 5


def flapping(rig, monkeypatch):
    """Another sampler commits t0 as *later* right behind our own commit of it."""
    cloud, store = rig.cloud, rig.store
    commit = store.commit
    done = []

    def and_then_another(collection, ticket, candidates, **asked):
        result = commit(collection, ticket, candidates, **asked)
        if result.revision is not None and not done and candidates[0].id == "t0":
            done.append(True)
            later = rig.another()
            before = dict(cloud.alive["t0"])
            cloud.alive["t0"]["flag"] = "later"
            later.read(["t0"])
            cloud.alive["t0"] = before
        return result

    monkeypatch.setattr(store, "commit", and_then_another)
    return done


@pytest.mark.parametrize("kind", ["created", "updated", "unchanged beside a change"])
def test_a_state_that_came_back_is_not_mistaken_for_known(rig, monkeypatch, kind):
    """We saw v1, another saw v2 at once behind us, and the cloud is at v1 again."""
    made = rig()
    made.cloud.create("t0")
    if kind != "created":
        made.sampler.sweep()
    if kind == "updated":
        made.cloud.update("t0")
    if kind == "unchanged beside a change":
        # t0's bytes are known; the commit of t00 in the same page lets the baseline move on.
        made.cloud.alive["t0"]["heartbeat"] = 1
        made.cloud.create("a0")
        commit = made.store.commit
        done = []

        def and_then_another(collection, ticket, candidates, **asked):
            result = commit(collection, ticket, candidates, **asked)
            if not done:
                done.append(True)
                before = dict(made.cloud.alive["t0"])
                made.cloud.alive["t0"]["flag"] = "later"
                made.another().read(["t0"])
                made.cloud.alive["t0"] = before
            return result

        monkeypatch.setattr(made.store, "commit", and_then_another)
    else:
        done = flapping(made, monkeypatch)
    made.sampler.sweep()
    assert done
    assert made.held()["t0"]["flag"] == "later"
    for _ in range(2):
        made.sampler.sweep()
    assert "flag" not in made.held()["t0"]


class TestDuplicates:
    def twice(self, other, *, first=False):
        """Return an edit that lists t1 twice, the second one with other fields."""

        def edit(rows, query):
            found = []
            for row in rows:
                if row["id"] == "t1":
                    pair = [row, {**row, **other}]
                    found += reversed(pair) if first else pair
                else:
                    found.append(row)
            return found

        return edit

    @pytest.mark.parametrize("first", [False, True])
    def test_twice_in_a_page_with_different_content_is_settled_by_a_read(self, toy, first):
        toy.cloud.listing = self.twice({"flag": "cell two"}, first=first)
        toy.cloud.update("t1")
        toy.sampler.sweep()
        assert toy.held()["t1"] == {**toy.cloud.alive["t1"], "password": "***"}
        assert len(toy.sampler.doubts) == 0

    def test_twice_in_a_page_with_equal_content_is_once(self, toy):
        toy.cloud.listing = self.twice({})
        calls = toy.cloud.calls
        toy.sampler.sweep()
        toy.sampler.sweep()
        assert toy.ops()[5:] == []
        assert toy.cloud.calls - calls == 2 * 3

    def test_twice_over_pages_with_different_content_is_settled_by_a_read(self, toy):
        def edit(rows, query):
            if query.get("marker") and rows:
                return [{**toy.cloud.alive["t1"], "flag": "again"}, *rows]
            return rows

        toy.cloud.listing = edit
        toy.cloud.update("t1")
        toy.sampler.sweep()
        assert toy.held()["t1"] == {**toy.cloud.alive["t1"], "password": "***"}

    @pytest.mark.parametrize("known", [True, False])
    def test_what_only_a_listing_shows_stays_while_it_is_listed_twice(self, rig, known):
        """Nothing can tell which of the two is right, but it is certainly there."""
        made = rig(Grain)
        made.cloud.create("t0")
        if known:
            made.cloud.create("t1")
        made.sampler.sweep()
        if not known:
            made.cloud.create("t1")
        made.cloud.update("t1")
        made.cloud.listing = self.twice({"flag": "cell two"})
        for _ in range(4):
            made.sampler.sweep()
        assert ("delete", "t1") not in made.ops()
        assert made.sampler.again
        made.cloud.listing = lambda rows, query: rows
        made.sampler.sweep()
        assert "t1" in made.held()


class TestStandIns:
    @pytest.fixture
    def down(self, rig):
        made = rig(Partial)
        for number in range(4):
            made.cloud.create(f"t{number}")
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: [
            {"id": row["id"], "status": "UNKNOWN"} if row["id"] == "t1" else row for row in rows
        ]
        return made

    def test_a_stand_in_is_not_taken_for_state(self, down):
        before = down.held()
        down.cloud.update("t1")
        assert down.attempt() is None
        assert down.held() == before

    def test_a_first_page_of_stand_ins_only_is_a_page(self, rig):
        made = rig(Partial)
        made.cloud.create("t0")
        made.cloud.listing = lambda rows, query: [{"id": "t0", "status": "UNKNOWN"}] * len(rows)
        assert made.attempt() is None
        assert made.held() == {}

    def test_a_stand_in_is_not_taken_up(self, down):
        down.cloud.create("t9")
        down.cloud.listing = lambda rows, query: [
            {"id": row["id"], "status": "UNKNOWN"} if row["id"] == "t9" else row for row in rows
        ]
        assert down.attempt() is None
        assert "t9" not in down.held()

    def test_nothing_is_deleted_while_there_are_stand_ins(self, down):
        down.cloud.delete("t3")
        assert down.attempt() is CanaryError
        assert "t3" in down.held()
        down.cloud.listing = lambda rows, query: rows
        assert down.attempt() is None
        assert "t3" not in down.held()

    def test_a_whole_row_in_an_unknown_state_is_state(self, rig):
        """It is taken up, and does not keep others from being deleted."""
        made = rig(Whole)
        for number in range(4):
            made.cloud.create(f"t{number}")
        made.cloud.alive["t1"]["status"] = "UNKNOWN"
        assert made.attempt() is None
        assert made.held()["t1"]["status"] == "UNKNOWN"
        made.cloud.delete("t3")
        assert made.attempt() is None
        assert "t3" not in made.held()

    def test_a_stand_in_that_a_read_gives_is_no_state_either(self, down):
        down.cloud.single = lambda row: {"id": row["id"], "status": "UNKNOWN"}
        before = down.held()
        down.sampler.read(["t1", "t2"])
        assert down.held() == before


class TestUnlisted:
    @pytest.fixture
    def soft(self, rig):
        made = rig(Unlisted)
        for number in range(3):
            made.cloud.create(f"t{number}")
        made.cloud.listing = lambda rows, query: [
            row for row in rows if row["status"] != "SOFT" or "changes-since" in query
        ]
        made.sampler.sweep()
        made.cloud.alive["t1"]["status"] = "SOFT"
        return made

    def test_a_known_one_is_followed(self, soft):
        soft.sampler.poll()
        assert soft.held()["t1"]["status"] == "SOFT"
        soft.sampler.sweep()
        soft.sampler.sweep()
        assert soft.held()["t1"]["status"] == "SOFT"

    def test_an_unknown_one_is_not_taken_up(self, soft):
        soft.cloud.create("t9")
        soft.cloud.alive["t9"]["status"] = "SOFT"
        soft.sampler.poll()
        soft.sampler.sweep()
        assert "t9" not in soft.held()


class TestCase:
    """A UUID is one in any letters; other ids may differ in nothing else."""

    ID = "0dcb8b48-00ff-4464-81bd-4ef820c44dad"

    @pytest.mark.parametrize("known", [str.lower, str.upper])
    def test_a_known_uuid_in_other_letters_is_malformed(self, toy, known):
        toy.cloud.create(known(self.ID))
        toy.sampler.sweep()
        toy.cloud.listing = lambda rows, query: [{**r, "id": r["id"].swapcase()} for r in rows]
        assert toy.attempt() is MalformedError
        assert {op for op, _ in toy.ops()} == {"create"}
        assert self.ID.swapcase() not in {known(self.ID).swapcase()} & set(toy.held())

    def test_both_ways_on_one_page_are_malformed(self, toy):
        for id_ in (self.ID, self.ID.upper()):
            toy.cloud.create(id_)
        assert toy.attempt() is MalformedError
        assert len(toy.held()) == 5

    def test_names_may_differ_in_their_case(self, toy):
        toy.cloud.create("Name")
        toy.cloud.create("name")
        assert toy.attempt() is None
        assert {"Name", "name"} <= set(toy.held())


class TestWitness:
    @pytest.fixture
    def admin(self, rig):
        made = rig(Witnessed)
        for number in range(4):
            made.cloud.create(f"t{number}")
        made.cloud.listing = lambda rows, query: [{**row, "host": "h"} for row in rows]
        made.cloud.single = lambda row: {**row, "host": "h"}
        made.sampler.sweep()
        return made

    def test_a_witness_that_vanishes_stops_the_sweep(self, admin):
        before = admin.held()
        admin.cloud.listing = lambda rows, query: rows[1:]
        assert admin.attempt() is VisibilityLostError
        assert admin.held() == before
        admin.cloud.listing = lambda rows, query: [{**row, "host": "h"} for row in rows]
        assert admin.attempt() is None
        assert admin.fault() is None

    def test_another_process_knows_of_the_witness_too(self, admin):
        admin.cloud.listing = lambda rows, query: rows[1:]
        assert admin.attempt(sampler=admin.another()) is VisibilityLostError

    def test_a_witness_is_remembered_over_sweeps_that_decode_nothing(self, admin):
        for _ in range(3):
            admin.sampler.sweep()
        admin.cloud.listing = lambda rows, query: rows[1:]
        assert admin.attempt() is VisibilityLostError

    def test_one_row_without_it_is_enough(self, admin):
        admin.cloud.create("t9")
        admin.cloud.listing = lambda rows, query: [
            {**row, **({"host": "h"} if row["id"] != "t9" else {})} for row in rows
        ]
        assert admin.attempt() is VisibilityLostError

    def test_credentials_that_never_saw_it_go_on_for_ever(self, rig):
        """A second sweep decodes nothing: that is no proof that the witness is there."""
        made = rig(Witnessed)
        made.cloud.create("t0")
        for number in range(1, 4):
            assert made.attempt() is None
            assert made.attempt() is None
            made.cloud.create(f"t{number}")
            made.cloud.update("t0")
        assert made.attempt() is None
        assert len(made.held()) == 4

    def test_a_witness_that_comes_later_counts_from_then_on(self, rig):
        made = rig(Witnessed)
        made.cloud.create("t0")
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: [{**row, "host": "h"} for row in rows]
        assert made.attempt() is None
        made.cloud.listing = lambda rows, query: rows
        assert made.attempt() is VisibilityLostError


def test_pages_before_a_fault_are_kept_and_deletes_are_not(toy):
    """What was seen whole counts at once; only the whole listing can say what is gone."""
    toy.cloud.update("t0")
    toy.cloud.delete("t2")
    toy.cloud.listing = lambda rows, query: None if "marker" in query else rows
    assert toy.attempt() is MalformedError
    assert toy.held()["t0"]["version"] == toy.cloud.alive["t0"]["version"]
    assert "t2" in toy.held()


class TestRefused:
    def test_a_refused_candidate_is_read_again(self, toy):
        """Another sampler saw the entity while our answer was on its way."""
        other = toy.another()
        other.sweep()
        toy.cloud.update("t0")

        def meanwhile():
            toy.cloud.during = lambda: None
            toy.cloud.update("t0")
            other.read(["t0"])

        toy.cloud.during = meanwhile
        toy.sampler.sweep()
        assert toy.held()["t0"]["version"] == toy.cloud.alive["t0"]["version"]
        assert toy.ops()[5:] == [("update", "t0")]
        assert len(toy.sampler.doubts) == 0

    def test_what_is_refused_again_and_again_stays_in_doubt(self, toy, monkeypatch):
        real = toy.store.commit

        def always_refused(collection, ticket, candidates, **asked):
            if ticket >= 0 and any(each.id == "t0" for each in candidates):
                done = real(collection, -1, candidates, **asked)
                assert "t0" in done.refused
                return done
            return real(collection, ticket, candidates, **asked)

        monkeypatch.setattr(toy.store, "commit", always_refused)
        toy.cloud.update("t0")
        toy.sampler.sweep()
        assert toy.sampler.doubts.take(0.0).ids == ["t0"]

    def test_without_a_single_read_a_refusal_asks_for_another_listing(self, rig):
        made = rig(Grain)
        made.cloud.create("t0")
        made.sampler.sweep()
        assert not made.sampler.again
        made.cloud.update("t0")

        def meanwhile():
            made.cloud.during = lambda: None
            body = {**made.cloud.alive["t0"], "flag": "other"}
            ticket = made.store.head().revision
            candidate = Candidate(id="t0", digest=b"d" * 16, body=str(body).encode())
            candidate = Candidate(id="t0", digest=b"d" * 16, body=b'{"id": "t0"}')
            made.store.commit(made.collection, ticket, [candidate], sampled_at=0.0)

        made.cloud.during = meanwhile
        made.sampler.sweep()
        assert made.sampler.again
        made.sampler.sweep()
        assert not made.sampler.again
        assert made.held()["t0"]["version"] == made.cloud.alive["t0"]["version"]
