"""A wrong ``[bus]`` is refused at start and by a reload; a broker that is down is waited for."""

import os
import re
import signal
from contextlib import suppress

import pytest

from synchronizer.client.bus import BusTransport
from synchronizer.model.errors import ConfigurationError, TransportError
from synchronizer.service.bus_interface import check_bus
from synchronizer.service.options import load
from synchronizer.service.settings import Bus
from synchronizer.service.synchronizer import Synchronizer
from synchronizer.testing.proxy import Proxy
from synchronizer.testing.rabbit import Rabbit

PASSWORD = "s3cret"
HERE = f"u:{PASSWORD}@127.0.0.1:1/"
LIKE = r"it is like rabbit://user:password@host:5672/"

WRONG = {
    "no port": ({"url": f"rabbit://u:{PASSWORD}@h:port/"}, LIKE),
    "port too high": ({"url": f"rabbit://u:{PASSWORD}@h:99999/"}, LIKE),
    "no host": ({"url": "rabbit:///"}, LIKE),
    "no scheme": ({"url": PASSWORD}, LIKE),
    "unknown bus": (
        {"url": f"nonsense://{HERE}", "relay": False},
        r"cannot load its driver for nonsense://.*correct the URL",
    ),
    "told in windows elsewhere": (
        {"url": f"amqp://{HERE}", "rpc": False},
        r"amqp:// bus cannot be followed or told in windows; .*windowed = false",
    ),
    "Kafka by the notifier": (
        {"url": f"kafka://{HERE}", "rpc": False, "windowed": False},
        r"kafka:// bus needs \[bus\] windowed = true",
    ),
    "calls over Kafka": (
        {"url": f"kafka://{HERE}"},
        r"kafka:// bus carries no calls; set \[bus\] rpc = false",
    ),
    "CloudEvents by the notifier": (
        {"url": f"rabbit://{HERE}", "windowed": False, "envelope": "cloudevents"},
        r"cloudevents needs windowed = true.*Set envelope = oslo",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_bus_is_told_with_the_remedy_and_without_the_password(name):
    bus, sentence = WRONG[name]
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        check_bus(Bus(**bus))
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["oslo_messaging", "oslo_service"])
def test_a_missing_extra_is_told(tmp_path, monkeypatch, missing):
    error = f"raise ModuleNotFoundError('No module named {missing}', name='{missing}')\n"
    (tmp_path / f"{missing}.py").write_text(error)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=rf"{missing} is needed: install.*\[messaging\]"):
        check_bus(Bus(url=f"rabbit://{HERE}"))


def test_what_is_right_is_taken_without_a_broker():
    check_bus(Bus())
    check_bus(Bus(url=f"rabbit://{HERE}"))
    check_bus(Bus(url=f"rabbit://{HERE}?amqp_durable_queues=true", windowed=False))
    check_bus(Bus(url="", windowed=False, envelope="cloudevents"))


def test_a_wrong_bus_ends_a_start_with_2(launcher, options):
    service = launcher({**options, "bus": {"url": f"nonsense://{HERE}", "relay": False}}).launch()
    assert service.wait(60) == 2, service.said()
    assert "cannot load its driver for nonsense://" in service.lines[-1]
    assert not any(PASSWORD in line or "Traceback" in line for line in service.lines)
    assert not service.family()


def test_an_embedded_one_is_refused_before_anything_is_opened(launcher, options, tmp_path):
    service = launcher({**options, "bus": {"url": f"rabbit://u:{PASSWORD}@h:port/"}})
    with pytest.raises(ConfigurationError, match=LIKE):
        Synchronizer(settings=load(config_files=[str(service.config)]))
    assert not (tmp_path / "store.sqlite").exists()


def test_a_reload_with_a_wrong_bus_changes_nothing(launcher, options):
    service = launcher(options).start(120)
    wrong = {"url": f"rabbit://{HERE}", "windowed": "false", "envelope": "cloudevents"}
    service.configure({**options, "bus": wrong})
    os.kill(service.process.pid, signal.SIGHUP)
    service.heard("configuration not changed: .*needs windowed = true")
    assert not {"rpc", "relay"} & set(service.children().values())
    assert service.stop()[0] == 0


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "debug"])
def test_a_broker_that_is_down_is_waited_for_and_no_log_has_its_password(
    launcher, options, rabbit, debug, eventually
):
    """One that refuses us as well: its operator may mend that meanwhile."""
    with Proxy(("127.0.0.1", rabbit.port)) as link:
        link.refuse()
        url = f"rabbit://{rabbit.user}:{rabbit.password}@127.0.0.1:{link.port}/"
        service = launcher(
            {**options, "bus": {"url": url, "exchange": "waits"}},
            program=("-m", "synchronizer.cli", *debug),
        ).start(120)
        service.heard(r"\[relay\] The message bus at .* does not answer .*check that it runs")
        doors = {role: service.child(role) for role in ("rpc", "relay")}
        link.refuse(False)
        transport = BusTransport(rabbit.url, exchange="waits", timeout=60)
        try:
            eventually(lambda: _sampled(transport), 60)
            with transport.watch(0) as watch:
                assert next(iter(watch)).revision >= 1
        finally:
            transport.close()
        assert doors == {role: service.child(role) for role in doors}, "none had to be restarted"
        assert service.stop()[0] == 0
    assert not [line for line in service.lines if Rabbit.password in line]
    assert not re.search("Traceback", "\n".join(service.lines))


def _sampled(transport):
    """Whether something is in the store; while the server connects, a call comes back at once."""
    with suppress(TransportError):
        return any(each.entities for each in transport.types())
