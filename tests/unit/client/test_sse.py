"""The event stream parser against the WHATWG standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.client.sse import Message, Parser


def parsed(*pieces):
    parser = Parser()
    return [message for piece in pieces for message in parser.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        # The standard's own examples, section 9.2.6.
        (
            b": test\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            [Message("message", b"first event", "1"), Message("message", b"second event", "")],
        ),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Message("message", b"YHOO\n+2\n10", None)]),
        (
            b"data\n\ndata\ndata\n\ndata:",
            [Message("message", b"", None), Message("message", b"\n", None)],
        ),
        (
            b"data:test\n\ndata: test\n\n",
            [Message("message", b"test", None)] * 2,
        ),
        # Line ends, comments, unknown fields, the byte order mark.
        (b"event: a\r\ndata: 1\r\n\r\n", [Message("a", b"1", None)]),
        (b"event: a\rdata: 1\r\r", [Message("a", b"1", None)]),
        (b"\xef\xbb\xbfdata: 1\n\n", [Message("message", b"1", None)]),
        (b":\n:x\nnobody: knows\ndata: 1\n\n", [Message("message", b"1", None)]),
        (b"event: a\n\ndata: 1\n\n", [Message("message", b"1", None)]),
        (b"id: a\0b\ndata: 1\n\n", [Message("message", b"1", None)]),
        (b"data: 1", []),
        (b"data: 1\n", []),
        (b"", []),
    ],
)
def test_a_stream_is_taken_apart_as_the_standard_says(stream, messages):
    assert parsed(stream) == messages
    assert parsed(*(stream[n : n + 1] for n in range(len(stream)))) == messages


def test_the_last_id_stays_and_half_a_message_does_not_count():
    parser = Parser()
    parser.feed(b"id: 7\n\ndata: x\n\nid: 8\ndata: half")
    assert parser.last_id == "7"
    parser.feed(b"\n\n")
    assert parser.last_id == "8"


def test_the_reconnection_time_is_kept_when_it_is_a_number():
    parser = Parser()
    parser.feed(b"retry: 50\n\nretry: soon\n\n")
    assert parser.retry == 50


line_ends = st.sampled_from([b"\n", b"\r", b"\r\n"])
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@st.composite
def streams(draw):
    """A stream in one of many spellings, and the messages in it."""
    # One kind for each stream: a CR that ends a line and a LF that ends the next are one end.
    end, wanted, stream = draw(line_ends), [], b""
    for _ in range(draw(st.integers(0, 5))):
        data = draw(st.lists(texts, min_size=1, max_size=3))
        event = draw(st.none() | texts)
        id_ = draw(st.none() | texts)
        lines = [f"data: {each}" for each in data]
        if event is not None:
            lines.append(f"event: {event}")
        if id_ is not None:
            lines.append(f"id: {id_}")
        lines += [f":{each}" for each in draw(st.lists(texts, max_size=2))]
        # The order of fields is free, that of the data lines is not.
        order = draw(st.permutations(range(len(lines))))
        kept = iter([line for line in lines if line.startswith("data:")])
        for line in (lines[n] for n in order):
            chosen = next(kept) if line.startswith("data:") else line
            stream += chosen.encode() + end
        stream += end
        wanted.append(Message(event or "message", "\n".join(data).encode(), id_))
    return stream, wanted


@given(streams(), st.data())
def test_where_the_pieces_are_cut_makes_no_difference(made, data):
    stream, wanted = made
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parsed(*pieces) == wanted


@given(st.binary(max_size=80), st.integers(0, 80))
def test_any_bytes_give_the_same_messages_in_two_pieces_as_in_one(noise, cut):
    assert parsed(noise[:cut], noise[cut:]) == parsed(noise)
