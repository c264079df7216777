import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.entity import Collection
from synchronizer.model.errors import HistoryReplacedError, RequestError, RevisionCompactedError
from synchronizer.northbound.serving.snapshot_walk import Marker
from synchronizer.store.contract import Head

HEAD = Head(9, 2, "this log")


@given(st.text(), st.none() | st.text(min_size=1), st.text(), st.integers(0, 1 << 50))
def test_a_marker_survives_its_url(cloud, region, type, position):
    marker = Marker("this log", 7, Collection(cloud, region, type), position, "digest")
    assert Marker.unpack(marker.pack(), HEAD) == marker
    assert marker.pack().replace("-", "").replace("_", "").isalnum()


@given(st.text())
def test_anything_else_is_refused(text):
    with pytest.raises(RequestError):
        Marker.unpack(text, HEAD)


def test_a_marker_of_another_log_is_gone():
    marker = Marker("old log", 7, Collection("demo", None, "a.b"), 1, "")
    with pytest.raises(RevisionCompactedError):
        Marker.unpack(marker.pack(), HEAD)


def test_a_marker_of_another_history_is_gone():
    head = HEAD._replace(revision=7, digest=b"0123456789abcdef")
    here = Collection("demo", None, "a.b")
    Marker("this log", 7, here, 1, head.digest.hex()).check(head)
    with pytest.raises(HistoryReplacedError):
        Marker("this log", 7, here, 1, bytes(16).hex()).check(head)
