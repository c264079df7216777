"""The listener without a broker: what it makes of messages, and of a wrong configuration."""

import json
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.errors import ConfigurationError
from synchronizer.plugins.hints import Hint, Hints
from synchronizer.plugins.plugin import Resource
from synchronizer.sampling.notifications.listener import Listener, Notifications
from synchronizer.sampling.notifications.oslo import BODY_LIMIT, decode

URL = "rabbit://someone:s3cret@127.0.0.1:1/"


class Row(Resource):
    plugin, name, path, key = "p", "row", "/rows", "rows"
    hints = (
        Hint("row.*", "id", "rows.*.id", whole="row"),
        Hint("row.delete", "id", gone=True),
        Hint("table.*"),
    )


def listener(**more):
    settings = Notifications(**{"transport_url": URL, **more})
    return Listener(settings, ["p"], Hints([Row()]), name="demo.p")


@pytest.fixture
def hearing():
    """A listener that was not started, and what it told."""
    made, told = listener(), []
    made._told = lambda *what: told.append(what)

    def hear(body):
        found = decode(body)
        made._heard(found["event_type"], found["payload"])
        return told, made.counts()

    return hear


def body(event_type, payload, **more):
    message = {"event_type": event_type, "payload": payload, **more}
    return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(message)}).encode()


class TestMessages:
    def test_type_ids_and_whole_entities_are_told(self, hearing):
        row = {"id": "a", "more": 1}
        told, counts = hearing(body("row.update", {"id": "a", "row": row}))
        assert told == [("p.row", ("a",), (row,), False)]
        assert counts[:3] == (1, 1, 0)

    def test_some_entity_of_the_type_is_told_without_ids(self, hearing):
        assert hearing(body("table.update", {}))[0] == [("p.row", (), (), False)]

    def test_that_something_was_deleted_is_told(self, hearing):
        told, _ = hearing(body("row.delete", {"id": "a"}))
        assert ("p.row", ("a",), (), True) in told

    def test_what_names_nobody_is_ignored(self, hearing):
        told, counts = hearing(body("row.update", {"id": None}))
        assert told == []
        assert (counts.ignored, counts.malformed) == (1, 0)

    def test_the_payload_of_what_concerns_nothing_is_not_even_decoded(self, hearing):
        nested = '{"a":' * 100 + "1" + "}" * 100
        raw = decode(f'{{"event_type": "other", "payload": {nested}}}')["payload"]
        assert raw == nested.encode()
        assert hearing(body("other", {}))[1].ignored == 1

    def test_the_context_of_the_sender_is_dropped(self):
        found = decode(body("row.update", {"id": "a"}, _context_auth_token="t0ken"))
        assert "t0ken" not in repr(found)

    def test_what_is_larger_than_the_limit_is_malformed(self, hearing):
        for size, malformed in ((BODY_LIMIT - 1000, 0), (BODY_LIMIT, 1)):
            _, counts = hearing(body("row.update", {"id": "a", "more": "x" * size}))
            assert counts.malformed == malformed

    @given(st.binary() | st.text())
    def test_any_bytes_are_decoded_or_malformed(self, data):
        found = decode(data)
        assert isinstance(found["payload"], bytes)
        assert found["event_type"] is None or isinstance(found["event_type"], str)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(
                        ["oslo.version", "oslo.message", "event_type", "payload", "id"]
                    ),
                    inner,
                )
            ),
        )
    )
    def test_any_json_is_heard_without_an_error(self, value):
        made = listener()
        for text in (json.dumps(value), json.dumps({"oslo.message": json.dumps(value)})):
            found = decode(text.encode())
            made._heard(found["event_type"], found["payload"])
        assert made.counts().received == 2

    def test_after_its_end_nothing_is_told(self):
        made, told = listener(), []
        made._told = lambda *what: told.append(what)
        made.stop()
        made._heard("row.update", b'{"id": "a"}')
        assert told == []


class TestConfiguration:
    def test_its_queue_is_named_after_cloud_and_plugin(self):
        assert listener().queue == "synchronizer.demo.p"
        assert listener(pool="staging").queue == "staging.demo.p"

    @pytest.mark.parametrize(
        "url",
        ["", "nonsense", "http://u:s3cret@h/", "rabbit://u:s3cret@h:port/", "rabbit://u:s3cret@[/"],
    )
    def test_an_address_that_cannot_be_used_is_refused_and_not_shown(self, url):
        with pytest.raises(ConfigurationError, match="transport_url") as caught:
            listener(transport_url=url)
        assert "s3cret" not in str(caught.value)

    def test_an_unknown_option_in_the_address_is_refused(self):
        with pytest.raises(ConfigurationError, match="transport_url"):
            listener(transport_url=f"{URL}?rabbit_qos_prefetch_count=many")

    @pytest.mark.parametrize("wrong", [{"pool": ""}, {"topics": ()}])
    def test_without_pool_or_topics_it_is_refused(self, wrong):
        with pytest.raises(ConfigurationError, match="pool"):
            listener(**wrong)

    def test_the_settings_do_not_show_the_password(self):
        assert "s3cret" not in repr(Notifications(transport_url=URL))

    def test_the_settings_pass_through_a_pipe(self):
        settings = Notifications(transport_url=URL, topics=("a",), drain=("a",))
        assert msgspec.json.decode(msgspec.json.encode(settings), type=Notifications) == settings

    def test_without_the_extra_it_says_what_to_install(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "oslo_service", None)
        with pytest.raises(ConfigurationError, match=r"openstack-synchronizer\[messaging\]"):
            listener()

    def test_it_does_not_connect_before_it_is_started_and_ends_even_so(self):
        made = listener()
        assert not made.counts().connected
        assert not made.flows()
        made.stop()


ALONE = """
import sys
sys.modules["eventlet"] = None
from synchronizer.sampling.notifications.oslo import Bus
assert "oslo_messaging" not in sys.modules
bus = Bus("rabbit://someone:s3cret@127.0.0.1:1/")
server = bus.server(["p"], ["notifications"], "q", print)
assert server.executor_type == "threading", server.executor_type
"""


def test_it_needs_no_eventlet_and_imports_nothing_before_it_is_made():
    done = subprocess.run(
        [sys.executable, "-c", ALONE], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
