"""A real Vitrage over a real cloud: graph with its workers, and API, on loopback, until Ctrl-C.

    python tools/vitrage/run.py --clouds-yaml .cloud/clouds.yaml --url http://127.0.0.1:8989

Needs the package ``synchronizer-vitrage``. With ``--native`` Vitrage's own drivers list the
cloud instead. Its database is an SQLite file in a folder of its own; its message bus is the
one that the cloud's entry names for notifications (Vitrage's queues there begin with ``vitrage``).
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path

import yaml

HERE = Path(__file__).parent
VERSION = "15.0.1"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openstack-synchronizer"
DRIVERS = {
    "nova.host": "NovaHost",
    "nova.zone": "NovaZone",
    "nova.instance": "NovaInstance",
    "cinder.volume": "CinderVolume",
    "neutron.network": "NeutronNetwork",
    "neutron.port": "NeutronPort",
    "heat.stack": "HeatStack",
}


def settings_of_vitrage():
    """Return the folder of Vitrage's ``etc``, which only its source distribution has."""
    folder = CACHE / f"vitrage-{VERSION}"
    if not folder.exists():
        with tempfile.TemporaryDirectory() as temporary:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary",
                       "vitrage", "-d", temporary, f"vitrage=={VERSION}"]  # fmt: skip
            subprocess.run(command, check=True)
            (archive,) = Path(temporary).glob("vitrage-*.tar.gz")
            with tarfile.open(archive) as opened:
                opened.extractall(temporary, filter="data")
            folder.parent.mkdir(parents=True, exist_ok=True)
            (Path(temporary) / f"vitrage-{VERSION}" / "etc/vitrage").rename(folder)
    return folder


def configuration(folder, cloud, url, *, native=False):
    """Write Vitrage's configuration into *folder*; return the file."""
    auth = cloud["auth"]
    etc = settings_of_vitrage()
    path = folder / "vitrage.conf"
    paste = (etc / "api-paste.ini").read_text()
    # Without the second line it reads /etc/vitrage only.
    paste = paste.replace(
        "oslo_config_project = vitrage", f"oslo_config_project = vitrage\noslo_config_file = {path}"
    )
    (folder / "api-paste.ini").write_text(paste)
    login = {
        "auth_type": "password",
        **{name: value for name, value in auth.items() if isinstance(value, str)},
        "region_name": cloud["region_name"],
    }
    groups = {
        "DEFAULT": {"transport_url": cloud["notifications"]["transport_url"]},
        "api": {"host": "127.0.0.1", "paste_config": folder / "api-paste.ini", "workers": 1},
        "database": {"connection": f"sqlite:///{folder}/vitrage.sqlite"},
        "datasources": {"types": ",".join(DRIVERS), "snapshots_interval": 60},
        "entity_graph": {"datasources_values_dir": etc / "datasources_values"},
        "coordination": {"backend_url": f"file://{folder}/coordination"},
        "evaluator": {"workers": 1},
        "oslo_messaging_rabbit": {"heartbeat_in_pthread": "false"},
        "oslo_concurrency": {"lock_path": folder / "lock"},
        "service_credentials": {**login, "interface": "public"},
        "keystone_authtoken": {**login, "www_authenticate_uri": auth["auth_url"]},
        "synchronizer": {"url": url},
    }
    if not native:
        for name, driver in DRIVERS.items():
            groups[name] = {
                "driver": f"synchronizer_vitrage.drivers.{driver}",
                "update_method": "pull",
                "changes_interval": 1,
            }
    lines = []
    for group, options in groups.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in options.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


@contextlib.contextmanager
def running(path):
    """Run Vitrage with a configuration; give the URL of its API."""
    folder = path.parent
    options = ["--config-file", str(path)]
    program = [sys.executable, "-W", "ignore"]
    (folder / "log").mkdir(exist_ok=True)
    subprocess.run([*program, HERE / "schema.py", *options], check=True)
    script = Path(sys.executable).with_name("vitrage-graph")
    with contextlib.ExitStack() as stack:
        graph = subprocess.Popen(
            [*program, script, *options, "--log-file", folder / "log/graph.log"],
            stdout=stack.enter_context((folder / "log/graph.out").open("w")),
            stderr=subprocess.STDOUT,
        )
        stack.callback(end, graph)
        api = subprocess.Popen(
            [*program, HERE / "api.py", "0", *options, "--log-file", folder / "log/api.log"],
            stdout=subprocess.PIPE,
            stderr=stack.enter_context((folder / "log/api.out").open("w")),
            text=True,
        )
        stack.callback(end, api)
        found = None
        for line in api.stdout:
            if found := re.match(r"listens on (\d+)", line):
                break
        if found is None:
            raise SystemExit(f"Vitrage's API did not start; see {folder}/log")
        yield f"http://127.0.0.1:{found[1]}"


def end(process):
    """End a process that was started here."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clouds-yaml", type=Path, required=True)
    parser.add_argument("--os-cloud", default="synchronizer-test")
    parser.add_argument("--url", default="http://127.0.0.1:8989", help="of the synchronizer")
    parser.add_argument("--native", action="store_true", help="with Vitrage's own drivers")
    asked = parser.parse_args()
    cloud = yaml.safe_load(asked.clouds_yaml.read_text())["clouds"][asked.os_cloud]
    with tempfile.TemporaryDirectory() as name:
        path = configuration(Path(name), cloud, asked.url, native=asked.native)
        with running(path) as url:
            print(f"Vitrage's API is at {url}, its log in {name}/log; Ctrl-C ends it.", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()


if __name__ == "__main__":
    main()
