"""Look at every shell script with shellcheck, as .shellcheckrc says; fail on any finding."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Return shellcheck's exit code."""
    scripts = [path for folder in ("tools", "tests") for path in Path(folder).rglob("*.sh")]
    scripts += [Path("devstack/plugin.sh"), Path("devstack/settings"), Path(".ci/run")]
    return subprocess.run(["shellcheck", *sorted(scripts)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
