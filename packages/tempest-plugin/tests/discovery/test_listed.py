"""Tempest finds the plugin, its options, its client and its tests. Needs Tempest."""

import collections
import re
import subprocess
import sys
from pathlib import Path

import pytest

tempest = pytest.importorskip("tempest", reason="needs Tempest: tox run -e tempest")

BIN = Path(sys.executable).parent
OURS = "synchronizer_tempest_plugin.tests."
ID = re.compile(r"\bid-([0-9a-f-]{36})")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a configuration; what Tempest writes stays in it."""
    folder = tmp_path_factory.mktemp("tempest")
    (folder / "tempest.conf").write_text("[synchronizer]\nurl = http://127.0.0.1:8989\n")
    return folder


def said(folder, *command):
    """Run a program of Tempest's; return what it said."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def listed(folder):
    """All tests that Tempest lists, its own and ours."""
    said(folder, "stestr", "init")
    out = said(folder, "tempest", "run", "--config-file", "tempest.conf", "--list-tests")
    return [line for line in out.splitlines() if ID.search(line)]


def test_tempest_knows_the_plugin(folder):
    out = said(folder, "tempest", "list-plugins")
    assert "synchronizer_tempest_plugin.plugin:SynchronizerTempestPlugin" in out


def test_tempest_finds_each_test_with_an_id_that_no_other_test_has(listed):
    ours = [each for each in listed if each.startswith(OURS)]
    assert len(ours) >= 30
    times = collections.Counter(ID.search(each)[1] for each in listed)
    assert [each for each in ours if times[ID.search(each)[1]] > 1] == []


def test_tempest_finds_both_folders_of_tests(listed):
    folders = {each.removeprefix(OURS).split(".")[0] for each in listed if each.startswith(OURS)}
    assert folders == {"api", "scenario"}


def test_the_ids_are_as_tempest_wants_them(folder):
    said(folder, "check-uuid", "--package", "synchronizer_tempest_plugin.tests")


def test_the_options_are_in_the_sample_of_a_configuration_file(folder):
    out = said(folder, "oslo-config-generator", "--namespace", "tempest.config")
    assert "\n[synchronizer]\n" in out
    for option in ("url", "cloud", "visibility_timeout", "history"):
        assert re.search(rf"^#{option} =", out.partition("\n[synchronizer]\n")[2], re.MULTILINE)
    assert "\n#synchronizer = true\n" in out
