"""Which log a client joins, and what it makes of others."""

import logging

from synchronizer.client.joined_log import JoinedLog


def test_the_first_answer_decides_and_others_are_reported_once(caplog):
    log = JoinedLog()
    assert log.take("a", "synchronizer.one")
    with caplog.at_level(logging.WARNING):
        assert not log.take("b", "synchronizer.two")
        assert not log.take("b", "synchronizer.two")
    assert log.take("a", "synchronizer.one")
    assert (log.epoch, log.others) == ("a", {"b": "synchronizer.two"})
    assert [each.getMessage() for each in caplog.records] == [
        "another synchronizer is on this bus (synchronizer.two, log b); it is ignored"
    ]


def test_a_known_publisher_with_another_log_has_replaced_its_store():
    log = JoinedLog()
    log.take("a", "synchronizer.one")
    assert not log.take("b", "synchronizer.one")  # it may be a late word of an earlier log
    log.missed({"synchronizer.one"})
    assert log.epoch is None
    assert log.take("b", "synchronizer.one")
    assert (log.epoch, log.others) == ("b", {})


def test_that_ours_is_away_does_not_make_us_join_another():
    log = JoinedLog()
    log.take("a", "synchronizer.one")
    log.missed({"synchronizer.two"})
    assert not log.take("b", "synchronizer.two")
    assert log.epoch == "a"


def test_a_log_that_was_named_is_never_left():
    log = JoinedLog("a")
    assert not log.take("b", "synchronizer.one")
    assert log.take("a", "synchronizer.one")
    log.missed({"synchronizer.one"})
    assert log.epoch == "a"
