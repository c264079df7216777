"""Watches: how many deliveries a second in a burst, and how soon a single change arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from bench.processes import ApiProcess, Part, cpu_of, part, say

CHANGES = 1000
SMALL, LARGE = 300, 2600
_BURSTS = {  # name: (changes in one commit, bytes of a body)
    "small": (100, SMALL),
    "large": (100, LARGE),
    "small_one_commit": (1000, SMALL),
    "small_single": (1, SMALL),
}
_PATH = "/v1/changes?type=nova.server"


def run(folder: Path, *, rounds: int, seconds: int, crowd: int) -> dict[str, Any]:
    database = folder / "watch.sqlite"
    part("fill", database=str(database), entities=0, size=0)
    part("burst", database=str(database), changes=CHANGES, each=1000, size=SMALL)
    paces = -(-seconds // rounds)
    crowds = sorted({1, min(200, crowd), crowd})
    rows = []
    for number in range(1, rounds + 1):
        row: dict[str, Any] = {}
        with _watched(database, crowd) as (api, watchers):
            for name, (each, size) in _BURSTS.items():
                row[name] = found = _burst(database, api, watchers, crowd, each, size)
                say(
                    f"watch, round {number}: {CHANGES} changes of {size} B in commits of {each}: "
                    f"{found['per_s']:.0f} deliveries/s, "
                    f"{found['per_server_cpu_s']:.0f} per CPU s of the server"
                )
        row["pace"] = {}
        for size in crowds:
            with _watched(database, size) as (api, watchers):
                row["pace"][size] = found = _pace(database, api, watchers, size, paces)
            say(
                f"watch, round {number}: one change a second, {size} watchers: "
                f"p50 {_quantile(found['ms'], 0.5):.1f} ms"
            )
        rows.append(row)
    found = _medians(rows, crowds)
    for row in rows:
        for each in row["pace"].values():
            del each["ms"]  # tens of thousands of figures
    return {"rounds": rows, **found}


@contextmanager
def _watched(database: Path, watchers: int) -> Iterator[tuple[ApiProcess, Part]]:
    with (
        ApiProcess(database) as api,
        Part("watchers", port=api.port, number=watchers, path=_PATH) as crowd,
    ):
        yield api, crowd


def _burst(
    database: Path, api: ApiProcess, crowd: Part, watchers: int, each: int, size: int
) -> dict[str, Any]:
    expected = watchers * CHANGES
    crowd.order(expect=expected)
    crowd.answer()
    before = cpu_of(api.pid)
    commits = part("burst", database=str(database), changes=CHANGES, each=each, size=size)
    found = crowd.answer()
    used = cpu_of(api.pid) - before
    if found["delivered"] != expected or found["lost"]:
        raise SystemExit(f"watch: {found['delivered']} of {expected} events came: {found}")
    wall = found["last"] - found["first"]
    return {
        "delivered": found["delivered"],
        "bytes": found["bytes"],
        "wall": wall,
        "commit_wall": commits["wall"],
        "commit_cpu": commits["cpu"],
        "per_s": expected / wall,
        "server_cpu": used,
        "client_cpu": found["cpu"],
        "per_server_cpu_s": expected / used,
    }


def _pace(
    database: Path, api: ApiProcess, crowd: Part, watchers: int, changes: int
) -> dict[str, Any]:
    crowd.order(expect=watchers * changes, times=True)
    crowd.answer()
    before = cpu_of(api.pid)
    commits = part("pace", database=str(database), changes=changes, interval=1.0, size=SMALL)
    found = crowd.answer()
    if found["delivered"] != watchers * changes or found["lost"]:
        raise SystemExit(f"watch: {found['delivered']} of {watchers * changes} events came")
    # In order for each watcher, and a second apart: the first N are of the first commit.
    done = [at for _, at in commits["commits"]]
    times = found["times"]
    late = [
        (at - done[place]) * 1e3
        for place in range(changes)
        for at in times[place * watchers : (place + 1) * watchers]
    ]
    return {
        "ms": late,
        "samples": len(late),
        "p50": _quantile(late, 0.5),
        "p99": _quantile(late, 0.99),
        "commit_ms": median((after - asked) * 1e3 for asked, after in commits["commits"]),
        "server_cpu_share": (cpu_of(api.pid) - before) / changes,
    }


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _medians(rows: list[dict[str, Any]], crowds: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _BURSTS:
        for field in ("per_s", "per_server_cpu_s", "server_cpu", "client_cpu", "bytes", "wall"):
            found[f"watch_{name}_{field}"] = median(row[name][field] for row in rows)
    for watchers in crowds:
        late = list(chain.from_iterable(row["pace"][watchers]["ms"] for row in rows))
        found[f"commit_to_delivery_{watchers}_watchers_p50_ms"] = _quantile(late, 0.5)
        found[f"commit_to_delivery_{watchers}_watchers_p99_ms"] = _quantile(late, 0.99)
        found[f"commit_to_delivery_{watchers}_watchers_max_ms"] = max(late)
        found[f"commit_to_delivery_{watchers}_watchers_samples"] = len(late)
    found["watchers"], found["changes"] = crowds[-1], CHANGES
    found["watch_deliveries_per_s"] = found["watch_small_per_s"]
    found["commit_to_delivery_p50_ms"] = found[f"commit_to_delivery_{crowds[-1]}_watchers_p50_ms"]
    return found
