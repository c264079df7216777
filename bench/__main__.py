"""``python -m bench``: everything in one run, peers and ours in turns, medians of rounds."""

import argparse
import os
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from bench import leaning, report, serving, sweeping, telling, watching, weighing
from bench.processes import ROOT, say

_NAMES = ("sweep", "get", "watch", "bus", "memory", "load")

_SMALLEST = {
    "servers": 200,
    "entities": 10_000,
    "watchers": 20,
    "rounds": 1,
    "seconds": 1,
    "steps": 4,
}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--only", choices=_NAMES, action="append", help="measure this alone; may be repeated")
    add("--servers", type=int, default=100_000, help="of the demo cloud (%(default)s)")
    add("--entities", type=int, default=1_000_000, help="of the large baseline (%(default)s)")
    add("--rounds", type=int, default=3, help="how often everything is repeated (%(default)s)")
    add("--seconds", type=int, default=21, help="of single changes, all rounds (%(default)s)")
    add("--watchers", type=int, default=1000, help="of the bursts (%(default)s)")
    add("--steps", type=int, default=240, help="of 15 s of the hour of load (%(default)s)")
    add("--quick", action="store_true", help="all at its smallest: does it work? no results.json")
    add("--full", action="store_true", help="also sweep a cloud of --entities servers")
    add("--output", type=Path, help="where to write (bench/results.json after a whole run)")
    return parser


def main() -> int:
    parser = arguments()
    if parser.parse_args().quick:
        parser.set_defaults(**_SMALLEST)
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    names = given.only or _NAMES
    results: dict[str, Any] = {
        "began": time.time(),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "rounds": given.rounds,
        "machine": report.machine(),
        "versions": report.versions(),
        "sources": report.sources(),
        "sections": {},
        "failed": {},
    }
    # BENCH_FOLDER: where /tmp is memory, a store on a disk is elsewhere.
    place = os.environ.get("BENCH_FOLDER")
    with tempfile.TemporaryDirectory(prefix="synchronizer-bench-", dir=place) as name:
        folder = Path(name)
        for each in names:
            try:
                results["sections"][each] = _section(each, folder, given)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - the others are measured all the same
                traceback.print_exc()
                results["failed"][each] = f"{type(error).__name__}: {error}"
    results |= report.flat(results)
    results["sources_unchanged"] = results["sources"] == report.sources()
    results["seconds"] = time.time() - results["began"]
    results["machine"]["load_after"] = os.getloadavg()
    report.show(results)
    output = given.output
    if output is None and not given.quick and len(names) == len(_NAMES):
        output = ROOT / "bench" / "results.json"
    if output is not None:
        report.write(results, output)
        say(f"written: {output}")
    return int(bool(results["failed"]))


def _section(name: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    if name == "sweep":
        return sweeping.run(folder, servers=given.servers, rounds=given.rounds)
    if name == "get":
        return serving.run(folder, servers=given.servers, rounds=given.rounds)
    if name == "watch":
        crowd = given.watchers
        return watching.run(folder, rounds=given.rounds, seconds=given.seconds, crowd=crowd)
    if name == "bus":
        return telling.run(folder, servers=given.servers, rounds=given.rounds)
    if name == "load":
        return leaning.run(folder, servers=given.servers // 10, steps=given.steps)
    return weighing.run(folder, entities=given.entities, full=given.full)


if __name__ == "__main__":
    sys.exit(main())
