"""From a deed in the cloud to its change at a consumer: the lives of all services, timed.

    python tests/scenarios/arrivals.py --clouds-yaml .cloud/clouds.yaml [--ways hints,poll,sweep]

Each service lives through create, update and delete of one of everything (tools/cloud/lives), side
by side, with a pause after each deed, while a mirror follows. A deed's latency is counted from
the moment at which its service had answered, which is when it had committed. Prints a table
of entity types with p50 and p99 for each way, and writes it as JSON with --json.

With hints, those deeds stand apart of which the service itself sent no notification: an ear of our
own listens beside the synchronizer. What finds them is the next poll or sweep.
"""

import argparse
import collections
import contextlib
import importlib
import json
import statistics
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import msgspec
from overheard import Overheard, await_listeners, names

from synchronizer.sampling.intervals import Intervals
from synchronizer.service.clouds import resolve, session_for
from synchronizer.service.settings import Api, Settings
from synchronizer.service.synchronizer import Synchronizer

LIVES = Path(__file__).parents[2] / "tools" / "cloud" / "lives"

HOUR = 3600.0
WAYS = {
    "hints": (Intervals(sweep=600.0, poll=15.0, calls_per_second=100), 3.0),
    "poll": (Intervals(sweep=HOUR, poll=15.0, calls_per_second=100), 18.0),
    "sweep": (Intervals(sweep=5.0, poll=HOUR, calls_per_second=100), 8.0),
}
"""For each way its intervals and the pause after each deed: longer than the way needs."""

SLOW = {"hints": 1.0, "poll": 16.0}
"""Seconds from which on a deed is shown by itself."""


class Deed(NamedTuple):
    """What was done: when it began and when the service had answered, monotonic seconds.

    The last call that changed something is named with it.

    What a service does after it has answered (deleting a cluster) counts from the last moment at
    which it was seen not to be done.
    """

    began: float
    done: float
    op: str
    type: str
    id: str
    call: str = ""


class Row(NamedTuple):
    """A deed, the seconds after which its change came (None: never), whether it was notified."""

    deed: Deed
    took: float | None
    told: bool


class Arrived(NamedTuple):
    """A change at the consumer."""

    at: float
    op: str
    type: str
    id: str
    changed: tuple[str, ...]


class Lives:
    """The lives of services, one thread each.

    Attributes:
        deeds: what was done.
        failed: service to reason.
    """

    def __init__(self, session, region, pause):
        sys.path.insert(0, str(LIVES))
        self.life = importlib.import_module("life")
        self.deeds = []
        self.failed = {}
        self.cloud = self.life.Cloud(session, region, sys.stderr)
        self.cloud.record = self._record
        self._began = threading.local()
        self._pause = pause
        self._watch_calls()

    def live(self, services):
        """Let them live; return when all are over."""
        threads = [threading.Thread(target=self._live, args=(name,)) for name in services]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @contextlib.contextmanager
    def held(self, services):
        """Let them live up to their ends, which come when the block is left."""
        with contextlib.ExitStack() as ends:
            for service in services:
                life = ends.enter_context(self.life.Life(self.cloud, service, self._word()))
                try:
                    importlib.import_module(service).live(life)
                except Exception as error:  # what was made until then is there
                    self.failed[service] = f"{type(error).__name__}: {error}"
            yield

    @staticmethod
    def _word():
        return f"life-{uuid.uuid4().hex[:8]}"

    def services(self):
        """Return those that the cloud has."""
        return [name for name in self.life.SERVICES if self.cloud.serves(name)]

    def _live(self, service):
        try:
            with self.life.Life(self.cloud, service, self._word()) as life:
                importlib.import_module(service).live(life)
        except Exception as error:  # the others live on
            self.failed[service] = f"{type(error).__name__}: {error}"

    def _watch_calls(self):
        call = getattr(self.life.Life.call, "unwatched", self.life.Life.call)

        def watched(life, method, *arguments, **more):
            if method != "GET" or "associate" in arguments[0]:
                self._began.at = time.monotonic()
                self._began.call = f"{method} {arguments[0]}"
            return call(life, method, *arguments, **more)

        watched.unwatched = call
        self.life.Life.call = watched

    def _record(self, op, type_, id_, since=None):
        done = since or time.monotonic()
        self.deeds.append(Deed(self._began.at, done, op, type_, str(id_), self._began.call))
        time.sleep(self._pause)


class Watched:
    """A mirror of all types, and when each change came to it."""

    def __init__(self, synchronizer, types):
        self.arrived = []
        self.mirror = synchronizer.mirror(types, on_change=self._came)

    def _came(self, change):
        self.arrived.append(
            Arrived(time.monotonic(), change.op, change.type, change.id, tuple(change.changed))
        )


def latencies(deeds, arrived, told):
    """Return a row for each deed that concerns what is followed.

    Args:
        told: ``told(deed)``: whether its service notified anybody of it.
    """
    came = collections.defaultdict(list)
    for each in arrived:
        came[each.type].append(each)
    found = []
    for deed in sorted(deeds, key=lambda each: each.done):
        events = came[deed.type]
        hit = next((e for e in events if e.op == deed.op and answers(e, deed)), None)
        took = None if hit is None else max(0.0, hit.at - deed.done)
        found.append(Row(deed, took, told(deed)))
        if hit is not None and found[-1].told:
            events.remove(hit)  # what nobody told comes with the next that is, which is its own
    return found


def answers(change, deed):
    """Whether a change may come from a deed."""
    return change.at >= deed.began and names(change.id, deed.id)


def settled_types(synchronizer, seconds):
    """Wait until every declared type was sampled or is at fault; return those sampled."""
    until = time.monotonic() + seconds
    last, since = None, time.monotonic()
    while time.monotonic() < until:
        known = synchronizer.store.collections()
        now = {e.collection.type for e in known if e.sampled_at is not None}
        waiting = [e for e in known if e.sampled_at is None and e.fault is None]
        if now != last:
            last, since = now, time.monotonic()
        if known and not waiting and time.monotonic() - since > 15:
            break
        time.sleep(0.5)
    return sorted(last or ())


@contextlib.contextmanager
def following(access, way, folder):
    """A synchronizer that follows a cloud in one way only."""
    intervals, _ = WAYS[way]
    if way != "hints":
        access = msgspec.structs.replace(access, notifications=None)
    settings = Settings(
        store=f"sqlite:///{folder}/{way}.sqlite",
        clouds=(access,),
        api=Api(port=0),
        intervals=intervals,
    )
    with Synchronizer(settings=settings) as running:
        yield running


def measure(access, way, folder, only=None, wait=20.0):
    """Let the services live while a synchronizer follows in one way.

    Returns:
        A row for each deed of a type that is followed, and the reasons of lives that failed.
    """
    region = access.regions[0] if access.regions else None
    pause = WAYS[way][1]
    with following(access, way, folder) as synchronizer, contextlib.ExitStack() as ear:
        types = settled_types(synchronizer, 300)
        plugins = sorted({each.partition(".")[0] for each in types})

        def told(_deed):
            return False

        if way == "hints":
            await_listeners(access, plugins, 120)
            overheard = ear.enter_context(Overheard(access, plugins))

            def told(deed):
                return overheard.of(deed.type, deed.id, deed.began, deed.done + pause)

        watched = Watched(synchronizer, types)
        with watched.mirror as mirror:
            assert mirror.wait_synced(60)
            lives = Lives(session_for(access), region, pause)
            lives.live(only or lives.services())
            time.sleep(wait)
            deeds = [each for each in lives.deeds if each.type in types]
            return latencies(deeds, watched.arrived, told), lives.failed


def quantile(values, part):
    """Return the value below which *part* of them lie (the nearest that was measured)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def figures(rows):
    """Return how many deeds, how many came, p50 and p99, as text."""
    came = [each.took for each in rows if each.took is not None]
    if not came:
        return f"{len(rows):>8}{0:>6}{'-':>7}{'-':>7}"
    p50, p99 = statistics.median(came), quantile(came, 0.99)
    return f"{len(rows):>8}{len(came):>6}{p50:7.2f}{p99:7.2f}"


def columns(found):
    """Return {column: rows}: those of hints that nobody was told of are a column of their own."""
    split = dict(found)
    if "hints" in found:
        split["hints"] = [each for each in found["hints"] if each.told]
        split["not notified"] = [each for each in found["hints"] if not each.told]
    return split


def table(found):
    """Return lines: for each type and way how many deeds, how many came, p50 and p99."""
    parts = columns(found)
    types = sorted({each.deed.type for rows in found.values() for each in rows})
    lines = [f"{'entity type':36}" + "".join(f"{part + ' n came p50 p99':>28}" for part in parts)]
    for type_ in types:
        of_type = [[each for each in rows if each.deed.type == type_] for rows in parts.values()]
        lines.append(f"{type_:36}" + "".join(figures(rows) for rows in of_type))
    lines.append(f"{'all':36}" + "".join(figures(rows) for rows in parts.values()))
    return lines


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clouds-yaml", required=True)
    parser.add_argument("--os-cloud", default="synchronizer-test")
    parser.add_argument("--ways", default="hints,poll,sweep")
    parser.add_argument("--only", help="services, with commas between them")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    (access,) = resolve([options.os_cloud], options.clouds_yaml)
    found, failed = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for way in options.ways.split(","):
            only = options.only.split(",") if options.only else None
            found[way], failed[way] = measure(access, way, folder, only)
            print(f"{way}: {len(found[way])} deeds; failed: {failed[way] or 'none'}", flush=True)
    print("\n".join(table(found)))
    for part, rows in columns(found).items():
        lost = collections.Counter(each.deed.type for each in rows if each.took is None)
        print(f"{part}: not seen: {dict(lost) or 'none'}")
        for deed, took, _ in rows:
            if took is not None and took > SLOW.get(part, took):
                print(f"slow: {deed.op} {deed.type} {deed.id} ({deed.call}): {took:.2f} s")
    if options.json:
        rows = {w: [(*each.deed, *each[1:]) for each in rows] for w, rows in found.items()}
        options.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
