"""``python -m synchronizer.testing.model [--large]``: search all cases and print what was found."""

import sys

from synchronizer.testing.model.cases import CASES


def main(*, large: bool) -> int:
    """Print a line for each case; return how many did not turn out as they must."""
    wrong = 0
    for case in CASES:
        found = case.search(large=large)
        right = case.agrees(found)
        wrong += not right
        outcome = "ok" if right else "WRONG"
        print(f"{outcome:5} {case.name}: {found.states:,} states, {found.seconds:.1f} s")
        for name, way in found.broken.items():
            print(f"      {name} is broken in {len(way)} steps: {'; '.join(way)}")
    return wrong


if __name__ == "__main__":
    sys.exit(main(large="--large" in sys.argv[1:]))
