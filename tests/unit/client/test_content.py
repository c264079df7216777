"""What a mirror holds is compared with what bookmarks say that it should hold."""

import threading

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synchronizer.client import Bookmark, Mirror
from synchronizer.client.mirror_state import MirrorState, shelved
from synchronizer.model.backoff import Backoff
from synchronizer.model.digests import element
from synchronizer.model.entity import Collection, Entity
from synchronizer.model.status import ContentDigest
from synchronizer.testing.writing import PORTS, PROJECTS, SERVERS, as_truth, truth, write

WAIT = 10
PLACES = [SERVERS, PORTS, PROJECTS]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
bodies = st.dictionaries(st.text(max_size=3), values, max_size=3)


def mirror_of(transport, *types, **options):
    return Mirror(transport, types, backoff=Backoff(0.01, 0.05), **options)


def until(condition):
    for _ in range(WAIT * 100):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")


def changed(value, chance):
    """Return a JSON value with one thing in it changed."""
    if isinstance(value, dict) and value:
        name = chance.draw(st.sampled_from(sorted(value)))
        return {**value, name: changed(value[name], chance)}
    return f"not {value!r}"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    batches=st.lists(
        st.tuples(
            st.sampled_from(PLACES),
            st.dictionaries(st.text(min_size=1, max_size=3), st.none() | bodies, max_size=4),
        ),
        max_size=6,
    ),
    asked=st.tuples(
        st.sets(st.sampled_from([each.type for each in PLACES])), st.none() | st.just("region")
    ),
    middle=st.integers(0, 6),
    chance=st.data(),
)
def test_whatever_was_committed_the_digests_agree_until_a_byte_is_changed(
    new_store, transport_of, batches, asked, middle, chance
):
    """Listed up to some commit and followed from there, of some types and places."""
    (types, region), store = asked, new_store()
    transport = transport_of(store)
    for place, batch in batches[:middle]:
        write(store, batch, place)
    held = MirrorState()
    with transport.get_all(sorted(types), region=region) as listing:
        held.adopt(listing.epoch, listing.revision, shelved(listing), listing.digest)
    with transport.watch(held.revision, sorted(types), region=region) as watch:
        for place, batch in batches[middle:]:
            write(store, batch, place)
        last = store.head().revision
        contents = []
        for item in watch:
            if not isinstance(item, Bookmark):
                held.offer(item)
                continue
            held.commit(item.revision, item.digest)
            contents = item.contents
            assert held.differing(contents, 0.0) == []
            if contents and item.revision == last:
                break
    assert {each.collection for each in contents} == {
        each for each in PLACES if not types or each.type in types
    }
    assert held.digest == store.head().digest.hex()
    entities = [each for shelf in held.shelves.values() for each in shelf.values()]
    if not entities:
        return
    victim = chance.draw(st.sampled_from(entities))
    shelf = held.shelves[victim.collection]
    field = chance.draw(st.sampled_from(["body", "id", "revision", "lost"]))
    if field == "lost":
        del shelf[victim.id]
    elif field == "id":
        shelf[victim.id] = msgspec.structs.replace(victim, id=victim.id + "x")
    elif field == "revision":
        shelf[victim.id] = msgspec.structs.replace(victim, revision=victim.revision ^ 1)
    else:
        shelf[victim.id] = msgspec.structs.replace(victim, body=changed(victim.body, chance))
    assert held.differing((), 1e9) == [victim.collection]


@pytest.mark.parametrize("place", [SERVERS, PORTS, PROJECTS], ids=str)
def test_a_mirror_mends_itself_within_a_bookmark(store, transport, place):
    """It is counted, told and repaired, and consumers hear what was wrong as changes."""
    for each in PLACES:
        write(store, {"a": {"n": 1}, "b": {"n": [1, {"m": "x"}]}}, each)
    told, wrong = [], []
    with mirror_of(transport, on_change=told.append, on_mismatch=wrong.append) as mirror:
        assert mirror.wait_synced(WAIT)
        until(lambda: len(told) == 6)
        mirror._contents.shelves[place]["b"].body["n"][1]["m"] = "y"
        until(lambda: mirror.statistics.mismatches == 1 and mirror.statistics.relists == 1)
        until(lambda: len(told) == 7)
        assert as_truth(mirror.values()) == truth(store, store.head().revision)
        until(lambda: mirror.fault is None)
    assert wrong == [place]
    assert (told[6].op, told[6].id, told[6].changed) == ("update", "b", ["n"])


def test_a_mismatch_that_listing_does_not_mend_is_no_endless_listing(store, transport, caplog):
    """A synchronizer that adds up wrongly is said so, and not asked for everything again."""

    class Wrong:
        def __getattr__(self, name):
            return getattr(transport, name)

        def watch(self, *args, **kwargs):
            stream = transport.watch(*args, **kwargs)
            stream._items = (
                item._replace(contents=(ContentDigest(**SERVERS._asdict(), content="0" * 32),))
                if isinstance(item, Bookmark) and item.contents
                else item
                for item in stream._items
            )
            return stream

    write(store, {"a": {}})
    with mirror_of(Wrong()) as mirror:
        until(lambda: mirror.statistics.mismatches > 3)
        assert mirror.statistics.relists == 1
        assert "is not what the bookmark says" in str(mirror.fault)
        last = write(store, {"a": {"n": 1}})
        assert mirror.wait_revision(last, WAIT)
    assert "is not what the bookmark says" in caplog.text


def test_a_synchronizer_that_tells_no_digests_is_mirrored_as_before(store, transport):
    """An earlier release: it takes no digest, and gives none."""

    class Earlier:
        def __getattr__(self, name):
            return getattr(transport, name)

        def get_all(self, *args, **kwargs):
            listing = transport.get_all(*args, **kwargs)
            listing.digest = None
            return listing

        def watch(self, since, types=(), *, cloud=None, region=None):
            stream = transport.watch(since, types, cloud=cloud, region=region)
            stream._items = (self.earlier(each) for each in stream._items)
            return stream

        def earlier(self, item):
            if isinstance(item, Bookmark):
                return Bookmark(item.revision)
            return msgspec.structs.replace(item, digest=None)

    write(store, {"a": {}})
    with mirror_of(Earlier()) as mirror:
        assert mirror.wait_synced(WAIT)
        transport.cut()
        last = write(store, {"a": {"n": 1}, "b": {}})
        assert mirror.wait_revision(last, WAIT)
        assert as_truth(mirror.values()) == truth(store, last)
        assert (mirror.digest, mirror.statistics.mismatches) == (None, 0)


def test_the_definition_is_ten_lines():
    """Those of the reference: whoever writes a consumer can copy them."""
    line = (
        '{"cloud":"c","region":null,"type":"keystone.user","id":"u","revision":7,'
        '"sampled_at":"x","stale":false,"body":{"id":"u","name":"\\"body\\":é"}}'
    )
    from hashlib import blake2b  # noqa: PLC0415 - part of the example

    entity = msgspec.json.decode(line)
    body = line[line.index('"body":') + 7 : -1]
    named = (entity["cloud"], entity["region"] or "", entity["type"], entity["id"])
    text = "\0".join((*named, str(entity["revision"]), body))
    digest = blake2b(text.encode(), digest_size=16).digest()
    place = Collection("c", None, "keystone.user")
    assert digest == element(place, "u", 7, body.encode())
    assert msgspec.convert(entity, Entity).collection == place
