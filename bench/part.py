"""``python -m bench.part NAME JSON``: run one part and print one line of JSON.

Every part is a process of its own, so that no library's memory, imports or garbage weighs
on another's figures. Servers print a first line when they are ready.
"""

import importlib
import json
import logging
import sys

PARTS = {
    "novaclient": "peers",
    "openstacksdk": "peers",
    "keystoneauth": "peers",
    "httpclient": "peers",
    "sweeps": "sampler",
    "restart": "sampler",
    "get": "reader",
    "count": "reader",
    "jsonserver": "jsonserver",
    "watchers": "watchers",
    "burst": "committer",
    "pace": "committer",
    "touch": "committer",
    "fill": "committer",
    "baseline": "baseline",
    "relay": "bus",
    "notifier": "bus",
    "rpcget": "bus",
    "httpget": "bus",
    "pickleserver": "bus",
    "pickleget": "bus",
}


def main() -> int:
    name, given = sys.argv[1], json.loads(sys.argv[2])
    logging.basicConfig(level=logging.WARNING)
    module = importlib.import_module(f"bench.parts.{PARTS[name]}")
    found = getattr(module, name)(**given)
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
