"""Fail when a Python file is longer than 500 lines: split it by idea."""

import sys
from pathlib import Path

LIMIT = 500


def main() -> int:
    """Print the offenders; return 1 when there are any."""
    long = [
        (path, lines)
        for folder in ("src", "packages", "tests", "tools", "bench", "examples")
        for path in sorted(Path(folder).rglob("*.py"))
        if (lines := len(path.read_text().splitlines())) > LIMIT
    ]
    for path, lines in long:
        print(f"{path}: {lines} lines, more than {LIMIT}")
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main())
