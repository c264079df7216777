"""Plugins are tried where they can do no harm: broken ones are told, the rest are known."""

import time

import pytest

from synchronizer.plugins import names
from synchronizer.service.supervisor.plugin_probe import try_all

PLUGIN = """
from synchronizer.plugins.plugin import Plugin
{before}
class Tried(Plugin):
    name, service_type, version, resources = "{name}", "type-of-{name}", "", ()
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install plugins as a distribution on PYTHONPATH: {name: what happens at its import}."""

    def install(**plugins):
        lines = ["[synchronizer.plugins]"]
        for name, before in plugins.items():
            module = PLUGIN.format(name=name, before=before)
            (tmp_path / f"tried_{name}.py").write_text(module)
            lines.append(f"{name} = tried_{name}:Tried")
        folder = tmp_path / "tried-1.0.dist-info"
        folder.mkdir(exist_ok=True)
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: tried\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return list(plugins)

    return install


def test_every_installed_plugin_passes():
    found = try_all(names())
    assert [each.name for each in found] == names()
    assert not any(each.broken for each in found)
    by_name = {each.name: each for each in found}
    assert by_name["nova"].service_type == "compute"
    assert by_name["nagios"].beside == "nagios"


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("raise ImportError('a library is missing')", "ImportError: a library is missing, at"),
        ("raise SystemExit(3)", "SystemExit: 3, at tried_bad.py:3"),
        ("import os; os._exit(7)", "its import ends the process with 7"),
        ("import os; os.abort()", "its import ends the process with -6"),
    ],
)
def test_a_broken_one_is_told_and_those_around_it_are_known(install, harm, told):
    beats = []
    found = try_all(
        install(first="", bad=harm, last="print('{}'); print(' noise')"),
        lambda: beats.append(time.monotonic()),
    )
    assert [each.name for each in found] == ["first", "bad", "last"]
    assert found[0].service_type == "type-of-first"
    assert told in found[1].broken
    assert (found[2].service_type, found[2].broken) == ("type-of-last", "")
    assert len(beats) >= 3


def test_one_that_hangs_is_given_up(install):
    (found,) = try_all(install(bad="import time; time.sleep(600)"), patience=1.0)
    assert found.broken == "its import takes longer than 1 s"


def test_what_is_no_plugin_is_told(install, tmp_path):
    (name,) = install(odd="")
    (tmp_path / "tried_odd.py").write_text("Tried = 5\n")
    (found,) = try_all([name])
    assert found.broken.startswith("AttributeError")


def test_nothing_to_try_starts_nothing():
    assert try_all([]) == []
