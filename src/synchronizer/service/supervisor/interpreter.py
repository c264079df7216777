"""How a process of ours is started: with our code only, and without the operator's secrets.

`python -m` alone would look for modules in the current directory first, so a file left
there would run with the cloud's password in its hands. What the environment configures
(``OS_PASSWORD``, ``OS_BUS__URL``) is resolved by the supervisor and handed down in a pipe;
``/proc/PID/environ`` need not repeat it for each child.
"""

import os
import sys

_CONFIGURES = ("OS_", "SYNCHRONIZER_URL")


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs *module* of ours."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Return our environment without what configures OpenStack clients or us."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURES)}
