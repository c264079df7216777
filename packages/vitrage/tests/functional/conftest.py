"""Vitrage as a consumer: the demo cloud, the synchronizer in processes, Vitrage's own code.

Needs Vitrage; without it nothing here is collected. Vitrage is imported by
fixtures only, because what it imports warns.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from graphing import graph_of, plain

from openstack_democloud.running import DemoCloud

HERE = Path(__file__).parent

if importlib.util.find_spec("vitrage") is None:
    collect_ignore_glob = ["*"]

DRIVERS = {
    "nova.host": "NovaHost",
    "nova.zone": "NovaZone",
    "nova.instance": "NovaInstance",
    "cinder.volume": "CinderVolume",
    "neutron.network": "NeutronNetwork",
    "neutron.port": "NeutronPort",
    "heat.stack": "HeatStack",
    "nagios": "Nagios",
    "aodh": "Aodh",
}
IN_THE_DEMO_CLOUD = [name for name in DRIVERS if name not in {"nagios", "aodh"}]
TYPES = (
    "nova.server",
    "nova.service",
    "nova.availability_zone",
    "cinder.volume",
    "neutron.network",
    "neutron.port",
    "heat.stack",
    "heat.resource",
)


def pytest_addoption(parser):
    with contextlib.suppress(ValueError):  # tests/scenarios has them too
        parser.addoption("--clouds-yaml", help="of a real cloud, for test_real_cloud.py")
        parser.addoption("--os-cloud", default="synchronizer-test", help="its name")


def pytest_collection_modifyitems(items):
    """Let Vitrage's code warn; ours is watched by the other tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore"))


def write_configuration(folder, url, datasources, *, wait=1.0, snapshots=10, drivers=True, **more):
    """Write a vitrage.conf whose drivers are ours, or Vitrage's own; return its path."""
    values = Path(importlib.util.find_spec("vitrage").origin).parent / "tests/resources"
    groups = {
        "DEFAULT": {"transport_url": "fake://", "debug": "false"},
        "database": {"connection": f"sqlite:///{folder}/vitrage.sqlite"},
        "datasources": {"types": ",".join(datasources), "snapshots_interval": snapshots},
        "entity_graph": {"datasources_values_dir": values / "datasources_values"},
        "consistency": {"min_time_to_delete": 60},
        "synchronizer": {"url": url, "timeout": 10},
    }
    for name in datasources if drivers else ():
        groups[name] = {
            "driver": f"synchronizer_vitrage.drivers.{DRIVERS[name]}",
            "update_method": "pull",
            "changes_interval": max(wait, 10) if name in {"nagios", "aodh"} else wait,
        }
    for name, options in more.items():
        groups.setdefault(name, {}).update(options)
    path = folder / "vitrage.conf"
    path.write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in options.items())
            for group, options in groups.items()
        )
    )
    return path


@pytest.fixture(scope="session")
def demo():
    with DemoCloud(servers=24, build_seconds=0.1) as cloud:
        yield cloud


@pytest.fixture
def cloud(demo):
    demo.clear_faults()
    yield demo
    demo.clear_faults()


def options_for(clouds_yaml, name, folder, **sampling):
    return {
        "clouds": {"names": name, "file": clouds_yaml},
        "store": {"url": f"sqlite:///{folder}/store.sqlite"},
        "api": {"port": 0, "bookmark_interval": 0.5},
        "sampling": {
            "sweep_interval": 1,
            "poll_interval": 0.5,
            "types": ",".join((*TYPES, "keystone.project")),
            "plugins": "keystone,nova,cinder,neutron,heat",
            "calls_per_second": 200,
            "demand_interval": 0,
            **sampling,
        },
    }


@pytest.fixture
def serve(launcher, demo, tmp_path, eventually):
    """Start ``synchronizer serve`` over the demo cloud and wait until all is sampled."""

    def start(wait=True, bus=None, **sampling):
        clouds = demo.write_clouds_yaml(tmp_path / "clouds.yaml")
        options = options_for(clouds, "demo", tmp_path, **sampling)
        service = launcher(options | ({"bus": bus} if bus else {})).start()
        if wait:
            sampled(service, eventually)
        return service

    return start


@pytest.fixture(scope="module")
def shared(module_launcher, demo, tmp_path_factory, eventually):
    """A synchronizer that the tests of a module share."""
    folder = tmp_path_factory.mktemp("shared")
    clouds = demo.write_clouds_yaml(folder / "clouds.yaml")
    service = module_launcher(options_for(clouds, "demo", folder)).start()
    sampled(service, eventually)
    return service


def sampled(service, eventually):
    from synchronizer.client.http import HttpTransport  # noqa: PLC0415

    transport = HttpTransport(service.url)
    eventually(
        lambda: {each.type for each in transport.types() if each.sampled_at} >= set(TYPES),
        60,
        service.said,
    )


class Vitrage:
    """Vitrage's graph process; what it has is asked for line by line."""

    def __init__(self, configuration):
        self.log = configuration.with_name("vitrage-graph.log")
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", HERE / "graph_process.py",
             "--config-file", configuration, "--log-file", self.log],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("OS_")},
        )  # fmt: skip

    def ask(self, word):
        with self._lock:
            self._process.stdin.write(f"{word}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, f"Vitrage ended:\n{self.said()}"
        return json.loads(answer)

    def said(self):
        return self.log.read_text() if self.log.exists() else "nothing"

    def wait(self):
        """Wait until Vitrage has made its first graph."""
        assert self.ask("ready"), self.said()
        return self

    def graph(self):
        return graph_of(self.ask("graph"))

    def kill(self):
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def vitrage(tmp_path):
    """Start Vitrage's graph process; whatever was started is dead at the end."""
    started = []

    def start(url, datasources=IN_THE_DEMO_CLOUD, folder=".", **more):
        path = write_configuration(tmp_path / folder, url, datasources, **more)
        started.append(Vitrage(path))
        return started[-1].wait()

    yield start
    for each in started:
        each.kill()


@pytest.fixture(scope="session")
def configured():
    """Have this process read a vitrage.conf; once, because oslo.config is one for all."""
    done = []

    def read(path, **ours):
        from oslo_config import cfg  # noqa: PLC0415
        from vitrage.common import config  # noqa: PLC0415

        if not done:
            config.parse_config(["vitrage", "--config-file", str(path)])
            done.append(path)
        import synchronizer_vitrage.drivers  # noqa: F401, PLC0415

        for name, value in ours.items():
            cfg.CONF.set_override(name, value, group="synchronizer")
        return cfg.CONF

    return read


@pytest.fixture
def in_process(configured, tmp_path):
    """Vitrage's graph, processor and drivers in this process, over a synchronizer at a URL."""
    made = []

    def make(url, datasources=IN_THE_DEMO_CLOUD):
        path = write_configuration(tmp_path, url, list(DRIVERS), wait=0.1)
        configured(path, url=url, timeout=10.0)
        made.append(InProcess(datasources))
        return made[-1]

    yield make
    for each in made:
        each.close()


class InProcess:
    """Vitrage's graph with its processor and its `DriverExec`, without threads."""

    def __init__(self, datasources):
        from oslo_config import cfg  # noqa: PLC0415
        from vitrage.datasources import utils  # noqa: PLC0415
        from vitrage.datasources.transformer_base import TransformerBase  # noqa: PLC0415
        from vitrage.entity_graph.driver_exec import DriverExec  # noqa: PLC0415
        from vitrage.entity_graph.processor.processor import Processor  # noqa: PLC0415
        from vitrage.graph.driver.networkx_graph import NXGraph  # noqa: PLC0415

        cfg.CONF.set_override("types", list(datasources), group="datasources")
        utils.drivers.clear()
        TransformerBase.key_to_uuid_cache.clear()
        self._utils = utils
        self.datasources = list(datasources)
        self.vitrage_graph = NXGraph("Entity Graph")
        self.processor = Processor(self.vitrage_graph)
        self.exec = DriverExec(self.process, self, self.vitrage_graph)

    def store_graph(self):
        """Persist nothing: it stands for Vitrage's persistency, too."""

    def process(self, events):
        count = 0
        for event in events:
            self.processor.process_event(event)
            count += 1
        return count

    def driver(self, name):
        (found,) = self._utils.get_drivers_by_name([name])
        return found

    def graph(self):
        return graph_of(json.loads(json.dumps(plain(self.vitrage_graph), default=str)))

    def close(self):
        for each in self._utils.drivers.values():
            each.close()
        self._utils.drivers.clear()
