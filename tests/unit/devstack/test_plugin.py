"""The devstack plugin tells devstack the right things in each phase, the second time too."""

import configparser
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from synchronizer.service.options import load

HERE = Path(__file__).parent
PLUGIN = HERE.parents[2] / "devstack"
PHASES = ("pre-install", "install", "post-config", "extra", "test-config")
STACK = tuple(f"stack {phase}" for phase in PHASES)
SERVICES = "synchronizer keystone rabbit tempest"
OURS = "synchronizer_notifications"
BUS = "rabbit://stackrabbit:secret@127.0.0.1:5672/"


class Devstack:
    """A folder where a stack is, and the calls that the plugin made."""

    def __init__(self, folder):
        self.folder = folder
        self.record = folder / "record"
        self.calls = []
        self.said = ""
        (folder / "bin").mkdir()
        program = folder / "bin" / "synchronizer"
        program.write_text(f'#!/bin/bash\nIFS="|"; echo "synchronizer|$*" >>{self.record}\n')
        program.chmod(0o755)
        self.write("keystone", "[DEFAULT]\n")
        self.write("nova", "[oslo_messaging_notifications]\ndriver = messagingv2\n")
        self.write("nova_cell1", "[DEFAULT]\n")
        usual = "[oslo_messaging_notifications]\ndriver = messagingv2\ntopics = notifications\n"
        self.write("neutron", usual)

    def write(self, name, text):
        (self.folder / f"{name}.conf").write_text(text)

    def run(self, *phases, services=SERVICES, fails=False, **settings):
        """Run phases as devstack does, in one shell; keep what it was told."""
        self.record.write_text("")
        env = {
            "PATH": os.environ["PATH"],
            "PLUGIN": PLUGIN,
            "STACK": self.folder,
            "RECORD": self.record,
            "FAKE_BIN": self.folder / "bin",
            "ENABLED": services,
            **settings,
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", HERE / "stubs.sh", *phases],
            env={name: str(value) for name, value in env.items()},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode != 0) == fails, done.stderr
        assert done.stderr == ""
        self.said = done.stdout
        self.calls = [tuple(line.split("|")) for line in self.record.read_text().splitlines()]

    def told(self, name):
        """Return the arguments of each call of a function."""
        return [call[1:] for call in self.calls if call[0] == name]

    def ini(self, name):
        parser = configparser.ConfigParser(interpolation=None, default_section="none")
        parser.read(self.folder / name)
        return {section: dict(parser[section]) for section in parser.sections()}

    def files(self):
        """Return all configuration as text."""
        found = [*self.folder.glob("*.conf"), *self.folder.glob("etc/*")]
        return {path.name: path.read_text() for path in found}

    @property
    def conf(self):
        return self.folder / "etc" / "synchronizer.conf"

    @property
    def cloud(self):
        clouds = yaml.safe_load((self.folder / "etc" / "clouds.yaml").read_text())
        return clouds["clouds"]["devstack"]


@pytest.fixture
def devstack(tmp_path):
    return Devstack(tmp_path)


def test_a_python_that_is_too_old_is_refused_before_anything_is_installed(devstack):
    devstack.run("stack pre-install")
    assert devstack.told("die") == []
    devstack.run("stack pre-install", "stack install", PYTHON3_VERSION="3.10", fails=True)
    ((said,),) = devstack.told("die")
    assert said == "synchronizer needs Python 3.11 or later, and this is 3.10"
    assert devstack.told("setup_develop") == []


def test_it_is_installed_with_what_a_server_needs(devstack):
    devstack.run("stack install")
    where = str(devstack.folder / "synchronizer")
    assert devstack.told("setup_develop") == [(where, "server,cli,messaging")]
    assert devstack.told("run_process") == []


def test_it_has_a_user_that_sees_everything_and_a_place_in_the_catalogue(devstack):
    devstack.run("stack post-config")
    assert devstack.told("create_service_user") == [("synchronizer", "admin")]
    assert devstack.told("get_or_create_service") == [("synchronizer", "synchronizer", "Watch API")]
    assert devstack.told("get_or_create_endpoint") == [
        ("synchronizer", "RegionOne", "http://127.0.0.1:8989")
    ]
    assert devstack.told("get_or_add_user_project_role") == []


def test_octavia_is_seen_by_the_role_that_it_wants(devstack):
    devstack.run("stack post-config", services=f"{SERVICES} o-api")
    (granted,) = devstack.told("get_or_add_user_project_role")
    assert granted == ("load-balancer_admin", "synchronizer", "service", "Default", "Default")


@pytest.mark.parametrize(
    ("services", "seconds"), [("synchronizer keystone rabbit", 10.0), (SERVICES, 0.0)]
)
def test_tempest_may_sample_on_demand_again_and_again(devstack, services, seconds):
    devstack.run("stack post-config", services=services)
    assert load(config_files=[str(devstack.conf)]).demand_interval == seconds


def test_the_synchronizer_understands_the_configuration_that_is_written(devstack):
    devstack.run("stack post-config", SYNCHRONIZER_HISTORY="3600", SYNCHRONIZER_PORT="9999")
    settings = load(config_files=[str(devstack.conf)])
    (access,) = settings.clouds
    assert (access.name, access.regions) == ("devstack", ("RegionOne",))
    assert access.notifications.topics == (OURS, f"{OURS}_versioned")
    assert access.notifications.drain == access.notifications.topics
    assert access.notifications.transport_url == BUS
    assert (settings.history, settings.api.port) == (3600.0, 9999)
    assert settings.bus.url == BUS
    assert settings.store == f"sqlite:///{devstack.folder}/data/synchronizer/store.sqlite"
    assert devstack.cloud["auth"]["username"] == "synchronizer"
    assert devstack.conf.stat().st_mode & 0o007 == 0, "it may hold a password"


def test_without_a_message_bus_it_polls_and_no_service_is_told_to_send(devstack):
    before = devstack.ini("nova.conf")
    devstack.run("stack post-config", services="synchronizer keystone")
    assert "notifications" not in devstack.cloud
    assert load(config_files=[str(devstack.conf)]).bus.url == ""
    assert devstack.ini("nova.conf") == before
    assert devstack.told("stop_keystone") == []
    devstack.run("stack post-config", SYNCHRONIZER_NOTIFICATIONS="False")
    assert "notifications" not in devstack.cloud


def test_services_that_send_go_on_sending_to_the_others(devstack):
    devstack.run("stack post-config")
    for name in ("nova", "neutron"):
        section = devstack.ini(f"{name}.conf")["oslo_messaging_notifications"]
        assert section["topics"] == f"notifications,{OURS}"
        assert section["driver"] == "messagingv2"


def test_services_that_did_not_send_send_to_us_alone(devstack):
    """Else the queues of the usual topic would fill up."""
    devstack.run("stack post-config")
    for name in ("keystone", "nova_cell1"):
        section = devstack.ini(f"{name}.conf")["oslo_messaging_notifications"]
        assert section["topics"] == OURS
        assert section["driver"] == "messagingv2"
        assert section["transport_url"].startswith("rabbit://")


def test_nova_and_ironic_send_their_versioned_ones_too(devstack):
    devstack.write("ironic", "[DEFAULT]\n")
    devstack.run("stack post-config")
    nova = devstack.ini("nova.conf")["notifications"]
    assert nova["versioned_notifications_topics"] == f"versioned_notifications,{OURS}_versioned"
    assert nova["notify_on_state_change"] == "vm_and_task_state"
    ironic = devstack.ini("ironic.conf")["DEFAULT"]
    assert ironic["notification_level"] == "info"
    topics = ironic["versioned_notifications_topics"]
    assert topics == f"ironic_versioned_notifications,{OURS}_versioned"


def test_keystone_which_runs_already_is_started_again(devstack):
    devstack.run("stack post-config")
    names = [call[0] for call in devstack.calls if call[0].endswith("_keystone")]
    assert names == ["stop_keystone", "start_keystone"]


def test_it_is_started_when_the_services_run_and_waited_for(devstack):
    devstack.run("stack post-config", "stack extra")
    program, conf = devstack.folder / "bin" / "synchronizer", devstack.conf
    names = [call[0] for call in devstack.calls]
    assert names.index("synchronizer") < names.index("run_process")
    assert devstack.told("synchronizer") == [("--config-file", str(conf), "db", "upgrade")]
    serve = f"{program} --config-file {conf} serve"
    assert devstack.told("run_process") == [("synchronizer", serve)]
    assert devstack.told("wait_for_service") == [("60", "http://127.0.0.1:8989/healthcheck")]


def test_the_store_of_an_earlier_cloud_is_not_taken_for_this_one(devstack):
    devstack.run("stack post-config")
    store = devstack.folder / "data" / "synchronizer" / "store.sqlite"
    store.write_text("of before")
    devstack.run("stack extra")
    assert not store.exists()


def test_the_database_of_devstack_can_be_the_store(devstack):
    devstack.run("stack post-config", "stack extra", SYNCHRONIZER_STORE="database")
    assert devstack.told("recreate_database") == [("synchronizer",)]
    assert load(config_files=[str(devstack.conf)]).store.startswith("mysql+pymysql://")
    devstack.run("stack pre-install", SYNCHRONIZER_STORE="files", fails=True)
    ((said,),) = devstack.told("die")
    assert said == "SYNCHRONIZER_STORE is files, and must be sqlite or database"


def test_tempest_knows_where_it_is_and_gets_the_tests(devstack):
    devstack.run("stack test-config")
    conf = devstack.ini("tempest.conf")
    assert conf["service_available"] == {"synchronizer": "True"}
    assert conf["synchronizer"] == {"cloud": "devstack", "history": "86400"}
    where = (str(devstack.folder / "tempest.conf"), "synchronizer", "url")
    assert devstack.told("iniset_multiline") == [(*where, "http://127.0.0.1:8989", BUS)]
    assert devstack.said == f"{devstack.folder}/synchronizer[messaging]\n"
    devstack.run("stack test-config", SYNCHRONIZER_BUS="False")
    assert devstack.told("iniset_multiline") == [(*where, "http://127.0.0.1:8989")]
    devstack.run("stack test-config", TEMPEST_PLUGINS="/opt/other", services="synchronizer")
    assert devstack.said == f"/opt/other {devstack.folder}/synchronizer[messaging]\n"


def test_a_second_stack_leaves_what_the_first_left(devstack):
    devstack.run(*STACK)
    calls, files = devstack.calls, devstack.files()
    devstack.run(*STACK)
    assert devstack.calls == calls
    assert devstack.files() == files


def test_unstack_stops_it_and_keeps_its_files(devstack):
    devstack.run(*STACK)
    files = devstack.files()
    devstack.run("unstack")
    assert devstack.told("stop_process") == [("synchronizer",)]
    assert devstack.files() == files


def test_clean_removes_its_files_and_nothing_else(devstack):
    devstack.run(*STACK)
    devstack.run("clean")
    left = {path.name for path in devstack.folder.iterdir()}
    assert "etc" not in left
    assert not (devstack.folder / "data" / "synchronizer").exists()
    assert {"nova.conf", "tempest.conf"} <= left


def test_where_it_is_not_enabled_it_does_nothing(devstack):
    before = devstack.files()
    devstack.run(*STACK, "unstack", "clean", services="keystone rabbit tempest")
    assert {call[0] for call in devstack.calls} == {"define_plugin", "enable_service"}
    assert devstack.files() == before
