import json
import os
import select
import signal
import socket
import subprocess
import sys
import urllib.error

import pytest

from openstack_democloud.running import DemoCloud, DemoCloudError

PARENT = """
import sys
from openstack_democloud.running import DemoCloud
cloud = DemoCloud(servers=5).start()
print(cloud.port, cloud.pid, flush=True)
sys.stdin.read()
"""


def test_it_ends_with_the_block():
    with DemoCloud(servers=5) as cloud:
        assert len(cloud.state("nova.server")) == 5
        assert cloud.auth["auth_url"] == cloud.auth_url
    with pytest.raises(urllib.error.URLError):
        cloud.log()


def test_it_ends_when_its_parent_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    _, pid = map(int, parent.stdout.readline().split())
    watch = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()
    assert select.select([watch], [], [], 10)[0]  # readable when that process has ended
    os.close(watch)


def test_a_bad_option_is_told():
    with pytest.raises(DemoCloudError, match="no-such-option"):
        DemoCloud(no_such_option=1).start()


def test_faults_and_clouds_yaml_from_the_command_line(tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text(
        json.dumps([{"fault": {"kind": "status"}, "match": {"path_prefix": "/v3/roles"}}])
    )
    clouds = tmp_path / "clouds.yaml"
    with DemoCloud(servers=5, faults=faults, clouds_yaml=clouds) as cloud:
        assert cloud.faults()[0]["fault"]["kind"] == "status"
        yaml = pytest.importorskip("yaml")
        written = yaml.safe_load(clouds.read_text())["clouds"]["demo"]
        assert written["auth"] == cloud.auth
        again = yaml.safe_load(cloud.write_clouds_yaml(tmp_path / "other.yaml").read_text())
        assert again["clouds"]["demo"]["auth"] == cloud.auth


def test_it_ends_on_sigterm_even_while_a_request_hangs():
    cloud = DemoCloud(servers=5).start()
    cloud.fault("hang", path_prefix="/v3")
    with socket.create_connection(("127.0.0.1", cloud.port)) as hanging:
        hanging.sendall(b"GET /v3 HTTP/1.1\r\nHost: demo\r\n\r\n")
        assert cloud.faults()
        os.kill(cloud.pid, signal.SIGTERM)
        assert cloud._process.wait(10) is not None
    cloud.stop()
