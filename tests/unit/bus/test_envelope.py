import json
from datetime import UTC, datetime

import msgspec
import pytest

from synchronizer.bus.envelope import WRAPS, BusMessage, cloud_event, notification, opened
from synchronizer.bus.topics import routing_key, topic_of

PAYLOAD = b'{"a":"\\u00e9\\"\xc3\xa9"}'
LETTER = BusMessage(topic_of("nova.server"), "nova.server.update", PAYLOAD, "e-7-1", "id/1")
THEN = datetime(2026, 11, 28, 1, 2, 3, 250000, UTC)


def test_a_notification_is_what_oslo_messaging_sends():
    outer = json.loads(notification(LETTER, "synchronizer.host", THEN))
    assert outer["oslo.version"] == "2.0"
    inner = json.loads(outer["oslo.message"])
    assert inner["event_type"] == "nova.server.update"
    assert inner["publisher_id"] == "synchronizer.host"
    assert inner["priority"] == "INFO"
    assert inner["timestamp"] == "2026-11-28 01:02:03.250000"
    assert inner["payload"] == {"a": 'é"é'}
    assert inner["message_id"] == "e-7-1"


def test_a_notification_is_read_again():
    found = opened(notification(LETTER, "x", THEN))
    assert found.event_type == LETTER.event_type
    assert json.loads(found.payload) == json.loads(LETTER.payload)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"oslo.message":3}',
        b'{"oslo.message":"[]"}',
        b'{"oslo.message":"{}"}',
        b'{"oslo.message":"{\\"event_type\\":1,\\"payload\\":{}}"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_notification_is_refused(body):
    with pytest.raises((msgspec.MsgspecError, UnicodeError, RecursionError)):
        opened(body)


def test_a_cloud_event_has_what_its_format_asks_for():
    event = json.loads(cloud_event(LETTER, "synchronizer.host", THEN))
    assert event == {
        "specversion": "1.0",
        "id": "e-7-1",
        "source": "/synchronizer.host",
        "type": "nova.server.update",
        "subject": "id/1",
        "time": "2026-11-28T01:02:03.250000Z",
        "datacontenttype": "application/json",
        "data": {"a": 'é"é'},
    }


def test_each_envelope_has_its_content_type():
    assert WRAPS["oslo"][0] == "application/json"
    assert WRAPS["cloudevents"][0] == "application/cloudevents+json"


def test_a_routing_key_is_topic_and_priority():
    assert routing_key(topic_of("nova.server")) == "synchronizer.nova.server.info"
