"""``python -m synchronizer.testing.simulation``: run seeds, print what is broken, shrink it."""

import argparse
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import msgspec

from synchronizer.testing import unfixed
from synchronizer.testing.simulation.holes import find, table
from synchronizer.testing.simulation.judge import Broken
from synchronizer.testing.simulation.plan import FEATURES, WAYS, Plan, drawn
from synchronizer.testing.simulation.run import run
from synchronizer.testing.simulation.shrink import shrunk

_PART = 20

_TOLD = 200
"""After so many seeds comes a line for those who wait, where it is no terminal."""


class Part(msgspec.Struct):
    """What became of some seeds."""

    seeds: int
    seconds: float
    broken: dict[int, list[Broken]]


def main() -> int:
    """Run; return how many seeds broke a promise, 100 at most."""
    given = _arguments()
    logging.disable(logging.CRITICAL)
    only = tuple(given.feature) or None
    if given.holes:
        for line in table(find(given.first, given.seeds, only)):
            print(line, flush=True)
        return 0
    if given.seed is not None:
        return _tell(drawn(given.seed, only), given.keep)
    if given.plan:
        return _tell(load(Path(given.plan)), None)
    total, seconds, broken = 0, 0.0, dict[int, list[Broken]]()
    for part in _parts(given.first, given.seeds, only, given.processes, given.without):
        total += part.seeds
        seconds += part.seconds
        broken |= part.broken
        if sys.stderr.isatty() or total % _TOLD == 0:
            rate = 60 * total / seconds
            print(
                f"{total} of {given.seeds} seeds, {len(broken)} broken, {rate:.0f} a CPU minute",
                file=sys.stderr,
                end="\r" if sys.stderr.isatty() else "\n",
                flush=True,
            )
    promises = Counter(each.promise for found in broken.values() for each in found[:1])
    print(
        f"{total} seeds, {len(broken)} broken {dict(promises)}, {seconds:.1f} s CPU, "
        f"{60 * total / seconds:.0f} seeds a CPU minute"
    )
    if given.without:
        shown = min(broken) - given.first + 1 if broken else "no seed"
        print(f"without the rule of {given.without}: broken within {shown}")
        return 0 if broken else 1
    for seed in sorted(broken)[: given.show]:
        _tell(drawn(seed, only), given.keep)
    return min(100, len(broken))


def load(path: Path) -> Plan:
    """Read a plan that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=Plan)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="synchronizer.testing.simulation")
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--feature", action="append", default=[], choices=(*FEATURES, *WAYS))
    parser.add_argument("--without", help="a rule to take out: a name in testing.unfixed")
    parser.add_argument(
        "--holes", action="store_true", help="for each rule: how many seeds show that it is needed"
    )
    parser.add_argument("--show", type=int, default=3, help="so many broken ones are shrunk")
    parser.add_argument("--keep", type=Path, help="folder for what was shrunk")
    parser.add_argument("--seed", type=int, help="run one, shrink it and tell of it")
    parser.add_argument("--plan", help="file of a plan that was kept: run it")
    return parser.parse_args()


def _parts(
    first: int, seeds: int, only: tuple[str, ...] | None, processes: int, without: str | None
) -> Iterator[Part]:
    parts = [
        (start, min(start + _PART, first + seeds), only, without)
        for start in range(first, first + seeds, _PART)
    ]
    if processes == 1:
        yield from map(_part, parts)
        return
    with get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(_part, parts)


def _part(which: tuple[int, int, tuple[str, ...] | None, str | None]) -> Part:
    logging.disable(logging.CRITICAL)
    first, end, only, without = which
    sampling = getattr(unfixed, without or "Sampler")
    begun = time.process_time()
    seeds = range(first, end)
    broken = {seed: found for seed in seeds if (found := run(drawn(seed, only), sampling))}
    return Part(end - first, time.process_time() - begun, broken)


def _tell(plan: Plan, keep: Path | None) -> int:
    """Print what a plan breaks, and the least of it that still does."""
    broken = run(plan)
    print(f"seed {plan.seed}: {', '.join(plan.kinds)}, {plan.many} each, {plan.features}")
    for each in broken[:3]:
        print(f"  {each}")
    if not broken:
        return 0
    least = shrunk(plan, broken[0].promise)
    print("  it takes:")
    for operation in least.operations:
        print(f"    {operation}")
    print(f"  then: {run(least)[0]}")
    if keep is not None:
        (keep / f"{plan.seed}.json").write_bytes(msgspec.json.format(msgspec.json.encode(least)))
    return 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The same seed is the same run only where sets have the same order.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(  # noqa: S606 - ourselves
            sys.executable, [sys.executable, "-m", "synchronizer.testing.simulation", *sys.argv[1:]]
        )
    sys.exit(main())
