"""A wrong start ends with one sentence that names the remedy, and an exit code of its kind."""

import os
import re
import socket
import sqlite3
import subprocess

import pytest

from synchronizer.model.errors import ConfigurationError, StoreUnusableError
from synchronizer.service.options import load
from synchronizer.service.synchronizer import Synchronizer
from synchronizer.store import open_store

WRONG, UNREACHABLE, CREDENTIALS, STORE = 2, 3, 4, 5


@pytest.fixture
def refused(launcher, options):
    """Assert that a changed configuration is refused with an exit code and a sentence."""

    def check(code, sentence, **changed):
        wanted = {
            group: {**options.get(group, {}), **changed.get(group, {})}
            for group in options | changed
        }
        service = launcher(wanted).launch()
        assert service.wait(60) == code, service.said()
        # Whatever the log said before, the last word is for the operator.
        last = service.lines[-1]
        assert re.search(sentence, last), service.said()
        assert not re.match(r"\d{4}-", last), "a log line is not a sentence"
        said = service.said()
        assert "Traceback" not in said
        assert said.count(last) == 1, "said once"
        assert "password" not in said.replace("check user, password", "")
        assert not service.family()

    return check


WRONG_OPTIONS = {
    "unknown option": ({"sampling": {"sweep_intervall": 5}}, r"no option 'sweep_intervall' in.*it"),
    "unknown group": (
        {"smapling": {"sweep_interval": 5}},
        r"no group \[smapling\]; the groups are",
    ),
    "bad interval": ({"sampling": {"sweep_interval": "often"}}, r"sweep_interval.*'often'"),
    "interval of zero": ({"sampling": {"poll_interval": 0}}, r"poll_.*\.conf is not valid.*0.05"),
    "port too high": ({"api": {"port": 65536}}, r"port .*\.conf is not valid.*65535"),
    "no such cloud": ({"clouds": {"names": "mars"}}, r"no cloud 'mars' \(it has: demo\); name one"),
    "no cloud": ({"clouds": {"names": ""}}, r"No cloud is named; use --os-cloud"),
    "no clouds.yaml": ({"clouds": {"file": "/no/clouds.yaml"}}, r"no file /no/clouds.yaml; give"),
    "no such plugin": ({"sampling": {"plugins": "nvoa"}}, r"no plugin 'nvoa'.*keystone.*nova"),
}


@pytest.mark.parametrize("name", WRONG_OPTIONS)
def test_a_wrong_option_is_told_with_the_remedy(launcher, options, name, monkeypatch):
    """As the command reads it, without starting a process for each."""
    monkeypatch.delenv("OS_CLOUD", raising=False)
    changed, sentence = WRONG_OPTIONS[name]
    wanted = {group: options.get(group, {}) | changed.get(group, {}) for group in options | changed}
    service = launcher(wanted)
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        Synchronizer(settings=load(config_files=[str(service.config)]))
    assert caught.value.exit_code == WRONG
    assert "\n" not in str(caught.value)


def test_a_wrong_option_ends_with_2(refused):
    refused(WRONG, r"no option 'sweep_intervall' in", sampling={"sweep_intervall": 5})


def test_an_address_for_others_ends_with_2(refused):
    refused(WRONG, r"listen on 127.0.0.1 or ::1, not on 0.0.0.0", api={"host": "0.0.0.0"})


def test_a_missing_configuration_file_ends_with_2(launcher, options):
    service = launcher(options)
    service.config.unlink()
    assert service.launch().wait(60) == WRONG
    assert re.search(r"no such configuration file.*synchronizer.conf", service.lines[-1])


def test_a_taken_port_ends_with_2(refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(WRONG, rf"Cannot listen on 127.0.0.1:{port} .*choose another", api={"port": port})


def test_an_unreachable_cloud_ends_with_3(refused, options, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    clouds = options["clouds"]["file"]
    clouds.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", clouds.read_text()))
    refused(UNREACHABLE, rf"does not answer at http://127.0.0.1:{port}/v3.*check auth_url")


def test_a_wrong_password_ends_with_4(refused, options):
    clouds = options["clouds"]["file"]
    clouds.write_text(clouds.read_text().replace('"password":"password"', '"password":"x"'))
    refused(CREDENTIALS, r"refused the credentials; check user, password")


def test_a_store_newer_than_the_program_ends_with_5(refused, store_url, tmp_path):
    open_store(store_url).close()
    with sqlite3.connect(tmp_path / "store.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    refused(STORE, r"schema 9999, newer than this program .*; upgrade the program")


def test_a_file_that_is_no_store_ends_with_5(refused, tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"not a database, but quite long enough " * 500)
    refused(STORE, r"damaged or not a store .*; restore it from a backup, or move it away")


def test_a_damaged_store_ends_with_5(refused, store_url, tmp_path):
    open_store(store_url).close()
    file = tmp_path / "store.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    refused(STORE, r"damaged or not a store .*; restore it from a backup, or move it away")


def test_a_read_only_folder_ends_with_5(refused, tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir()
    if os.geteuid() == 0:  # whom permissions do not stop
        mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("root may write everywhere, and may not mount here")
    else:
        folder.chmod(0o500)
    try:
        url = f"sqlite:///{folder}/store.sqlite"
        refused(STORE, r"cannot be opened for writing.*check folder", store={"url": url})
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "URL cannot be read.*write sqlite:////"),
        ("nosuchdb://localhost/store", "No driver .* nosuchdb .*; install it"),
        ("sqlite:////dev/null/below/store", "cannot be made .*; make it, or set"),
    ],
)
def test_a_store_that_cannot_be_is_told_with_the_remedy(url, sentence):
    with pytest.raises(StoreUnusableError, match=sentence) as caught:
        open_store(url)
    assert caught.value.exit_code == STORE
