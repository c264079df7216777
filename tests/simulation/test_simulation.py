"""The whole in virtual time: seeds break no promise, and each rule that is taken out shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synchronizer.testing import unfixed
from synchronizer.testing.simulation.__main__ import load
from synchronizer.testing.simulation.holes import RULES
from synchronizer.testing.simulation.plan import drawn
from synchronizer.testing.simulation.run import run
from synchronizer.testing.simulation.shrink import shrunk
from synchronizer.testing.undigested import Undigested

KEPT = sorted(Path(__file__).with_name("kept").glob("*.json"))


def simulate(*given):
    """Run the simulation as a command; return what it printed."""
    command = [sys.executable, "-m", "synchronizer.testing.simulation", *map(str, given)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ}, timeout=7000
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(7200)
def test_no_seed_breaks_a_promise(request):
    long = request.config.getoption("--long")
    code, said = simulate("--seeds", 1000 if long else 20)
    assert code == 0, said


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_broken_once_is_kept(path):
    assert run(load(path)) == []


def test_the_same_seed_is_the_same_run():
    plan = drawn(13, ("emptied",))
    first, second = (run(plan, unfixed.AsksForNoControl) for _ in range(2))
    assert first == second != []


def test_a_plan_shrinks_to_what_it_takes():
    plan = drawn(13, ("emptied",))
    least = shrunk(plan, "no false delete", unfixed.AsksForNoControl)
    assert len(least.operations) <= 5 < len(plan.operations)
    assert any(each.name == "emptied" for each in least.operations)
    assert any(each.promise == "no false delete" for each in run(least, unfixed.AsksForNoControl))


HOLES = [
    (unfixed.AsksForNoControl, "emptied", 0),
    (unfixed.BelievesBeforeTheControl, "emptied", 1),
    (unfixed.ComparesNoScope, "scope", 0),
    (unfixed.NamesNoSweep, "slow", 18),
    (unfixed.BelievesWhatIsBehind, "lag", 38),
    (unfixed.IgnoresDeclarations, "releases", 0),
]
"""Samplers that lack a rule, what must happen, and the first seed that shows it."""


@pytest.mark.parametrize(("sampling", "feature", "seed"), HOLES)
def test_a_rule_that_is_taken_out_shows(sampling, feature, seed):
    plan = drawn(seed, (feature,))
    assert run(plan) == []
    assert run(plan, sampling) != []


KEPT_WITHOUT = [
    ("another_scope_was_accepted", unfixed.DeletesUncompared),
    ("two_scopes_begin_together", unfixed.ClaimsNoCollection),
    ("a_late_answer_of_a_replica_that_lags", unfixed.DatesByTheArrival),
    ("a_notification_that_carries_what_is_over", unfixed.PassesOnWhatIsLate),
    ("silent_between_a_read_and_its_control", unfixed.BelievesBeforeTheControl),
]


@pytest.mark.parametrize(("name", "sampling"), KEPT_WITHOUT)
def test_a_kept_plan_breaks_without_its_rule(name, sampling):
    plan = load(Path(__file__).with_name("kept") / f"{name}.json")
    assert run(plan) == []
    assert run(plan, sampling) != []


def test_a_store_that_goes_back_shows_where_logs_have_no_digests():
    plan = load(Path(__file__).with_name("kept") / "the_log_is_another.json")
    assert run(plan) == []
    assert run(plan, seen=Undigested) != []


def test_the_table_of_holes_names_each_rule():
    code, said = simulate("--holes", "--seeds", 1)
    assert code == 0, said
    _, *rows = said.splitlines()
    assert [row.split()[0] for row in rows] == list(RULES)
    (row,) = (each for each in rows if each.startswith("ComparesNoScope"))
    assert "seed" in row
