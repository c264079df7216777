"""The part of the contract of stores that is about digests."""

import random
import threading
import time

import pytest

from synchronizer.model.change import Candidate
from synchronizer.model.errors import (
    HistoryReplacedError,
    RevisionAheadError,
    RevisionCompactedError,
)
from synchronizer.store.contract import Store
from synchronizer.testing.logs import SERVERS, USERS, gone, total, upsert


class DigestsContract:
    """What `StoreContract` tests of digests; its fixture `log` is the store."""

    def test_every_commit_leaves_the_content_digest_of_its_snapshot(self, log: Store) -> None:
        """It is the sum over the entities; only its own collection's changes."""
        chance = random.Random(1)  # noqa: S311 - seeded on purpose
        for step in range(30):
            ids = chance.sample("abcdefg", 3)
            put(log, *[gone(i) if chance.random() < 0.3 else upsert(i, v=step) for i in ids])
            log.commit(USERS, log.head().revision, [upsert(ids[0], v=step)], sampled_at=0.0)
        commits = log.changes(0, limit=10_000).commits
        for revision, left in commits.items():
            expected = {total(log, revision, each) for each in (SERVERS, USERS)}
            assert left.content in expected
        head, known = log.standing()
        assert head == log.head()
        assert {each.collection: each.content for each in known} == {
            each: total(log, head.revision, each) for each in (SERVERS, USERS)
        }
        assert log.check() == []

    def test_the_digest_of_the_log_goes_with_each_revision(self, log: Store) -> None:
        """Each has its own; pages, head and single revisions agree; from it one goes on."""
        for step in range(5):
            put(log, upsert("a", v=step))
        digests = [log.digest(revision) for revision in range(6)]
        assert len(set(digests)) == 6
        assert log.head().digest == digests[5]
        for since in range(6):
            page = log.changes(since, digest=digests[since], limit=2)
            assert page.digest == digests[page.revision]
            assert {r: left.digest for r, left in page.commits.items()} == {
                each.revision: digests[each.revision] for each in page.records
            }

    def test_another_history_is_refused(self, log: Store) -> None:
        """At a revision that this log has, with a digest that it does not have there."""
        put(log, upsert("a", v=1))
        put(log, upsert("a", v=2))
        known = log.digest(1)
        for since in (0, 2):
            with pytest.raises(HistoryReplacedError) as caught:
                log.changes(since, digest=known)
            assert caught.value.revision == since
        log.compact(history=0)
        with pytest.raises(RevisionCompactedError):
            log.changes(1, digest=known)
        assert log.changes(2, digest=log.digest(2)).records == []
        with pytest.raises(RevisionCompactedError):
            log.digest(1)
        with pytest.raises(RevisionAheadError):
            log.digest(3)

    def test_a_baseline_of_another_log_begins_anew(self, log: Store) -> None:
        """By digest, by epoch, ahead of the log, or compacted: all that lives is listed."""
        put(log, upsert("a", v=1))
        first = log.head()
        put(log, upsert("a", v=2), upsert("b"))
        now = log.head()
        for other in (
            first._replace(digest=now.digest),
            first._replace(epoch="another"),
            now._replace(revision=3),
            None,
        ):
            (page,) = log.versions(SERVERS, other)
            assert (page.anew, page.head) == (True, now)
            assert [(v.id, v.revision) for v in page.versions] == [("a", 2), ("b", 2)]
        (page,) = log.versions(SERVERS, first)
        assert not page.anew
        log.compact(history=0)
        (page,) = log.versions(SERVERS, first)
        assert page.anew
        (page,) = log.versions(SERVERS, now)
        assert not page.anew

    def test_what_is_read_together_is_of_one_instant(self, log: Store) -> None:
        """Head and collections, head and changes, head and versions, while somebody commits."""
        done = threading.Event()

        def commit() -> None:
            for step in range(60):
                put(log, upsert("a", v=step), upsert(f"{step}"))
            done.set()

        writer = threading.Thread(target=commit)
        writer.start()
        while not done.is_set():
            head, known = log.standing()
            (servers,) = (each for each in known if each.collection == SERVERS)
            assert servers.revision == head.revision
            assert servers.content == total(log, head.revision, SERVERS)
            page = log.changes(head.revision, digest=head.digest)
            assert all(each.revision <= page.revision for each in page.records)
            for versions in log.versions(SERVERS, head):
                assert all(each.revision <= versions.head.revision for each in versions.versions)
        writer.join()

    def test_a_ticket_that_the_log_has_not_reached_is_refused(self, log: Store) -> None:
        """It is of a log that went on where this one did not."""
        done = log.commit(SERVERS, 1, [upsert("a")], sampled_at=time.time())
        assert (done.revision, done.refused) == (None, ("a",))

    def test_a_ticket_of_another_log_is_refused(self, log: Store) -> None:
        """A ticket that names a log is judged by that log alone."""
        put(log, upsert("a", v=1))
        put(log, upsert("a", v=2))
        for ticket, known, accepted in (
            (1, log.digest(2), ()),
            (1, log.digest(1), ("b",)),
            (3, log.digest(2), ()),
        ):
            done = log.commit(SERVERS, ticket, [upsert("b")], sampled_at=0.0, log=known)
            assert done.accepted == accepted


def put(log: Store, *candidates: Candidate) -> None:
    """Commit servers."""
    log.commit(SERVERS, log.head().revision, candidates, sampled_at=0.0)
