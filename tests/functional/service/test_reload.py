"""SIGHUP: what changed takes effect, what is wrong changes nothing."""

import contextlib
import os
import re
import signal

from synchronizer.plugins import names


def reloaded(service, **changed):
    """Write the changed configuration and send the signal; return how many lines were said."""
    wanted = {
        group: {**service.options.get(group, {}), **changed.get(group, {})}
        for group in service.options | changed
    }
    before = len(service.lines)
    service.configure(wanted)
    os.kill(service.process.pid, signal.SIGHUP)
    return before


def test_new_intervals_and_types_take_effect_without_a_gap(serve, world, cloud, eventually):
    service = serve({"sampling": {"sweep_interval": 3600, "poll_interval": 3600}})
    before = world.types(service.url)
    assert "nova.aggregate" not in before
    with service.mirror(["nova.server"]) as mirror:
        assert mirror.wait_synced(30)
        samplers = {role: service.child(role) for role in service.children().values()}
        types = ",".join([*world.names, "nova.agg*"])
        reloaded(service, sampling={"sweep_interval": 1, "poll_interval": 0.5, "types": types})
        service.heard("configuration read again")
        for role, pid in samplers.items():
            service.child(role, other_than=pid)
        (created,) = cloud.mutate("create", "nova.server")

        def took_effect():
            with contextlib.suppress(OSError):  # the API is restarted as well
                now = world.types(service.url)
                sampled = now.get("nova.aggregate", {}).get("sampled_at")
                return sampled and created in mirror.of("nova.server")

        eventually(took_effect, 40, service.said)
        moment = world.types(service.url)["keystone.user"]["sampled_at"]
        eventually(lambda: world.fresh_since(service.url, moment, ["keystone.user"]), 30)
        assert mirror.statistics.relists == 0
    assert not re.search(r"starting it again", service.said()), "a reload is no failure"
    assert service.stop()[0] == 0
    assert not service.family()


def test_a_wrong_configuration_keeps_the_old_one(serve, world, eventually, tmp_path):
    service = serve()
    children = service.children()
    broken = tmp_path / "broken.yaml"
    broken.write_text("clouds: {demo: {auth:")
    wrong = {
        "no option 'sweep'": {"sampling": {"sweep": 1}},
        "sweep_interval": {"sampling": {"sweep_interval": 0}},
        "no cloud 'mars'": {"clouds": {"names": "mars"}},
        "broken.yaml cannot be read": {"clouds": {"file": broken}},
        "no plugin 'nvoa'": {"sampling": {"plugins": "nova,nvoa"}},
        "No cloud is named": {"clouds": {"names": ""}},
        "url holds from the start": {"store": {"url": f"sqlite:///{tmp_path}/other.sqlite"}},
    }
    for sentence, changed in wrong.items():
        before = reloaded(service, **changed)
        service.heard(rf"ERROR .*configuration not changed: .*{sentence}", since=before)
        told = [line for line in service.lines[before:] if "configuration" in line]
        assert len(told) == 1, told
    service.config.unlink()
    before = len(service.lines)
    os.kill(service.process.pid, signal.SIGHUP)
    service.heard("configuration not changed: There is no such configuration file", since=before)
    assert service.children() == children
    assert "Traceback" not in "\n".join(service.lines)
    moment = world.types(service.url)["nova.server"]["sampled_at"]
    eventually(lambda: world.fresh_since(service.url, moment), 30, service.said)


def test_a_reload_that_changes_nothing_restarts_nothing(serve):
    service = serve()
    children = service.children()
    reloaded(service)
    service.heard("configuration read again")
    reloaded(service, store={"history": 3600})  # concerns the supervisor, and the API's answers
    service.heard("api ended with .*, as it was told", 30)
    after = service.children()
    assert {p for p, r in after.items() if r != "api"} == {
        p for p, r in children.items() if r != "api"
    }


def test_plugins_come_and_go_with_a_reload(serve, eventually):
    service = serve()
    reloaded(service, sampling={"plugins": "nova"})
    eventually(
        lambda: set(service.children().values()) == {"api", "scout demo", "sampler nova@demo"},
        30,
        service.said,
    )
    reloaded(service, sampling={"plugins": ",".join(names())})
    eventually(
        lambda: {"sampler nova@demo", "sampler keystone@demo"} <= set(service.children().values()),
        30,
        service.said,
    )
    for _ in range(5):  # faster than anything can follow
        os.kill(service.process.pid, signal.SIGHUP)
    reloaded(service, sampling={"plugins": "keystone"})
    eventually(
        lambda: (
            sorted(service.children().values()) == ["api", "sampler keystone@demo", "scout demo"]
        ),
        30,
        service.said,
    )
    assert service.stop()[0] == 0
