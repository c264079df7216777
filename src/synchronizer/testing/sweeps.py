"""The part of the contract of stores that is about the ends of sweeps, and what they left open."""

from typing import Any

import pytest

from synchronizer.model.errors import HeldChangedError
from synchronizer.store.contract import Held, Store
from synchronizer.testing.logs import USERS, upsert


class SweepsContract:
    """What `StoreContract` tests of sweeps; its fixture `log` is the store."""

    def test_a_decision_may_name_what_it_is_about(self, log: Store) -> None:
        """It says nothing of what is held since."""
        seen = Held(collection=USERS, ids=("a",), since=3.0, revision=0)
        more = Held(collection=USERS, ids=("a", "b"), since=3.0, revision=0)
        log.hold(USERS, more)
        with pytest.raises(HeldChangedError, match=more.version):
            log.decide(USERS, "confirmed", seen.version)
        assert log.held() == [more]
        assert log.decide(USERS, "confirmed", more.version)
        assert log.held()[0].decision == "confirmed"

    def test_the_end_of_a_sweep_is_noted_in_the_log_that_it_was_of(self, log: Store) -> None:
        """Not in one that went back, nor of a collection that was purged."""
        done = log.commit(USERS, 0, [upsert("u")], sampled_at=1.0)
        assert done.revision is not None
        stands = [(done.revision, done.digest)]
        assert not log.conclude(USERS, 2, stands, sampled_at=5.0)
        log.note(USERS, scope="{}")
        assert not log.conclude(USERS, 2, [(done.revision, b"other" * 3)], sampled_at=5.0, sweeps=1)
        (known,) = (each for each in log.collections() if each.collection == USERS)
        assert (known.sampled_at, known.sweeps) == (None, 0)
        assert log.conclude(USERS, 2, stands, sampled_at=5.0, sweeps=1)
        (known,) = (each for each in log.collections() if each.collection == USERS)
        assert (known.sampled_at, known.sweeps) == (5.0, 1)

    def test_what_was_known_before_an_entity_was_seen_is_kept_with_it(self, log: Store) -> None:
        """By the newest answer that showed it; what was told is none."""
        ask: dict[str, Any] = {"sampled_at": 1.0, "sweep": 0}
        log.commit(USERS, 0, [upsert("a")], **ask)
        log.commit(USERS, 1, [upsert("b")], **ask)
        assert log.known_before(USERS, ["a"]) == 0
        assert log.known_before(USERS, ["b"]) == 1
        assert log.known_before(USERS, ["a", "b"]) == 0
        log.commit(USERS, 2, [upsert("a", v=2)], **ask)
        assert log.known_before(USERS, ["a", "b"]) == 1
        log.commit(USERS, 3, [upsert("b", v=2)], answered=False, **ask)
        assert log.known_before(USERS, ["b"]) == 1
        assert log.known_before(USERS, ["a", "nobody"]) is None
        assert log.known_before(USERS, []) is None

    def test_what_is_forgotten_to_be_sampled_is_not_complete(self, log: Store) -> None:
        """Until it is sampled again: a list of it would be taken for whole."""
        log.note(USERS, sampled_at=1.0)
        log.note(USERS, sampled_at=None)
        (known,) = (each for each in log.collections() if each.collection == USERS)
        assert not known.complete(log.head().revision)
        log.note(USERS, sampled_at=2.0)
        (known,) = (each for each in log.collections() if each.collection == USERS)
        assert known.complete(log.head().revision)

    def test_the_end_of_a_sweep_is_not_noted_over_that_of_a_later_one(self, log: Store) -> None:
        """Except for what it cost."""
        log.note(USERS, scope="{}")
        assert log.conclude(USERS, 8, [], sampled_at=8.0, fault=None, sweeps=1, calls=2)
        assert log.conclude(USERS, 7, [], sampled_at=7.0, fault=None, sweeps=1, calls=3)
        (known,) = (each for each in log.collections() if each.collection == USERS)
        assert (known.sampled_at, known.sweeps, known.calls) == (8.0, 2, 5)
