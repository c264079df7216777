"""The governor over several processes: one rate, one number in flight, one mood for all.

The service is a real HTTP server that counts for itself; the processes are real ones that
share nothing but a folder, and die at any instant.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from synchronizer.model.errors import ThrottledError
from synchronizer.sampling.limits.governor import Governor
from synchronizer.sampling.limits.shared_state import ServiceState

PEER = """
import json, sys, threading, time, urllib.error, urllib.request
from synchronizer.sampling.limits.governor import Governor

folder, rate, in_flight, url = sys.argv[1:]
governor = Governor(
    calls_per_second=float(rate), in_flight=int(in_flight), sleep=time.sleep, folder=folder
)

def get():
    with governor.gate("s") as turn:
        begun, size, retry_after = time.monotonic(), 0, None
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                status, size = answer.status, len(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                status, retry_after = error.code, float(error.headers["Retry-After"])
        took = time.monotonic() - begun
        turn.done(seconds=took, size=size, status=status, retry_after=retry_after)

def many(calls):
    for _ in range(calls):
        get()

def held():
    with governor.gate("s") as turn:
        outcome = yield
        turn.done(**outcome)

def storm():
    while True:
        with governor.gate("s") as turn:
            turn.done(seconds=0.01, size=1, status=200, retry_after=None)

for line in sys.stdin:
    verb, _, said = line.partition(" ")
    if verb == "enter":
        inside = held()
        next(inside)
    elif verb == "done":
        try:
            inside.send(json.loads(said))
        except StopIteration:
            pass
    elif verb == "storm":
        threading.Thread(target=storm, daemon=True).start()
    else:
        threads = [threading.Thread(target=many, args=(json.loads(said),)) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    print(time.monotonic(), flush=True)
"""


class Service(ThreadingHTTPServer):
    """Counts what is asked of it; answers after *delay* seconds, with *throttles* first."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Asked)
        self.lock = threading.Lock()
        self.arrivals = []
        self.inside = self.most = 0
        self.delay = 0.0
        self.throttles = []


class Asked(BaseHTTPRequestHandler):
    def do_GET(self):
        service = self.server
        with service.lock:
            service.arrivals.append(time.monotonic())
            service.inside += 1
            service.most = max(service.most, service.inside)
            throttle = service.throttles.pop() if service.throttles else None
        time.sleep(service.delay)
        with service.lock:
            service.inside -= 1  # before the answer: the next call may be here at once
        self.send_response(200 if throttle is None else 429)
        if throttle is not None:
            self.send_header("Retry-After", str(throttle))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Peer:
    """A process with a governor of its own over the shared folder."""

    def __init__(self, folder, rate, in_flight, url=""):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PEER, folder, str(rate), str(in_flight), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, verb, said=None):
        self.process.stdin.write(f"{verb} {json.dumps(said)}\n")
        self.process.stdin.flush()

    def answer(self):
        """Wait until it has done what it was told; return when that was."""
        return float(self.process.stdout.readline())

    def do(self, verb, said=None):
        self.tell(verb, said)
        return self.answer()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def service():
    served = Service()
    thread = threading.Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def peers(tmp_path, service):
    """Start processes over one folder; none outlives the test."""
    with ExitStack() as stack:

        def start(*, rate=1e6, in_flight=4):
            url = f"http://127.0.0.1:{service.server_port}/"
            peer = Peer(str(tmp_path), rate, in_flight, url)
            stack.callback(peer.kill)
            return peer

        yield start


@pytest.fixture
def governor(tmp_path):
    """A governor of this process over the same folder."""

    def make(*, rate=1e6, in_flight=4):
        return Governor(
            calls_per_second=rate, in_flight=in_flight, sleep=time.sleep, folder=str(tmp_path)
        )

    return make


def together(*told):
    """Let processes do something at the same time; return when all have."""
    for peer, verb, said in told:
        peer.tell(verb, said)
    for peer, _, _ in told:
        peer.answer()


def passing(governor):
    """Pass the gate in a thread; return it, and the times at which it got through."""
    through = []

    def work():
        with governor.gate("s"):
            through.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    return thread, through


def good(seconds=0.01):
    return {"seconds": seconds, "size": 1, "status": 200, "retry_after": None}


def throttled(retry_after):
    return {"seconds": 0.01, "size": 1, "status": 429, "retry_after": retry_after}


def test_two_processes_never_have_more_in_flight_than_one_may(service, peers):
    service.delay = 0.03
    one, two = peers(in_flight=3), peers(in_flight=3)
    together((one, "get", 5), (two, "get", 5))
    assert len(service.arrivals) == 40
    assert service.most == 3


def test_two_processes_together_keep_the_rate(service, peers):
    one, two = peers(rate=40), peers(rate=40)
    together((one, "get", 10), (two, "get", 10))
    times = service.arrivals
    assert len(times) == 80
    late = 0.25  # seconds that a busy machine may keep a call on its way
    for first in range(80):
        for last in range(first + 1, 80):
            assert last - first <= 40 * (times[last] - times[first] + late)


def test_a_killed_holder_gives_its_place_back(peers, governor):
    holder = peers(in_flight=1)
    holder.do("enter")
    thread, through = passing(governor(in_flight=1))
    thread.join(0.3)
    assert not through
    holder.process.send_signal(signal.SIGKILL)
    thread.join(10)
    assert through


def test_a_process_that_stands_still_in_the_gate_holds_up_no_other(
    tmp_path, peers, governor, eventually
):
    peer = peers(rate=1, in_flight=2)
    peer.do("enter")
    peer.do("done", good())
    peer.tell("enter")  # it sleeps until its place in time, a second from now
    slots = ServiceState(tmp_path, "s")

    def asleep():
        slot = slots.take_slot(1)
        if slot is not None:
            os.close(slot)
        return slot is None

    eventually(asleep)
    peer.process.send_signal(signal.SIGSTOP)
    thread, through = passing(governor(in_flight=2))
    thread.join(10)
    assert through


def test_killed_at_any_instant_nothing_stays_locked_or_counted(peers, governor):
    dice = random.Random(11)
    storming = [peers(in_flight=2) for _ in range(4)]
    together(*((peer, "storm", None) for peer in storming))
    for peer in storming:
        time.sleep(dice.uniform(0.0, 0.05))  # any instant will do: there is nothing to wait for
        peer.kill()
    ours = governor(in_flight=2)
    with ours.gate("s") as one, ours.gate("s") as other:  # both places are free
        one.done(**good())
        other.done(**good())
    assert ours.rate("s") == 1e6


def test_a_retry_after_seen_by_one_is_honoured_by_the_other(service, peers):
    one, two = peers(), peers()
    service.throttles = [1.0]
    one.do("get", 1)
    (told, *_) = service.arrivals
    begun = len(service.arrivals)
    two.do("get", 1)
    assert len(service.arrivals) == begun + 4
    assert min(service.arrivals[begun:]) >= told + 1.0


def test_who_sleeps_in_the_gate_sleeps_longer_when_another_is_told_to_wait(peers, governor):
    other = peers(rate=2)
    begun = other.do("enter")
    thread, through = passing(governor(rate=2))  # its place in time is in half a second
    thread.join(0.1)
    other.do("done", throttled(1.5))
    thread.join(20)
    assert through[0] >= begun + 1.5


def test_a_long_retry_after_is_refused_by_all(peers, governor):
    other = peers()
    other.do("enter")
    other.do("done", throttled(100.0))
    with pytest.raises(ThrottledError) as caught, governor().gate("s"):
        pass
    assert 90 < caught.value.retry_after <= 100


def test_a_slow_service_gets_less_from_all_and_recovers(service, peers, governor):
    ours = governor(rate=400)
    one, two = peers(rate=400), peers(rate=400)
    together((one, "get", 5), (two, "get", 5))
    assert ours.rate("s") == 400
    service.delay = 0.55
    one.do("get", 1)
    slowed = ours.rate("s")
    assert slowed <= 100
    service.delay = 0.0
    begun = len(service.arrivals)
    two.do("get", 3)
    times = service.arrivals[begun:]
    assert times[-1] - times[0] > 11 / 400 * 1.5, "the other process slows down, too"
    assert slowed < ours.rate("s")
    two.do("get", 15)
    assert ours.rate("s") == 400
