"""get all with ``max_age=0``: the cloud as it is now, by a process of its own."""

import os
import signal
import threading
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import pytest

ALL_NOW = "/v1/entities?type=nova.server&limit=1000&max_age=0"
LISTING = "GET /compute/v2.1/servers/detail"


@pytest.fixture(scope="module")
def lazy(slow_service):
    """A service that samples once an hour by itself."""
    return slow_service


def ids(answer):
    return {each["id"] for each in answer["entities"]}


def listings(cloud):
    """Return how many pages of servers the cloud was asked for."""
    return cloud.calls()["families"].get(LISTING, {"calls": 0})["calls"]


def on_demand(service):
    return service.family() - {service.process.pid} - set(service.children())


def test_it_answers_what_is_newer_than_the_question(lazy, world, cloud):
    for _ in range(2):
        (created,) = cloud.mutate("create", "nova.server")
        assert created in ids(world.ask(lazy.url, ALL_NOW))
    assert not on_demand(lazy)


def test_a_question_during_a_run_is_not_answered_by_it(lazy, world, cloud, eventually):
    """The run that is under way may have read the page before the server was there."""
    fault = cloud.fault("slow", path_regex="servers/detail", seconds=2)
    before = listings(cloud)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(world.ask, lazy.url, ALL_NOW)
        eventually(lambda: listings(cloud) > before)
        cloud.clear_faults(fault)
        cloud.fault("slow", path_regex="servers/detail", seconds=0.5)
        (created,) = cloud.mutate("create", "nova.server")
        later = [pool.submit(world.ask, lazy.url, ALL_NOW) for _ in range(3)]
        for each in later:
            assert created in ids(each.result())
        first.result()


def test_callers_at_a_time_share_a_run(lazy, world, cloud):
    cloud.clear_calls()
    world.ask(lazy.url, ALL_NOW)
    alone = listings(cloud)
    cloud.clear_calls()
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: world.ask(lazy.url, ALL_NOW), range(12)))
    assert len({frozenset(ids(answer)) for answer in answers}) == 1
    # A late one may have needed a second run, which all the others that waited share.
    assert alone <= listings(cloud) <= 2 * alone


def test_it_uses_a_process_of_its_own(lazy, world, cloud, eventually):
    samplers = lazy.children()
    cloud.fault("slow", path_regex="servers/detail", seconds=1)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(world.ask, lazy.url, ALL_NOW)
        eventually(lambda: on_demand(lazy))
        answer.result()
    eventually(lambda: not on_demand(lazy))
    assert lazy.children() == samplers


def test_a_fresh_enough_answer_costs_no_call(lazy, world, cloud):
    world.ask(lazy.url, ALL_NOW)
    cloud.clear_calls()
    assert world.ask(lazy.url, ALL_NOW.replace("max_age=0", "max_age=60"))["entities"]
    assert listings(cloud) == 0


def test_a_service_that_fails_is_told(lazy, world, cloud):
    cloud.fault("status", path_regex="servers/detail", status=500)
    with pytest.raises(urllib.error.HTTPError) as caught:
        world.ask(lazy.url, ALL_NOW)
    with caught.value as error:
        assert error.code == 503
        assert b"synchronizer.sample" in error.read()
    cloud.clear_faults()
    assert world.ask(lazy.url, ALL_NOW)["entities"]
    assert world.types(lazy.url)["nova.server"]["fault"] is None


def test_periodic_sampling_goes_on_beside_it(serve, world, cloud, eventually):
    service = serve()
    told = []
    hanging = threading.Thread(target=_hang_on, args=(world, service.url, told))
    fault = cloud.fault("slow", path_regex="flavors/detail", seconds=5)  # it cannot end before
    hanging.start()
    (process,) = eventually(lambda: on_demand(service))
    os.kill(process, signal.SIGSTOP)
    cloud.clear_faults(fault)
    for _ in range(2):
        moment = max(each["sampled_at"] for each in world.types(service.url).values())
        eventually(lambda m=moment: world.fresh_since(service.url, m), 30, service.said)
    assert hanging.is_alive()
    code, seconds = service.stop()
    hanging.join(20)
    assert code == 0
    assert seconds < 5
    assert not service.family(), "the run on demand ends with the service"
    ((status, body),) = told
    assert status == 503
    assert b"ask again when it is back" in body


def _hang_on(world, url, told):
    with pytest.raises(urllib.error.HTTPError) as caught:
        world.ask(url, "/v1/entities?type=nova.flavor&max_age=0")
    with caught.value as error:
        told.append((error.code, error.read()))
