"""Other credentials, or another endpoint: nothing is deleted because they see less."""

from uuid import uuid4

import pytest

from synchronizer.model.errors import ScopeChangedError, VisibilityLostError, WrongScopeError
from synchronizer.testing.toy import Grain, Pebble, Thing
from synchronizer.testing.unfixed import ComparesNoScope

A = {"keystone": "k", "user": "u", "target": "project:a", "endpoint": "http://one"}
OTHERS = [
    {"target": "project:b"},
    {"target": "project:a/trust:t"},
    {"user": "v"},
    {"keystone": "another"},
]
KINDS = [Thing, Grain, Pebble]


class World:
    """Forty things of one project, eight of another; a token shows those of its own."""

    def __init__(self, made):
        self.made = made
        for each in range(40):
            made.cloud.create(f"a{each:02}")
        for each in range(8):
            made.cloud.create(f"b{each:02}")
        self.whole = dict(made.cloud.alive)
        self.shown_to("a")
        made.as_whom = dict(A)
        assert made.attempt() is None

    def shown_to(self, project):
        of = {id_: body for id_, body in self.whole.items() if id_.startswith(project)}
        self.made.cloud.alive = of

    def under_another(self, changed):
        """Do what a synchronizer does that is started anew with other credentials."""
        made = self.made
        made.as_whom = A | changed
        self.shown_to("b")
        other = made.another()
        made.clock.time += 600
        outcomes = {made.attempt(sampler=other) for _ in range(3)}
        with_hints = None
        try:
            other.read(["a00", "b00"])
        except VisibilityLostError as error:
            with_hints = type(error)
        return outcomes, with_hints

    def deletes(self):
        return [id_ for op, id_ in self.made.ops() if op == "delete"]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def world(rig, request):
    return World(rig(request.param))


@pytest.mark.parametrize("changed", OTHERS, ids=lambda changed: next(iter(changed)))
def test_another_scope_with_the_same_roles_is_refused(world, changed):
    outcomes, with_hints = world.under_another(changed)
    assert outcomes == {ScopeChangedError}
    if world.made.resource.reads("a00"):
        assert with_hints is ScopeChangedError
    assert world.made.fault() == ScopeChangedError.code
    assert world.made.freshness().state(world.made.clock.now()) == "fault"
    assert [op for op, _ in world.made.ops()] == ["create"] * 40


@pytest.mark.parametrize("changed", OTHERS, ids=lambda changed: next(iter(changed)))
def test_without_the_comparison_it_would_change_what_it_cannot_see(rig, changed):
    world = World(rig(Pebble, sampling=ComparesNoScope))
    world.under_another(changed)
    assert len(world.made.ops()) > 40


def test_the_scope_of_before_is_current_again(world):
    world.under_another({"target": "project:b"})
    world.made.as_whom = dict(A)
    world.shown_to("a")
    assert world.made.attempt(sampler=world.made.another()) is None
    assert world.made.freshness().state(world.made.clock.now()) == "current"
    assert world.deletes() == []


def test_the_fault_names_both_and_the_one_way_on(world):
    world.made.as_whom |= {"shown": "sync in project B"}
    world.under_another({"target": "project:b", "shown": "sync in project B"})
    said = world.made.freshness().fault.detail
    assert "sync in project B" in said
    assert said.endswith("or accept these with `synchronizer db accept-scope --cloud cloud`")


def test_another_scope_counts_once_it_is_accepted(world):
    world.under_another({"target": "project:b"})
    world.made.store.note(world.made.collection, scope=None)
    assert world.made.attempt() is None
    assert set(world.made.held()) >= {f"b{each:02}" for each in range(8)}


@pytest.mark.parametrize("roles", ["admin,more,reader", "admin,reader"])
def test_more_roles_of_the_same_scope_are_welcome(world, roles):
    world.made.roles = roles
    assert world.made.attempt(sampler=world.made.another()) is None


@pytest.mark.parametrize("target", ["system:all", "domain:d"])
def test_a_token_that_is_for_no_project_is_refused_before_anything_is_asked(rig, target):
    made = rig(Thing)
    made.cloud.create("t0")
    made.as_whom = A | {"target": target}
    assert made.attempt() is WrongScopeError
    assert made.cloud.calls == 0
    assert "project_name" in made.freshness().fault.detail


class TestAnotherEndpoint:
    @pytest.fixture(params=[Thing, Pebble], ids=lambda kind: kind.name)
    def made(self, rig, request):
        made = rig(request.param)
        for _ in range(20):
            made.cloud.create(str(uuid4()))
        made.as_whom = dict(A)
        made.attempt()
        made.as_whom = A | {"endpoint": "https://two"}
        return made

    def test_it_is_the_same_service_if_what_is_known_is_there(self, made):
        made.cloud.delete(next(iter(made.cloud.alive)))
        assert made.attempt(sampler=made.another()) is None
        assert len(made.held()) == 19

    def test_another_deployment_is_refused_and_nothing_of_it_is_taken_up(self, made):
        before = made.held()
        made.cloud.alive.clear()
        made.cloud.create(str(uuid4()))
        assert made.attempt(sampler=made.another()) is ScopeChangedError
        assert made.held() == before
        assert "https://two" in made.freshness().fault.detail

    def test_it_may_move_while_we_run(self, made):
        made.cloud.alive.clear()
        made.cloud.create(str(uuid4()))
        assert made.attempt() is ScopeChangedError
        assert len(made.ops()) == 20

    @pytest.mark.parametrize("kind", [Thing, Pebble])
    def test_without_the_question_it_would_be_taken_up(self, rig, kind):
        made = rig(kind, sampling=ComparesNoScope)
        made.cloud.create(str(uuid4()))
        made.as_whom = dict(A)
        made.attempt()
        made.as_whom = A | {"endpoint": "https://two"}
        made.cloud.alive.clear()
        made.cloud.create(str(uuid4()))
        made.attempt(sampler=made.another())
        assert len(made.ops()) > 1

    def test_where_nothing_is_known_there_is_nothing_to_lose(self, rig):
        made = rig(Thing)
        made.as_whom = dict(A)
        made.attempt()
        made.as_whom = A | {"endpoint": "https://two"}
        assert made.attempt() is None


class TestAnotherEndpointOfWhatCannotBeRead:
    @pytest.fixture
    def grains(self, rig):
        other = rig(Thing)
        other.cloud.create(str(uuid4()))
        other.attempt()
        made = rig(Grain, others=lambda _: [other.sampler])
        made.other = other.cloud
        made.cloud.create("grain")
        made.as_whom = dict(A)
        made.attempt()
        made.as_whom = A | {"endpoint": "https://two"}
        return made

    def test_another_type_of_the_service_is_asked(self, grains):
        assert grains.attempt() is None

    def test_and_must_answer(self, grains):
        grains.other.alive.clear()
        assert grains.attempt() is ScopeChangedError


def test_a_hint_takes_up_nothing_before_the_first_sweep_says_under_which_scope(rig):
    """Else what one project was told of, another would not see, and take for deleted."""
    made = rig(Thing)
    made.cloud.create("t1")
    made.sampler.read(["t1"])
    assert made.ops() == []
    made.sampler.sweep()
    made.cloud.create("t2")
    made.sampler.read(["t2"])
    assert made.ops() == [("create", "t1"), ("create", "t2")]
