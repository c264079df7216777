"""The command line: one thin command for each thing that an operator does."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv*; say so when what it is made with is not installed."""
    from synchronizer.cli.extras import missing  # noqa: PLC0415 - only the program needs it

    try:
        from synchronizer.cli.app import main as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        said = missing(error)
        if not said:
            raise
        sys.stderr.write(f"{said}\n")
        return 2
    return run(argv)
