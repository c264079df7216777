"""A listener and a real broker: what it hears, what it leaves to others, what it survives."""

import logging
import time

import pytest

from synchronizer.testing.rabbit import Rabbit


class TestHearing:
    @pytest.mark.parametrize("priority", ["info", "warn", "error", "critical", "debug", "audit"])
    def test_every_priority_is_heard(self, listening, sender, priority):
        listener, heard = listening()
        sender.port(priority, priority)
        heard.await_id(priority)
        assert listener.flows()

    def test_every_topic_and_exchange_is_heard(self, listening, sending):
        _, heard = listening(exchanges=("neutron", "nova"), topics=("one", "two"))
        for exchange in ("neutron", "nova"):
            sending(exchange=exchange, topics=("one",)).port(f"{exchange}-one")
            sending(exchange=exchange, topics=("two",)).port(f"{exchange}-two")
        for id_ in ("neutron-one", "neutron-two", "nova-one", "nova-two"):
            heard.await_id(id_)

    def test_what_concerns_nothing_is_ignored(self, listening, sender):
        listener, heard = listening()
        sender.send("network.update.end", {"network": {"id": "n"}})
        sender.port("p")
        heard.await_id("p")
        assert listener.counts()[:3] == (2, 1, 0)
        assert listener.counts().ignored == 1

    def test_what_fails_here_is_not_delivered_again(self, listening, sender, caplog, eventually):
        # The command line, run by another test of this process, quiets it.
        caplog.set_level(logging.ERROR, "oslo_messaging")
        listener, heard = listening()
        heard.refused = "bad"
        sender.port("bad")
        sender.port("good")
        heard.await_id("good")
        assert heard.ids() == ["good"]
        assert listener.counts().received == 2
        # Several threads hear: that of the bad one may still be about to say so.
        eventually(lambda: "refused on purpose" in caplog.text)


class TestStealing:
    def test_nothing_is_taken_from_another_listener(
        self, listening, elsewhere, sending, eventually
    ):
        theirs = elsewhere(topic="shared")
        _, ours = listening("demo.neutron", topics=("shared",))
        _, nova = listening("demo.nova", topics=("shared",))
        sender = sending(topics=("shared",))
        for number in range(100):
            sender.port(str(number))
        wanted = [str(number) for number in range(100)]
        eventually(lambda: len(theirs) >= 100)
        ours.await_id("99")
        nova.await_id("99")
        assert theirs == ["port.update.end"] * 100
        assert ours.ids() == wanted
        assert nova.ids() == wanted

    def test_instances_share_what_comes(self, listening, sender, eventually):
        pairs = [listening(), listening()]
        for number in range(60):
            sender.port(str(number))
        eventually(lambda: sum(len(heard.told) for _, heard in pairs) >= 60)
        both = [id_ for _, heard in pairs for id_ in heard.ids()]
        assert sorted(both, key=int) == [str(number) for number in range(60)]


class TestQueues:
    def test_the_queue_goes_with_the_last_listener(self, listening, sender):
        (one, _), (two, heard) = listening(), listening()
        one.stop()
        assert sender.waiting(two.queue) == 0
        sender.port("still")
        heard.await_id("still")
        two.stop()
        assert sender.waiting(two.queue) is None

    def test_a_drained_topic_fills_no_queue(self, listening, sending, eventually):
        sender = sending(topics=("ours",))
        sender.port("before")  # makes the queue
        assert sender.waiting("ours.info") == 1
        _, heard = listening(topics=("ours",), drain=("ours",))
        sender.port("after")
        heard.await_id("after")
        eventually(lambda: sender.waiting("ours.info") == 0)


class TestDurableExchanges:
    """A cloud whose services have amqp_durable_queues or quorum queues."""

    @pytest.fixture
    def lasting(self, sending):
        sender = sending(exchange="lasting", topics=("lasting",), amqp_durable_queues="true")
        sender.port("exchange is made")
        return sender

    def test_they_are_heard_when_the_address_says_so(self, broker, lasting, listening):
        url = f"{broker.url}?amqp_durable_queues=true"
        _, heard = listening("lasting", url=url, exchanges=("lasting",), topics=("lasting",))
        lasting.port("p")
        heard.await_id("p")

    def test_else_the_log_says_what_to_do(self, lasting, listening, caplog, eventually):
        listener, _ = listening("lasting", exchanges=("lasting",), wait=False)
        eventually(lambda: "no notifications from" in caplog.text)
        assert "?amqp_durable_queues=true" in caplog.text
        assert not listener.counts().connected


class TestEnding:
    def test_it_ends_soon_when_idle(self, listening):
        """The supervisor kills what takes longer than four seconds."""
        listener, _ = listening()
        time.sleep(8)  # the longer it is idle, the longer oslo.messaging waits
        began = time.monotonic()
        listener.stop()
        assert time.monotonic() - began < 2.5
        assert not listener.counts().connected


class TestOutages:
    @pytest.fixture
    def own(self, installed, tmp_path):
        with Rabbit(tmp_path / "rabbit") as rabbit:
            yield rabbit

    def test_it_listens_again_after_the_broker_was_killed(
        self, own, listening, sending, eventually
    ):
        listener, heard = listening(url=own.url)
        own.kill()
        eventually(lambda: not listener.counts().connected)
        assert not listener.flows()
        own.start()
        eventually(lambda: listener.counts().connected, 60)
        sender = sending(url=own.url)
        # What is sent before the queue is made anew is lost: the broker kept nothing.
        eventually(lambda: sender.port("again") or heard.has("again", 0.5))

    def test_it_waits_for_a_broker_that_is_not_there(self, own, listening, eventually):
        own.stop()
        began = time.monotonic()
        listener, _ = listening(url=own.url, wait=False)
        assert time.monotonic() - began < 2
        assert not listener.counts().connected
        own.start()
        eventually(lambda: listener.counts().connected, 60)

    def test_it_ends_while_the_broker_is_away(self, own, listening):
        listener, _ = listening(url=own.url)
        own.kill()
        began = time.monotonic()
        listener.stop()
        assert time.monotonic() - began < 4

    def test_a_wrong_password_is_reported_and_not_shown(self, own, listening, caplog, eventually):
        caplog.set_level(logging.DEBUG)
        url = own.url.replace(own.password, "hunter2hunter2")
        listener, _ = listening(url=url, wait=False)
        eventually(lambda: "no notifications from" in caplog.text)
        assert not listener.counts().connected
        assert "hunter2" not in caplog.text
