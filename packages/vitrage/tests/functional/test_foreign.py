"""Vitrage's own tests, as a judge that we did not make."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from multiprocessing.connection import Listener
from pathlib import Path

import pytest
from fakecloud import FakeCloud
from foreign import MODULES
from pipeline import ENTRANCES, Pipeline

from synchronizer.client.http import HttpTransport

HERE = Path(__file__).parent
TYPES = (
    "nova.server",
    "nova.service",
    "nova.availability_zone",
    "cinder.volume",
    "heat.stack",
    "heat.resource",
    "nagios.service",
    "aodh.alarm",
)
MAPPING = """nagios:
- nagios_host: .*
  type: nova.host
  name: ${nagios_host}
"""


@pytest.fixture
def fake_cloud():
    cloud = FakeCloud()
    yield cloud
    cloud.close()


@pytest.fixture
def synchronizer(launcher, fake_cloud, tmp_path, eventually):
    """A synchronizer over the fake cloud that samples all the time."""
    clouds = fake_cloud.write_clouds_yaml(tmp_path / "clouds.yaml")
    options = {
        "clouds": {"names": "fake", "file": clouds},
        "store": {"url": f"sqlite:///{tmp_path}/store.sqlite"},
        "api": {"port": 0, "bookmark_interval": 0.5},
        "sampling": {
            "sweep_interval": 0.2,
            "poll_interval": 3600,
            "types": ",".join(TYPES),
            "plugins": "nova,cinder,heat,nagios,aodh",
            "calls_per_second": 1000,
            "demand_interval": 0,
        },
    }
    service = launcher(options).start()
    transport = HttpTransport(service.url)
    eventually(
        lambda: {each.type for each in transport.types() if each.sampled_at} >= set(TYPES),
        60,
        service.said,
    )
    return service


@pytest.fixture
def pipeline(fake_cloud, synchronizer, in_process, tmp_path):
    from oslo_config import cfg  # noqa: PLC0415

    mapping = tmp_path / "nagios_conf.yaml"
    mapping.write_text(MAPPING)
    vitrage = in_process(synchronizer.url, list(ENTRANCES))
    cfg.CONF.set_override("config_file", str(mapping), group="nagios")
    return Pipeline(fake_cloud, HttpTransport(synchronizer.url), vitrage.driver)


def run(pipeline, modules):
    """Run modules of Vitrage's tests; return {test: error or nothing}."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Listener(f"{folder}/socket", "AF_UNIX") as listener,
        open(f"{folder}/log", "w+") as log,  # noqa: PTH123
    ):
        command = [sys.executable, "-W", "ignore", HERE / "foreign_process.py"]
        with subprocess.Popen(
            [*command, f"{folder}/socket", *modules], cwd=folder, stdout=log, stderr=log
        ) as process:
            with listener.accept() as connection:
                while "tests" not in (asked := json.loads(connection.recv_bytes())):
                    try:
                        answer = {"events": pipeline.through(asked["events"])}
                    except Exception as error:  # noqa: BLE001  # it belongs to the foreign test
                        answer = {"error": repr(error)}
                    connection.send_bytes(json.dumps(answer).encode())
            process.wait(30)
        return asked["tests"]


@pytest.mark.timeout(900)
def test_vitrages_own_tests_pass_on_what_our_drivers_hand_over(pipeline, record_property):
    found = run(pipeline, [module.name for module in MODULES])
    failed = {name: error for name, error in found.items() if error}
    assert not failed, "\n".join(f"{name}\n{error}" for name, error in failed.items())
    counts = Counter(".".join(name.split(".")[2:-2]) for name in found)
    assert counts == {module.name: module.tests for module in MODULES}
    print("tests:", len(found))
    print("events through the pipeline:", dict(pipeline.passed))
    print("events left alone:", dict(pipeline.raw))
    record_property("tests", len(found))
    assert set(pipeline.passed) == set(ENTRANCES)


def test_the_table_in_the_documentation_is_the_list_that_runs():
    page = (HERE.parents[3] / "docs/how-to/vitrage.rst").read_text()
    for module in MODULES:
        row = f"   * - ``{module.name}``\n     - {module.tests}\n     - {module.judges}\n"
        assert row in page, module.name
    total = sum(module.tests for module in MODULES)
    assert f"   * - together\n     - {total}\n" in page
