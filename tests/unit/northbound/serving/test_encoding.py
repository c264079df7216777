import msgspec
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.change import Change
from synchronizer.model.entity import Collection, Entity
from synchronizer.northbound.serving import encoding
from synchronizer.store.contract import Record

RECORDS = st.builds(
    Record,
    collection=st.builds(Collection, st.text(), st.none() | st.text(), st.text()),
    id=st.text(),
    revision=st.integers(1, 9),
    op=st.sampled_from(["create", "update", "delete"]),
    previous=st.none() | st.integers(1, 9),
    sampled_at=st.floats(0, 4e9),
    changed=st.lists(st.text(), max_size=2),
    reason=st.none() | st.text(),
    body=st.dictionaries(st.text(), st.text(), max_size=2).map(msgspec.json.encode),
    position=st.integers(0, 9),
)


@given(st.lists(RECORDS), st.booleans())
def test_lines_are_the_entities_of_the_model(records, stale):
    lines = b"".join(encoding.entity_parts(records, stale, b"\n"))
    entities = msgspec.json.Decoder(Entity).decode_lines(lines)
    assert len(entities) == len(records)
    for entity, record in zip(entities, records, strict=True):
        assert entity.collection == record.collection
        assert (entity.id, entity.revision, entity.stale) == (record.id, record.revision, stale)
        assert entity.body == msgspec.json.decode(record.body)


@given(st.lists(RECORDS))
def test_changes_are_those_of_the_model(records):
    changes = msgspec.json.decode(b"[" + encoding.changes(records) + b"]", type=list[Change])
    for change, record in zip(changes, records, strict=True):
        assert (change.collection, change.id) == (record.collection, record.id)
        assert (change.op, change.previous) == (record.op, record.previous)
        assert (change.changed, change.reason) == (record.changed, record.reason)
        assert change.body == msgspec.json.decode(record.body)


@given(RECORDS, st.booleans())
def test_an_event_has_one_line_of_data(record, last):
    log = b"0123456789abcdef" if last else None
    text = b"".join(encoding.event(record.op, record, log))
    name, data, *rest = text.split(b"\n")
    assert name == b"event: " + record.op.encode()
    change = msgspec.json.decode(data.removeprefix(b"data: "), type=Change)
    assert (change.id, change.digest) == (record.id, log.hex() if last else None)
    # The body comes last, so that it can be cut out as it is by whoever adds up digests.
    assert data.endswith(b'"body":' + record.body + b"}")
    assert rest == ([b"id: %d" % record.revision, b"", b""] if last else [b"", b""])


def test_line_ends_between_tokens_become_spaces():
    assert encoding.flat(b'{\r\n"a": "b\\n"\n}') == b'{  "a": "b\\n" }'
