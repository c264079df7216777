"""The plugin against a real Nagios: what changes there is found, and what hides is kept."""

from uuid import uuid4

import msgspec
import pytest

from synchronizer.model import entity
from synchronizer.model.errors import MalformedError, RefusedError, UnreachableError
from synchronizer.plugins.nagios import Nagios
from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.scope import Scope
from synchronizer.sampling.setup import Setup
from synchronizer.store import open_store

RESOURCES = {resource.name: resource for resource in Nagios.declared()}


class Watched:
    """One type sampled into a store."""

    def __init__(self, store, service, name):
        self.store = store
        self.collection = entity.Collection(uuid4().hex, None, f"nagios.{name}")
        store.declare(self.collection, stale_after=60)
        setup = Setup(store, Nagios(), parents=lambda _type: (), scope=Scope)
        self.sampler = Sampler(self.collection, RESOURCES[name], service, setup)
        self.since = store.head().revision

    def sweep(self):
        self.sampler.sweep()
        return self.held()

    def held(self):
        pages = self.store.snapshot([self.collection], self.store.head().revision)
        return {r.id: msgspec.json.decode(r.body) for page in pages for r in page}

    def ops(self):
        page = self.store.changes(self.since, [self.collection], limit=1000)
        return [(record.op, record.id) for record in page.records]


@pytest.fixture
def watch(connect, tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    yield lambda name, **who: Watched(store, connect(**who), name)
    store.close()


def test_hosts_and_services_are_status_and_configuration_in_one(nagios, watch):
    """Under ids that hold whatever the names hold, and without passwords."""
    hosts = watch("host").sweep()
    assert set(hosts) == {"compute-1", "compute-2"}
    host = hosts["compute-1"]
    assert (host["address"], host["status"]) == ("127.0.0.1", "pending")
    assert host["check_command"] == "probe"
    assert host["custom_variables"] == {"TOKEN": "***"}
    services = watch("service").sweep()
    assert set(services) == {"compute-1/cpu", "compute-2/cpu", f"compute-1/{nagios.odd}"}
    assert "CANARY" not in str(hosts) + str(services)


def test_a_second_sweep_and_reads_change_nothing(nagios, watch):
    """Listing and single read are one shape."""
    for name in ("host", "service", "hostgroup", "servicegroup", "contact"):
        watched = watch(name)
        held = watched.sweep()
        watched.sampler.read(list(held))
        watched.sweep()
        assert [op for op, _ in watched.ops()] == ["create"] * len(held), name
        assert held


def test_groups_name_their_members(nagios, watch):
    """Which are relations."""
    assert watch("hostgroup").sweep()["all"]["members"] == ["compute-1", "compute-2"]
    member = {"host_name": "compute-1", "service_description": "cpu"}
    assert watch("servicegroup").sweep()["cpus"]["members"] == [member]


def test_a_poll_finds_a_change_of_state(nagios, watch):
    """A passive check result, sent down the command pipe."""
    watched = watch("service")
    watched.sweep()
    nagios.command(f"PROCESS_SERVICE_CHECK_RESULT;compute-1;{nagios.odd};2;it is full|/=99%")

    def critical():
        watched.sampler.poll()
        return watched.held()[f"compute-1/{nagios.odd}"]["status"] == "critical"

    nagios.wait(critical)
    assert [id_ for op, id_ in watched.ops() if op == "update"] == [f"compute-1/{nagios.odd}"]


def test_an_acknowledgement_is_found_by_a_sweep(nagios, watch):
    """It is no change of state, so no poll sees it; the comment that comes with it is one."""
    nagios.command("PROCESS_SERVICE_CHECK_RESULT;compute-2;cpu;2;hot")
    services, comments = watch("service"), watch("comment")
    nagios.wait(lambda: services.sweep()["compute-2/cpu"]["status"] == "critical")
    comments.sweep()
    nagios.command("ACKNOWLEDGE_SVC_PROBLEM;compute-2;cpu;2;0;1;alice;on it")
    nagios.wait(lambda: services.sweep()["compute-2/cpu"]["problem_has_been_acknowledged"])
    assert services.held()["compute-2/cpu"]["acknowledgement_type"] == "sticky"
    (comment,) = nagios.wait(comments.sweep).values()
    assert (comment["entry_type"], comment["author"]) == ("acknowledgement", "alice")


def test_a_downtime_comes_and_goes_with_its_comment(nagios, watch):
    """What is gone is deleted when a read says so."""
    hosts, downtimes, comments = watch("host"), watch("downtime"), watch("comment")
    hosts.sweep()
    before = set(comments.sweep())
    nagios.command("SCHEDULE_HOST_DOWNTIME;compute-1;1;4000000000;1;0;600;bob;new disks")
    (id_,) = nagios.wait(downtimes.sweep)
    nagios.wait(lambda: hosts.sweep()["compute-1"]["scheduled_downtime_depth"] == 1)
    assert downtimes.held()[id_]["comment"] == "new disks"
    assert len(set(comments.sweep()) - before) == 1
    nagios.command(f"DEL_HOST_DOWNTIME;{id_}")
    nagios.wait(lambda: not downtimes.sweep())
    assert downtimes.ops()[-1] == ("delete", id_)
    nagios.wait(lambda: set(comments.sweep()) == before)
    nagios.wait(lambda: hosts.sweep()["compute-1"]["scheduled_downtime_depth"] == 0)


def test_a_comment_comes_and_goes(nagios, watch):
    """With what stands in it."""
    comments = watch("comment")
    before = set(comments.sweep())
    nagios.command("ADD_HOST_COMMENT;compute-2;1;carol;mind the; cable")
    nagios.wait(lambda: len(comments.sweep()) > len(before))
    (id_,) = set(comments.held()) - before
    assert comments.held()[id_]["comment_data"] == "mind the; cable"
    nagios.command(f"DEL_HOST_COMMENT;{id_}")
    nagios.wait(lambda: id_ not in comments.sweep())


def test_a_service_that_was_taken_out_is_deleted_and_one_put_in_is_found(nagios, watch):
    """After a restart, which is no delete of anything else."""
    services, hosts = watch("service"), watch("host")
    services.sweep()
    hosts.sweep()
    nagios.services.remove(("compute-2", "cpu"))
    nagios.services.add(("compute-3", "a/b"))
    nagios.restart()
    # What was seen for the first time a moment ago is deleted a moment later.
    nagios.wait(lambda: "compute-2/cpu" not in services.sweep())
    nagios.wait(lambda: set(hosts.sweep()) == {"compute-1", "compute-3"})
    assert "compute-3/a/b" in services.held()
    assert [id_ for op, id_ in services.ops() if op == "delete"] == ["compute-2/cpu"]
    nagios.services.add(("compute-2", "cpu"))
    nagios.services.remove(("compute-3", "a/b"))
    nagios.restart()


def test_a_nagios_that_was_stopped_is_unreachable_and_deletes_nothing(nagios, watch):
    """It takes its status file away; the CGIs answer 200 and nothing else."""
    services = watch("service")
    held = services.sweep()
    nagios.stop()
    (nagios.folder / "nagios.cmd").unlink(missing_ok=True)
    try:
        with pytest.raises(UnreachableError, match="answers nothing"):
            services.sweep()
        with pytest.raises(UnreachableError):
            services.sampler.read(list(held))
        assert set(services.held()) == set(held)
    finally:
        nagios.start()


def test_an_unauthorised_user_sees_nothing_and_deletes_nothing(nagios, watch, connect):
    """The CGIs leave out, silently, what a user is no contact for."""
    services, hosts = watch("service"), watch("host")
    held = services.sweep()
    hosts.sweep()
    services.sampler.service = hosts.sampler.service = connect(username="anybody")
    with pytest.raises(MalformedError):
        hosts.sweep()
    services.sweep()
    services.sweep()
    assert set(services.held()) == set(held)


def test_a_wrong_password_is_refused(nagios, watch):
    """By the web server before the CGIs."""
    with pytest.raises(RefusedError):
        watch("host", password="wrong").sweep()
