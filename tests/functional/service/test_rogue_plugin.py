"""A plugin that crashes, hangs, hoards or babbles harms its own types and no others.

It is a real distribution in a folder on PYTHONPATH, found through its entry point like
anyone's.
"""

import os
import re
import signal
from datetime import UTC, datetime

import pytest

ROGUE = """
import os
import time
from pathlib import Path

from synchronizer.plugins.plugin import Plugin, Resource

whim = Path(__file__).with_name("whim")
if whim.read_text() == "import":
    raise ImportError("a library is missing")
if whim.read_text() == "die":
    os._exit(7)


class Evil(Resource):
    name, path, key = "evil", "/flavors/detail", "flavors"

    def ask(self, service, parent, more):
        what = whim.read_text()
        if what == "crash":
            os.abort()
        elif what == "exit":
            os._exit(0)
        elif what == "hang":
            time.sleep(3600)
        elif what == "hoard":
            hoard = []
            while True:
                hoard.append(bytearray(8 << 20))
        elif what == "babble":
            for _ in range(100):
                os.write(1, bytes(range(256)) * 4096)
        elif what == "raise":
            raise ZeroDivisionError
        return super().ask(service, parent, more)


class Rogue(Plugin):
    name = "rogue"
    service_type = "compute"
    version = "2.1"
    resources = (Evil,)
"""

IMPATIENT = """
import sys
from synchronizer.cli.app import main
from synchronizer.service.supervisor import child_handle
child_handle.SILENCE, child_handle.PAUSE_MOST = 4.0, 4.0
sys.exit(main())
"""

SAMPLER = "sampler rogue@demo"


@pytest.fixture(scope="module")
def rogue(tmp_path_factory):
    """Install the plugin; return the file that says what it does."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "rogue.py").write_text(ROGUE)
    distribution = folder / "rogue-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: rogue\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text("[synchronizer.plugins]\nrogue = rogue:Rogue\n")
    (folder / "whim").write_text("")
    return folder / "whim"


@pytest.fixture(scope="module")
def shared(module_launcher, module_options, rogue):
    """One service with the rogue plugin, for all tests of this module."""
    options = module_options
    options["sampling"] |= {
        "types": options["sampling"]["types"] + ",rogue.*",
        "memory_limit": 512 << 20,
        "hang_limit": 5,
        "stale_after": 30,
        "rediscover_interval": 3,
    }
    program = ("-c", IMPATIENT)
    env = {"PYTHONPATH": str(rogue.parent)}
    service = module_launcher(options, program=program, env=env).start()
    service.child(SAMPLER)
    return service


@pytest.fixture
def service(shared, rogue, world, eventually):
    """The service, after a good sample of the rogue's type; well-behaved again afterwards."""
    rogue.write_text("")
    moment = now()
    eventually(lambda: well(world, shared) and fresh(world, shared, moment), 60, shared.said)
    yield shared
    rogue.write_text("")


def now():
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def well(world, service):
    evil = world.types(service.url).get("rogue.evil", {})
    return evil.get("state") == "current"


def fresh(world, service, moment):
    return world.fresh_since(service.url, moment, (*world.names, "rogue.evil"))


def others_go_on(service, world, eventually):
    """Two more complete sweeps of everybody else's types."""
    for _ in range(2):
        moment = now()
        eventually(lambda m=moment: world.fresh_since(service.url, m), 30, service.said)
    known = world.types(service.url)
    assert not any(known[name]["stale"] for name in world.names)


def test_it_is_started_again_after_pauses_that_grow(service, rogue, world, eventually):
    before = len(service.lines)
    others = {r: p for p, r in service.children().items() if r != SAMPLER}
    rogue.write_text("crash")

    def pauses():
        pattern = rf"{SAMPLER} ended with .*; starting it again in ([\d.]+) s"
        return [float(m[1]) for line in service.lines[before:] if (m := re.search(pattern, line))]

    eventually(lambda: len(pauses()) >= 2, 60, service.said)
    rogue.write_text("exit")
    eventually(lambda: len(pauses()) >= 4, 60, service.said)
    assert pauses()[:4] == [1.0, 2.0, 4.0, 4.0]
    others_go_on(service, world, eventually)
    assert {r: p for p, r in service.children().items() if r != SAMPLER} == others
    rogue.write_text("")
    eventually(lambda: well(world, service), 60, service.said)


def test_a_killed_one_is_started_again(service, world, eventually):
    killed = service.child(SAMPLER)
    os.kill(killed, signal.SIGKILL)
    others_go_on(service, world, eventually)
    assert service.child(SAMPLER, other_than=killed, seconds=60)


def test_a_hanging_one_is_killed_and_the_others_go_on(service, rogue, world, eventually):
    hanging = service.child(SAMPLER)
    before = len(service.lines)
    rogue.write_text("hang")
    others_go_on(service, world, eventually)
    # hang_limit without a beat, and then the supervisor's own patience.
    service.heard(f"{SAMPLER} does not move; killing it", 60, since=before)
    rogue.write_text("")
    service.child(SAMPLER, other_than=hanging, seconds=60)


def test_one_that_hoards_memory_meets_its_limit(service, rogue, world, eventually):
    rogue.write_text("hoard")

    def told():
        fault = world.types(service.url)["rogue.evil"]["fault"]
        return fault and "MemoryError" in fault["detail"]

    eventually(told, 60, service.said)
    others_go_on(service, world, eventually)
    rogue.write_text("")
    eventually(lambda: well(world, service), 60, service.said)


def test_a_hundred_megabytes_of_noise_reach_nobody(service, rogue, world, eventually):
    before = len(service.lines)
    rogue.write_text("babble")
    moment = now()
    eventually(lambda: fresh(world, service, moment), 60, service.said)
    others_go_on(service, world, eventually)
    assert sum(map(len, service.lines[before:])) < 100_000


def test_an_error_of_its_own_is_its_types_fault(service, rogue, world, eventually):
    before = service.child(SAMPLER)
    rogue.write_text("raise")

    def told():
        fault = world.types(service.url)["rogue.evil"]["fault"]
        return fault and "ZeroDivisionError" in fault["detail"]

    eventually(told, 60, service.said)
    assert service.child(SAMPLER) == before
    others_go_on(service, world, eventually)


@pytest.mark.parametrize(
    ("whim", "told"),
    [
        ("import", "ImportError: a library is missing, at rogue.py"),
        ("die", "its import ends the process with 7"),
    ],
)
def test_one_that_cannot_be_imported_harms_nobody(service, rogue, world, eventually, whim, told):
    before = len(service.lines)
    rogue.write_text(whim)
    for pid in service.children():
        os.kill(pid, signal.SIGKILL)  # so that everybody starts beside the broken one
    service.heard(rf"plugin rogue cannot be imported and does not run \({told}", 60, since=before)
    eventually(lambda: answers(world, service), 60, service.said)
    others_go_on(service, world, eventually)
    assert told in world.types(service.url)["rogue.evil"]["fault"]["detail"]
    assert world.ask(service.url, "/v1/entities?type=nova.flavor&max_age=0")["entities"]
    rogue.write_text("")  # it is mended, and nothing is restarted
    eventually(lambda: well(world, service), 60, service.said)


def answers(world, service):
    try:
        return world.types(service.url)
    except OSError:
        return None
