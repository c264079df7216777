"""A real Nagios of our own in a folder, with its CGIs behind a password.

From the packages nagios4-core and nagios4-cgi: installed, or unpacked (``dpkg -x``) into the
folder that SYNCHRONIZER_NAGIOS_ROOT names, or by tools/cloud. Else these tests are skipped.
"""

import base64
import contextlib
import os
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from synchronizer.plugins.nagios import Nagios
from synchronizer.plugins.service import open_gate

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
UNPACKED = sorted(CACHE.glob("openstack-synchronizer/cloud/nagios-*"))
ROOT = Path(os.environ.get("SYNCHRONIZER_NAGIOS_ROOT", UNPACKED[-1] if UNPACKED else "/"))
DAEMON = ROOT / "usr/sbin/nagios4"
CGIS = ROOT / "usr/lib/cgi-bin/nagios4"
PASSWORD = "secret of the watcher"

MAIN = """
log_file={0}/nagios.log
cfg_file={0}/objects.cfg
object_cache_file={0}/objects.cache
resource_file={0}/resource.cfg
status_file={0}/status.dat
status_update_interval=1
nagios_user={1}
nagios_group={2}
check_external_commands=1
command_file={0}/nagios.cmd
lock_file={0}/nagios.pid
temp_file={0}/nagios.tmp
temp_path={0}
log_archive_path={0}
check_result_path={0}/results
state_retention_file={0}/retention.dat
query_socket={0}/nagios.qh
use_syslog=0
check_for_updates=0
enable_notifications=0
execute_host_checks=0
execute_service_checks=0
"""
CGI = """
main_config_file={0}/nagios.cfg
physical_html_path={0}
url_html_path=/nagios4
use_authentication=1
authorized_for_all_hosts=watcher
authorized_for_all_services=watcher
authorized_for_system_information=watcher
authorized_for_configuration_information=watcher
"""
OBJECTS = """
define timeperiod {
 timeperiod_name always
 alias always
 monday 00:00-24:00
}
define command {
 command_name probe
 command_line /bin/true $ARG1$
}
define contact {
 contact_name somebody
 email somebody@example.org
 host_notifications_enabled 0
 service_notifications_enabled 0
 host_notification_period always
 service_notification_period always
 host_notification_commands probe
 service_notification_commands probe
}
define host {
 name any
 register 0
 check_command probe!CANARY-ARGUMENT
 max_check_attempts 1
 check_period always
 contacts somebody
 notification_period always
 address 127.0.0.1
 _TOKEN CANARY-VARIABLE
}
define service {
 name any
 register 0
 check_command probe!CANARY-ARGUMENT
 max_check_attempts 1
 check_period always
 contacts somebody
 notification_period always
}
"""


class RealNagios:
    """The daemon in a folder."""

    odd = "Disk /var/lib & 50% 'x'"

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.groups = ""
        self.services = {("compute-1", "cpu"), ("compute-1", self.odd), ("compute-2", "cpu")}

    def configure(self):
        """Write what is monitored."""
        hosts = sorted({host for host, _ in self.services})
        define = "define {} {{\n use any\n {}\n}}\n".format
        text = [define("host", f"host_name {host}") for host in hosts]
        text += [
            define("service", f"host_name {host}\n service_description {name}")
            for host, name in sorted(self.services)
        ]
        text.append(
            f"define hostgroup {{\n hostgroup_name all\n members {','.join(hosts)}\n}}\n"
            "define servicegroup {\n servicegroup_name cpus\n members compute-1,cpu\n}\n"
        )
        (self.folder / "objects.cfg").write_text(OBJECTS + "".join(text))

    def start(self):
        self.configure()
        owner = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
        group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True)
        names = (self.folder, owner.stdout.strip(), group.stdout.strip())
        (self.folder / "nagios.cfg").write_text(MAIN.format(*names))
        (self.folder / "cgi.cfg").write_text(CGI.format(self.folder))
        (self.folder / "resource.cfg").write_text("")
        (self.folder / "results").mkdir(exist_ok=True)
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [DAEMON, self.folder / "nagios.cfg"], stdout=said, stderr=said
            )
        self.wait((self.folder / "status.dat").exists)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def restart(self):
        self.stop()
        (self.folder / "nagios.cmd").unlink(missing_ok=True)
        self.start()

    def command(self, text):
        """Send an external command."""
        with (self.folder / "nagios.cmd").open("w") as pipe:
            pipe.write(f"[{int(time.time())}] {text}\n")

    def wait(self, fact, seconds=20.0):
        """Return the first true value of *fact*."""
        until = time.monotonic() + seconds
        while not (found := fact()):
            assert time.monotonic() < until, (self.folder / "said").read_text()
            assert self.process.poll() is None, (self.folder / "said").read_text()
            time.sleep(0.1)
        return found


class Route(BaseHTTPRequestHandler):
    """Runs the CGIs for who gives the password; ``anybody`` may enter, and sees nothing."""

    def do_GET(self):
        split = urlsplit(self.path)
        program = CGIS / Path(split.path).name
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(text).decode().partition(":")
        if kind != "Basic" or password != PASSWORD:
            return self.give(401, b"", "text/html")
        if not program.is_file():
            return self.give(404, b"", "text/html")
        env = {
            "PATH": "/usr/bin:/bin",
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": split.query,
            "SCRIPT_NAME": split.path,
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REMOTE_USER": user,
            "REMOTE_ADDR": "127.0.0.1",
            "NAGIOS_CGI_CONFIG": str(self.server.folder / "cgi.cfg"),
        }
        said = subprocess.run([program], env=env, capture_output=True, check=False).stdout
        body = said.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
        return self.give(200, body, "application/json; charset=utf-8")

    def give(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def nagios(tmp_path_factory):
    if not DAEMON.is_file() or not CGIS.is_dir():
        pytest.skip(f"no nagios4-core and nagios4-cgi in {ROOT} (SYNCHRONIZER_NAGIOS_ROOT)")
    folder = tmp_path_factory.mktemp("nagios")
    real = RealNagios(folder)
    real.start()
    yield real
    with contextlib.suppress(Exception):
        real.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def door(nagios):
    """The address of the CGIs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Route) as server:
        server.folder = nagios.folder
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/nagios4/cgi-bin"
        server.shutdown()
        thread.join(10)


@pytest.fixture
def connect(door):
    """Connect as a user; nothing is waited for between attempts."""
    services = []

    def make(username="watcher", password=PASSWORD):
        access = {"url": door, "username": username, "password": password}
        service = Nagios.connect(access, name="cloud/nagios", gate=open_gate, pause=lambda _: None)
        services.append(service)
        return service

    yield make
    for service in services:
        service._adapter.session.session.close()
