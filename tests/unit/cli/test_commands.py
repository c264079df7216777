"""The table of commands, and what a command line needs before any synchronizer is asked."""

import subprocess
import sys

import pytest

from synchronizer.cli.app import DEFAULT_URL, main
from synchronizer.cli.columns import name_of, status_of
from synchronizer.cli.commands import COMMANDS
from synchronizer.client import http
from synchronizer.model.errors import TransportError


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_explains_itself(name, capsys):
    """Its class can be loaded, and its help begins with what it does."""
    assert COMMANDS[name].load().__doc__
    assert main([*name.split(), "--help"]) == 0
    assert f"usage: synchronizer {name}" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--help"], ["-h"], []])
def test_help_lists_every_command_from_the_table(argv, capsys):
    assert main(argv) == 0
    printed = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert f"{name} " in printed
        assert entry.summary in printed


def test_help_imports_neither_a_command_nor_the_client_nor_the_server():
    """So it is printed at once."""
    script = """if True:
        import sys
        from synchronizer.cli.app import main
        main(["--help"])
        ours = [name for name in sys.modules if name.startswith("synchronizer.")]
        print(ours, file=sys.stderr)
        for heavy in ("requests", "sqlalchemy", "openstack", "msgspec", "rich", "cmd2"):
            assert heavy not in sys.modules, heavy
    """
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(eval(done.stderr)) == {
        "synchronizer.cli",
        "synchronizer.cli.app",
        "synchronizer.cli.commands",
    }


def test_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("synchronizer ")


def test_the_default_url_is_the_clients():
    assert http.DEFAULT_URL == DEFAULT_URL


@pytest.mark.parametrize(
    "argv",
    [
        ["entity", "list"],
        ["entity", "frobnicate"],
        ["change", "list"],
        ["sweep", "--nonsense", "x"],
    ],
)
def test_wrong_usage_ends_with_2(argv, capsys):
    assert main(argv) == 2


@pytest.mark.parametrize(
    ("text", "says"), [("status=ACTIVE", "body.PATH=VALUE"), ("body.status", "body.PATH=VALUE")]
)
def test_a_filter_that_is_none_is_explained(text, says, capsys):
    assert main(["entity", "list", "nova.server", "--filter", text]) == 2
    assert says in capsys.readouterr().err


def test_nobody_there_is_one_sentence_with_the_remedy_and_its_exit_code(capsys):
    assert main(["--url", "http://127.0.0.1:1", "entity", "list", "t"]) == TransportError.exit_code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "No synchronizer answers at http://127.0.0.1:1 (Connection refused); "
        "start one with `synchronizer serve`, or name another with --url.\n"
    )


def test_the_url_comes_from_the_environment_too(monkeypatch, capsys):
    monkeypatch.setenv("SYNCHRONIZER_URL", "http://127.0.0.2:1")
    assert main(["type", "list"]) == 6
    assert "127.0.0.2" in capsys.readouterr().err


def test_debug_shows_where(capsys):
    assert main(["--debug", "--url", "http://127.0.0.1:1", "type", "list"]) == 6
    assert "Traceback" in capsys.readouterr().err


def test_type_list_all_asks_the_plugins_only(capsys):
    assert main(["--url", "http://127.0.0.1:1", "type", "list", "--all", "-f", "value"]) == 0
    assert "nova.server" in capsys.readouterr().out


def test_type_list_all_marks_what_is_not_sampled_by_default(capsys):
    argv = ["type", "list", "--all", "nova.server", "cinder.pool", "-c", "Type", "-c", "Default"]
    assert main([*argv, "-f", "value"]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == ["cinder.pool no", "nova.server yes"]


@pytest.mark.parametrize(
    ("body", "name", "status"),
    [
        ({"name": "web", "status": "ACTIVE"}, "web", "ACTIVE"),
        ({"hypervisor_hostname": "cn-1", "state": "up", "status": "enabled"}, "cn-1", "enabled"),
        ({"name": "admin", "enabled": True}, "admin", "enabled"),
        ({"enabled": False}, "", "disabled"),
        ({"name": None}, "", ""),
        (None, "", ""),
    ],
)
def test_name_and_status_are_found_where_services_put_them(body, name, status):
    assert (name_of(body), status_of(body)) == (name, status)


@pytest.mark.parametrize(
    ("library", "argv", "extra"),
    [
        ("cliff", ["type", "list"], "cli"),
        ("sqlalchemy", ["serve"], "server"),
        ("alembic", ["db", "upgrade"], "server"),
        ("openstack", ["--os-cloud", "x", "serve"], "server"),
    ],
)
def test_a_missing_extra_is_one_sentence(library, argv, extra):
    script = (
        f"import sys; sys.modules[{library!r}] = None; from synchronizer.cli import main; "
        f"sys.exit(main({argv!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"pip install 'openstack-synchronizer[{extra}]'" in done.stderr


@pytest.mark.parametrize("number", ["-1", "0", "x"])
def test_a_limit_that_is_none_is_explained(number, capsys):
    assert main(["entity", "list", "nova.server", "--limit", number]) == 2
    assert "no number of 1 or more" in capsys.readouterr().err


def test_a_program_that_embeds_it_is_told_the_extra():
    script = "import sys; sys.modules['sqlalchemy'] = None; from synchronizer import Synchronizer"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "pip install 'openstack-synchronizer[server]'" in done.stderr.splitlines()[-1]
