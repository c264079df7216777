"""The plugin against a real Livestatus: that of Icinga 2, which speaks it, too.

From the packages icinga2-bin and icinga2-common, installed or unpacked into the folder that
SYNCHRONIZER_ICINGA_ROOT names. Without either these tests are skipped.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from synchronizer.plugins.nagios import Nagios
from synchronizer.plugins.nagios_rows import TABLES
from synchronizer.plugins.service import open_gate

ROOT = Path(os.environ.get("SYNCHRONIZER_ICINGA_ROOT", "/"))
DAEMON = ROOT / "usr/lib/x86_64-linux-gnu/icinga2/sbin/icinga2"
RESOURCES = {resource.name: resource for resource in Nagios.declared()}

CONFIG = """
include <itl>
const NodeName = "here"
object IcingaApplication "app" {{ }}
object CheckerComponent "checker" {{ }}
object LivestatusListener "live" {{ socket_type = "unix"; socket_path = "{0}/live" }}
object ExternalCommandListener "pipe" {{ command_path = "{0}/cmd" }}
template Host "any" {{ check_command = "dummy"; enable_active_checks = false }}
template Service "any" {{
  check_command = "dummy"; enable_active_checks = false; max_check_attempts = 1
}}
object Host "compute-1" {{ import "any"; address = "127.0.0.1"; vars.TOKEN = "CANARY" }}
object Host "compute-2" {{ import "any" }}
object HostGroup "all" {{ display_name = "All"; assign where true }}
object Service "cpu" {{ import "any"; host_name = "compute-1" }}
object Service "Disk /var ü" {{ import "any"; host_name = "compute-1" }}
object ServiceGroup "cpus" {{ display_name = "CPUs"; assign where service.name == "cpu" }}
object User "somebody" {{ email = "somebody@example.org" }}
"""


class Icinga:
    """The daemon in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def start(self):
        config = self.folder / "icinga2.conf"
        config.write_text(CONFIG.format(self.folder))
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout
        group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout
        folders = ("DataDir", "LogDir", "CacheDir", "InitRunDir", "SpoolDir", "ConfigDir")
        env = {
            **os.environ,
            "LD_LIBRARY_PATH": str(ROOT / "usr/lib/x86_64-linux-gnu"),
            "ICINGA2_USER": user.strip(),
            "ICINGA2_GROUP": group.strip(),
        }
        command = [DAEMON, "--no-stack-rlimit", "daemon", "-c", config]
        command += ["-I", ROOT / "usr/share/icinga2/include"]
        for name in folders:
            command += ["-D", f"{name}={self.folder}"]
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(command, env=env, stdout=said, stderr=said)
        self.wait(lambda: (self.folder / "live").exists() and (self.folder / "cmd").exists())

    def command(self, text):
        with (self.folder / "cmd").open("w") as pipe:
            pipe.write(f"[{int(time.time())}] {text}\n")

    def wait(self, fact, seconds=30.0):
        until = time.monotonic() + seconds
        while not (found := fact()):
            assert time.monotonic() < until, (self.folder / "said").read_text()
            assert self.process.poll() is None, (self.folder / "said").read_text()
            time.sleep(0.1)
        return found


@pytest.fixture(scope="module")
def icinga(tmp_path_factory):
    if not DAEMON.is_file():
        pytest.skip(f"no icinga2-bin in {ROOT} (SYNCHRONIZER_ICINGA_ROOT)")
    found = Icinga(tmp_path_factory.mktemp("icinga"))
    found.start()
    yield found
    found.process.terminate()
    found.process.wait(30)


@pytest.fixture
def live(icinga):
    access = {"url": f"unix://{icinga.folder}/live"}
    return Nagios.connect(access, name="n", gate=open_gate, pause=lambda _: None)


def rows(live, name, **query):
    return json.loads(live.get(f"/{name}", query).body)[name]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_that_is_asked_for_is_known(live, name):
    """Another name for one of them would be a refusal."""
    assert isinstance(rows(live, name), list)


def test_hosts_services_and_groups_are_listed_and_read(live):
    """Under names that are not ASCII, too."""
    service = RESOURCES["service"]
    ids = {service.identify(row) for row in rows(live, "services")}
    assert ids == {"compute-1/cpu", "compute-1/Disk /var ü"}
    for id_ in ids:
        assert service.identify(service.read(live, id_)) == id_
    host = RESOURCES["host"].read(live, "compute-1")
    assert (host["status"], host["custom_variables"]) == ("pending", {"TOKEN": "***"})
    (group,) = rows(live, "servicegroups")
    assert group["members"] == [{"host_name": "compute-1", "service_description": "cpu"}]
    assert RESOURCES["host"].read(live, "nowhere") is None


def test_a_state_a_comment_and_a_downtime_come_and_go(icinga, live):
    """Sent down the command pipe."""
    begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 5))
    icinga.command("PROCESS_SERVICE_CHECK_RESULT;compute-1;Disk /var ü;2;it is full")
    service = RESOURCES["service"]
    icinga.wait(
        lambda: service.read(live, "compute-1/Disk /var ü")["status"] == "critical",
    )
    assert [row["description"] for row in rows(live, "services", since=begun)] == ["Disk /var ü"]
    icinga.command("ADD_HOST_COMMENT;compute-2;1;carol;mind the cable")
    (comment,) = icinga.wait(lambda: rows(live, "comments"))
    assert (comment["comment_type"], comment["author"]) == ("host", "carol")
    assert RESOURCES["comment"].read(live, str(comment["comment_id"])) == comment
    icinga.command(f"DEL_HOST_COMMENT;{comment['comment_id']}")
    icinga.wait(lambda: not rows(live, "comments"))
    end = int(time.time()) + 600
    icinga.command(f"SCHEDULE_SVC_DOWNTIME;compute-1;cpu;1;{end};1;0;600;bob;new disks")
    (downtime,) = icinga.wait(lambda: rows(live, "downtimes"))
    assert (downtime["type"], downtime["service_description"]) == ("service", "cpu")
    assert (downtime["end_time"], downtime["fixed"]) == (end * 1000, True)
    icinga.command(f"DEL_SVC_DOWNTIME;{downtime['downtime_id']}")
    icinga.wait(lambda: not rows(live, "downtimes"))
