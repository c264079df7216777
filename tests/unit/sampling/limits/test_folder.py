"""The folder of the limits: private, and never left behind for long."""

import gc
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synchronizer.model.errors import ConfigurationError
from synchronizer.sampling.limits.folder import LimitsFolder
from synchronizer.sampling.limits.governor import Governor

HOLDER = """
import sys, tempfile
from synchronizer.sampling.limits.folder import LimitsFolder
tempfile.tempdir = sys.argv[1]
folder = LimitsFolder()
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where temporary files go."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def holder(place):
    """Another process with a folder, and its folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process, Path(process.stdout.readline().strip())


def test_only_its_owner_may_enter(place):
    folder = LimitsFolder()
    assert list(place.iterdir()) == [Path(folder.path)]
    assert Path(folder.path).stat().st_mode & 0o777 == 0o700


def test_it_is_removed_with_all_that_is_in_it(place):
    folder = LimitsFolder()
    (Path(folder.path) / "file").touch()
    folder.remove()
    folder.remove()
    assert not list(place.iterdir())


def test_a_governor_without_a_folder_makes_one_and_leaves_nothing(place):
    governor = Governor(calls_per_second=1, in_flight=1, sleep=time.sleep)
    with governor.gate("s"):
        (folder,) = place.iterdir()
        assert list(folder.iterdir())
    del governor
    gc.collect()
    assert not list(place.iterdir())


def test_the_folder_of_a_living_process_stays(holder):
    _, theirs = holder
    LimitsFolder().remove()
    assert theirs.is_dir()


def test_the_folder_of_a_killed_process_goes_with_the_next_start(holder):
    process, theirs = holder
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert theirs.is_dir()
    LimitsFolder().remove()
    assert not theirs.exists()


def test_what_is_not_ours_is_left_alone(place):
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (place / "synchronizer-limits-link").symlink_to(elsewhere)
    (place / "synchronizer-limits-file").touch()
    LimitsFolder().remove()
    assert len(list(place.iterdir())) == 3


def test_many_that_start_at_once_have_one_each(place):
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: LimitsFolder(), range(80)))
    assert {Path(each.path) for each in folders} == set(place.iterdir())
    assert len({each.path for each in folders}) == 80


def test_no_place_for_it_says_what_to_do(place):
    place.rmdir()
    with pytest.raises(ConfigurationError, match="TMPDIR"):
        LimitsFolder()
