"""What no service would send: dropped and counted, and the next good message is heard."""

import gzip
import json
import zlib
from pathlib import Path
from uuid import uuid4

import pytest

from synchronizer.sampling.notifications.listener import Counts
from synchronizer.sampling.notifications.oslo import BODY_LIMIT, PREFETCH

DEEP = 10_000
TIMES = 3 * PREFETCH


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


def quoted(text):
    return b'{"oslo.version":"2.0","oslo.message":' + json.dumps(text).encode() + b"}"


def inner(event_type, payload):
    return f'{{"event_type": {event_type}, "priority": "INFO", "payload": {payload}}}'


BROKEN = {
    "no JSON": b"\x00\x01\x02 nonsense",
    "cut": b'{"oslo.version": "2.0", "oslo.mess',
    "no UTF-8": b'{"oslo.version": "2.0", "oslo.message": "\xff\xfe"}',
    "a list": b"[1, 2, 3]",
    "a number": b"7",
    "no message in the envelope": b'{"oslo.version": "2.0"}',
    "a message that is no text": b'{"oslo.version": "2.0", "oslo.message": {"event_type": 1}}',
    "a message that is no JSON": quoted("nonsense"),
    "a message that is a list": quoted("[]"),
    "no event type": quoted('{"payload": {}, "priority": "INFO"}'),
    "an event type that is a number": quoted(inner("7", "{}")),
    "an event type that is null": quoted(inner("null", "{}")),
    "no payload": quoted('{"event_type": "port.update.end"}'),
    "a payload that is a list": quoted(inner('"port.update.end"', "[]")),
    "a payload that is null": quoted(inner('"port.update.end"', "null")),
    "a payload that names nothing": quoted(inner('"port.update.end"', "{}")),
    "an id that is a list": quoted(inner('"port.update.end"', '{"port": {"id": [1]}}')),
    "an id of a kilobyte": quoted(
        inner('"port.update.end"', f'{{"port": {{"id": "{"x" * 1000}"}}}}')
    ),
    "an id with a NUL": quoted(inner('"port.update.end"', '{"port": {"id": "a\\u0000"}}')),
    "an id that is half a letter": quoted(
        inner('"port.update.end"', '{"port": {"id": "\\ud800"}}')
    ),
    "a deep payload": quoted(inner('"port.update.end"', nested(DEEP).decode())),
    "a deep list": quoted(inner('"port.update.end"', "[" * DEEP + "]" * DEEP)),
    "a deep envelope": nested(DEEP),
    "brackets without end": b"[" * 100_000,
}


def memory():
    """Return this process's memory in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) >> 10


@pytest.fixture(scope="module")
def line(module_listening, module_sender):
    """One listener for all; at the end nothing may be left that was not acknowledged."""
    listener, heard = module_listening()
    yield listener, heard
    second, leftover = module_listening()
    listener.stop()
    module_sender.port("fresh")
    leftover.await_id("fresh")
    assert leftover.ids() == ["fresh"]
    assert second.counts().received == 1


@pytest.fixture
def heard_after(line, module_sender, envelope):
    """Send what is given, then a good message; return what was counted of all."""
    listener, heard = line

    def send(*messages):
        before = listener.counts()
        good = uuid4().hex
        for body, properties in messages:
            module_sender.raw(body, **properties)
        module_sender.raw(envelope("port.update.end", {"port": {"id": good}}))
        heard.await_id(good, 60)
        assert heard.ids()[-1] == good
        after = listener.counts()
        assert after.connected
        return Counts(*(new - old for new, old in zip(after[:3], before[:3], strict=True)), True)

    return send


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_message_is_dropped_and_counted(heard_after, body):
    counts = heard_after(*[(body, {})] * TIMES)
    assert counts.malformed == TIMES
    assert counts.hinted == 1
    assert counts.received == TIMES + 1


@pytest.mark.parametrize(
    "kind", ["application/x-python-serialize", "application/x-yaml", "text/plain", "image/png"]
)
def test_another_content_type_is_dropped(heard_after, kind):
    """oslo.messaging refuses it before it could be counted."""
    counts = heard_after(*[(b"cos\nsystem\n(S'false'\ntR.", {"content_type": kind})] * TIMES)
    assert counts.hinted == 1


def test_unknown_event_types_are_ignored(heard_after, envelope):
    bodies = [envelope(f"unheard.of.{number}", {"id": number}) for number in range(TIMES)]
    bodies.append(envelope("x" * 1_000_000, {}))
    counts = heard_after(*[(body, {}) for body in bodies])
    assert (counts.ignored, counts.malformed) == (TIMES + 1, 0)


def test_an_unknown_version_of_an_object_is_dropped_unless_it_names_its_entity(
    heard_after, envelope
):
    def versioned(data):
        wrapped = {
            "nova_object.name": "PortPayload",
            "nova_object.namespace": "nova",
            "nova_object.version": "99.0",
            "nova_object.data": data,
        }
        return envelope("port.update.end", {"port": wrapped}), {}

    counts = heard_after(versioned({"id": "p"}), versioned({"identity": "p"}))
    assert (counts.hinted, counts.malformed) == (2, 1)


def test_duplicates_do_not_fill_the_window(heard_after, envelope):
    """oslo.messaging by itself would neither pass on nor acknowledge them."""
    body = envelope("port.update.end", {"port": {"id": "p"}}, _unique_id="the same")
    counts = heard_after(*[(body, {})] * TIMES)
    assert counts.hinted == TIMES + 1


def test_a_message_without_envelope_is_understood(heard_after):
    body = inner('"port.update.end"', '{"port": {"id": "old"}}').encode()
    assert heard_after((body, {})).hinted == 2


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress], ids=["zlib", "gzip"])
def test_a_bomb_does_not_go_off(heard_after, pack):
    bomb = pack(b"0" * 500_000_000)
    before = memory()
    counts = heard_after(*[(bomb, {"headers": {"compression": "application/x-gzip"}})] * 5)
    assert counts.hinted == 1
    assert memory() - before < 60


def test_a_compressed_message_is_understood(heard_after, envelope):
    body = zlib.compress(envelope("port.update.end", {"port": {"id": "p"}}))
    assert heard_after((body, {"headers": {"compression": "application/x-gzip"}})).hinted == 2


def test_the_largest_that_is_looked_into_is_bounded(heard_after, envelope):
    body = envelope("port.update.end", {"port": {"id": "p"}, "more": "x" * BODY_LIMIT})
    counts = heard_after((body, {}))
    assert (counts.malformed, counts.hinted) == (1, 1)


def test_a_hundred_megabytes_are_dropped(heard_after):
    body = b'{"oslo.version":"2.0","oslo.message":"' + b"[]," * 35_000_000
    counts = heard_after((body, {}))
    assert (counts.malformed, counts.hinted) == (1, 1)
