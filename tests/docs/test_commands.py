"""The commands that README and the how-to pages show are run, against a demo cloud."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from openstack_democloud.running import DemoCloud
from synchronizer.client.http import HttpTransport

PAGES = (
    "README.md",
    *(f"docs/how-to/{name}.rst" for name in ("relations", "devstack", "metrics", "run")),
)
SHOWN = re.compile(r"^ +(?:\$ )?((?:synchronizer|curl) (?:[^\n\\]|\\\n|\\.)*)", re.MULTILINE)


@pytest.fixture(scope="module")
def shell(module_launcher, tmp_path_factory, eventually):
    """Run a line in a shell that has the program, and a service where the pages have theirs."""
    folder = tmp_path_factory.mktemp("reader")
    program = folder / "bin/synchronizer"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m synchronizer.cli "$@"\n')
    program.chmod(0o755)
    with DemoCloud(servers=5) as cloud:
        clouds = cloud.write_clouds_yaml(folder / "clouds.yaml", "mycloud")
        service = module_launcher(
            {
                "clouds": {"names": "mycloud", "file": clouds},
                "store": {"url": f"sqlite:///{folder}/served.sqlite"},
                "api": {"port": 0},
            }
        ).start()
        known = HttpTransport(service.url)

        def ids(type_):
            with known.get_all([type_]) as entities:
                return [each.id for each in entities]

        def sampled():
            names = {each.type: each.state for each in known.types()}
            wanted = ("nova.server", "neutron.network", "neutron.port")
            return all(names.get(each) == "current" for each in wanted)

        eventually(sampled, 60, service.said)
        values = {
            "http://127.0.0.1:8989": service.url,
            "REVISION": str(known.types()[0].revision or 0),
            "5f0c…": ids("nova.server")[0],
            "6a7b…": ids("neutron.network")[0],
        }
        env = {k: v for k, v in os.environ.items() if not k.startswith("OS_")} | {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "OS_CLIENT_CONFIG_FILE": str(clouds),
            "SYNCHRONIZER_URL": service.url,
        }

        def run(line):
            for usual, here in values.items():
                line = line.replace(usual, here)
            return subprocess.run(
                ["bash", "-c", line],
                cwd=folder,
                env=env,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        yield run


@pytest.mark.parametrize("name", PAGES)
def test_every_command_does_what_its_page_shows(root, shell, name):
    lines = SHOWN.findall((root / name).read_text())
    assert lines
    for line in lines:
        command = line.split("#")[0].strip()
        if " serve " in command:
            continue  # it is what the others are asked of
        endless = "text/event-stream" in command
        if command.startswith("curl "):
            command = command.replace("curl ", f"curl -f {'--max-time 1 ' * endless}", 1)
        done = shell(command)
        assert done.returncode in ({28} if endless else {0}), (command, done.stdout, done.stderr)
        assert done.stdout


def test_the_programs_of_the_readme_run(root, shell, code_blocks):
    for program in code_blocks((root / "README.md").read_text(), "python"):
        done = shell(f"timeout 50 {sys.executable} -c {shlex.quote(program)}")
        assert done.returncode == 0, (program, done.stderr)
        assert done.stdout
