"""Sweeps on demand: somebody waits for their end, and takes what is in the log then for true."""

from collections.abc import Callable, Mapping

from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    AwaitedParentsError,
    IncompleteSweepError,
    SampleError,
)
from synchronizer.sampling.deletion import APART
from synchronizer.sampling.sampler import Sampler


def sweep_now(
    samplers: Mapping[Collection, Sampler], rest: Callable[[float], None]
) -> dict[str, str]:
    """Sweep each, and once more what could not take up all or lacks a second witness.

    Args:
        rest: waits for so many seconds.

    Returns:
        For each collection the code and the sentence of its error; nothing for none.
    """
    outcome: dict[str, str] = {}
    left = _sweep(samplers, outcome)
    if left:
        rest(APART)
        left = _sweep(left, outcome)
    for collection in left:
        error = IncompleteSweepError(
            f"{collection}: something changed meanwhile that only another listing can show; "
            "ask again"
        )
        outcome[str(collection)] = f"{error.code} {error}"
    return outcome


def _sweep(
    samplers: Mapping[Collection, Sampler], outcome: dict[str, str]
) -> dict[Collection, Sampler]:
    """Sweep each; return those of which not all is known behind it."""
    left = {}
    for collection, sampler in samplers.items():
        said = ""
        try:
            if not sampler.sweep():
                left[collection] = sampler
        except AwaitedParentsError as error:
            said = f"{error.code} {error}"  # to wait is no fault
        except SampleError as error:
            sampler.fail(error)
            said = f"{error.code} {error}"
        outcome[str(collection)] = said
    return left
