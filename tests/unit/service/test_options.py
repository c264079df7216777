"""Options: where they come from, which wins, and what is said when one is wrong."""

import json
import subprocess
import sys

import pytest

from synchronizer.model.errors import ConfigurationError
from synchronizer.service.options import GROUPS, load

CLOUDS = {
    "clouds": {
        "one": {
            "auth": {
                "auth_url": "http://127.0.0.1:1/v3",
                "username": "u",
                "password": "hunter2",
                "project_name": "p",
            },
            "region_name": "RegionOne",
        },
        "two": {
            "auth_type": "v3token",
            "auth": {"auth_url": "http://127.0.0.1:1/v3", "token": "hunter2"},
            "regions": ["A", "B"],
        },
    }
}


@pytest.fixture
def clouds_file(tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text(json.dumps(CLOUDS))
    return str(path)


@pytest.fixture
def conf(tmp_path, clouds_file):
    """Write a configuration file and load it."""

    def write(text="", **more):
        path = tmp_path / "synchronizer.conf"
        path.write_text(text)
        options = {"clouds": ["one"], "clouds_file": clouds_file} | more
        return load(config_files=[str(path)], **options)

    return write


def test_every_option_has_a_default_and_a_help(conf):
    settings = conf()
    assert settings.intervals.sweep == 600.0
    assert settings.intervals.poll == 15.0
    assert settings.api.port == 8989
    assert all(option.help for options in GROUPS.values() for option in options)


def test_a_file_sets_options(conf):
    settings = conf("[sampling]\nsweep_interval = 30\ntypes = nova.*, keystone.user\n")
    assert settings.intervals.sweep == 30.0
    assert settings.intervals.types == ("nova.*", "keystone.user")


def test_the_environment_beats_the_file(conf, monkeypatch):
    monkeypatch.setenv("OS_STORE__URL", "sqlite:////elsewhere")
    assert conf("[store]\nurl = sqlite:////here\n").store == "sqlite:////elsewhere"


def test_the_command_line_beats_the_environment(conf, monkeypatch):
    monkeypatch.setenv("OS_STORE__URL", "sqlite:////elsewhere")
    settings = conf(overrides={"store": {"url": "sqlite:////there"}})
    assert settings.store == "sqlite:////there"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sampling]\nsweep_intervall = 5\n", "There is no option 'sweep_intervall'"),
        ("[smapling]\nsweep_interval = 5\n", "There is no group [smapling]"),
        ("[sampling]\nsweep_interval = often\n", "sweep_interval"),
        ("[sampling]\npoll_interval = -1\n", "poll_interval"),
        ("[sampling]\ndelete_guard = 2\n", "delete_guard"),
        ("[api]\nport = 99999\n", "port"),
        ("this is no configuration\n", "wrong"),
    ],
)
def test_a_wrong_file_is_told_with_the_options_name(conf, text, said):
    with pytest.raises(ConfigurationError) as caught:
        conf(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told():
    with pytest.raises(ConfigurationError, match="no such configuration file"):
        load(config_files=["/nowhere/synchronizer.conf"])


def test_a_cloud_that_is_not_there_names_those_that_are(conf):
    with pytest.raises(ConfigurationError, match="it has: one, two"):
        conf(clouds=["three"])


def test_a_cloud_keeps_its_regions_and_kind_of_authentication(conf):
    one, two = conf(clouds=["one", "two"]).clouds
    assert (one.auth_type, one.regions) == ("password", ("RegionOne",))
    assert (two.auth_type, set(two.regions)) == ("v3token", {"A", "B"})
    assert two.auth["token"] == "hunter2"


def test_a_missing_clouds_file_is_told(conf):
    with pytest.raises(ConfigurationError, match=r"There is no file /nowhere/clouds\.yaml"):
        conf(clouds_file="/nowhere/clouds.yaml")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("OS_STORE__HISTORYY", "OS_STORE__HISTORY"),
        ("OS_STOR__URL", "OS_STORE__URL"),
        ("OS_SAMPLING__SKIPP", "OS_SAMPLING__SKIP"),
    ],
)
def test_a_misspelt_variable_is_refused(conf, monkeypatch, variable, meant):
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ConfigurationError, match=f"{variable} .*did you mean {meant}"):
        conf()


def test_variables_of_other_programs_are_none_of_ours(conf, monkeypatch):
    monkeypatch.setenv("OS_DATABASE__CONNECTION", "x")
    monkeypatch.setenv("OS_USERNAME", "x")
    conf()


def test_options_from_the_environment_are_no_credentials(clouds_file, tmp_path):
    """To openstacksdk every OS_ variable is one of a cloud."""
    script = "from synchronizer.service.options import load; load(config_files=[], clouds=['one'])"
    env = {"OS_CLIENT_CONFIG_FILE": clouds_file, "OS_STORE__URL": "sqlite:///x", "HOME": "/"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_wrong_option_of_the_command_line_is_named(conf):
    with pytest.raises(ConfigurationError, match=r"\[api\] port = 80000: .*65535"):
        conf(overrides={"api": {"port": 80000}})


def test_no_plugin_is_given_less_memory_than_it_can_live_on(conf):
    least = 512 << 20
    assert conf(f"[sampling]\nmemory_limit = {least}\n").memory_limit == least
    with pytest.raises(ConfigurationError, match="memory_limit"):
        conf(f"[sampling]\nmemory_limit = {least - 1}\n")
