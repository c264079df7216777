"""The doors to the message bus as processes of an instance."""

import contextlib
import os
import signal

import pytest

from synchronizer.client import Mirror
from synchronizer.client.bus import BusTransport
from synchronizer.model.errors import TransportError

pytestmark = [
    # oslo.messaging and kombu leave sockets that broke to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def over_bus(rabbit, tmp_path):
    """Options of a bus of this test's own, and a transport to it."""
    name = f"service-{tmp_path.name}"
    transport = BusTransport(rabbit.url, exchange=name, timeout=20, watch_timeout=5)
    yield {"url": rabbit.url, "exchange": name, "bookmark_interval": 1}, transport
    transport.close()


def answers(transport):
    """Whether somebody answers there; a call that no queue takes comes back at once."""
    with contextlib.suppress(TransportError):
        return bool(transport.types())
    return False


def test_an_instance_serves_both_doors_and_a_killed_one_comes_again(
    serve, world, cloud, over_bus, eventually
):
    options, transport = over_bus
    service = serve({"bus": options})
    with (
        Mirror(transport, ["nova.server"]) as over,
        service.mirror(["nova.server"]) as beside,
    ):
        assert over.wait_synced(60), over.fault
        assert beside.wait_synced(60), beside.fault
        for role in ("relay", "rpc"):
            pid = service.child(role)
            os.kill(pid, signal.SIGKILL)
            (made,) = cloud.mutate("create", "nova.server")
            eventually(lambda made=made: made in over.of("nova.server"), 60, service.said)
            service.child(role, other_than=pid)
        eventually(lambda: over.revision == beside.revision, 30)
        assert dict(over.items()) == dict(beside.items())
        assert over.statistics.relists == 0
    code, _ = service.stop()
    assert (code, service.family()) == (0, set())


def test_the_live_get_all_of_the_blueprint_samples_first(serve, cloud, over_bus):
    options, transport = over_bus
    serve({"bus": options, "sampling": {"sweep_interval": 3600, "poll_interval": 3600}})
    (made,) = cloud.mutate("create", "nova.server")
    with transport.get_all(["nova.server"], max_age=0) as answer:
        assert made in {entity.id for entity in answer}
    (made,) = cloud.mutate("create", "nova.server")
    assert transport.sweep("nova.server").state == "current"
    assert transport.entity("nova.server", made).id == made


def test_a_bus_is_turned_on_and_off_by_a_reload(serve, over_bus, eventually):
    options, transport = over_bus
    service = serve()
    assert not {"relay", "rpc"} & set(service.children().values())
    service.configure({**service.options, "bus": options})
    os.kill(service.process.pid, signal.SIGHUP)
    relay = service.child("relay")
    eventually(lambda: answers(transport), 30, service.said)
    service.configure(service.options)
    os.kill(service.process.pid, signal.SIGHUP)
    eventually(lambda: not {"relay", "rpc"} & set(service.children().values()), 30, service.said)
    assert relay not in service.family()
    impatient = BusTransport(options["url"], exchange=options["exchange"], timeout=1)
    with pytest.raises(TransportError):
        impatient.types()
    impatient.close()
