"""The program ``openstack-democloud``: options, one socket, one event loop."""

import argparse
import asyncio
import json
import logging
import os
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from openstack_democloud.broker import Broker
from openstack_democloud.churn import Churn
from openstack_democloud.cloud import REGION, Size
from openstack_democloud.demo import Demo
from openstack_democloud.door import Door
from openstack_democloud.protocol import CuttableProtocol
from openstack_democloud.regions import Regions, add_region
from openstack_democloud.registry import make_cloud

_CLOUDS = """\
# Written by openstack-democloud.
clouds:
  demo:
    auth:
      auth_url: {base}/v3
      username: admin
      password: password
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
    regions: [{regions}]
    identity_api_version: "3"
"""


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="openstack-democloud",
        description="OpenStack's REST APIs over a seeded, mutating demo cloud.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=8990, help="0 takes a free one (%(default)s)")
    add("--servers", type=int, default=200, help="how many servers (%(default)s)")
    add("--projects", type=int, help="how many projects; grows with the servers")
    add("--users", type=int, help="how many users; twice the projects")
    add("--hypervisors", type=int, help="how many hypervisors; grows with the servers")
    add("--ports", type=int, help="how many ports of servers; one or two a server, up to 20000")
    add(
        "--regions",
        default=REGION,
        help=f"comma-separated; {REGION}, and further ones that begin as its twins (%(default)s)",
    )
    add("--seed", type=int, default=0, help="same seed, same cloud (%(default)s)")
    add("--churn", type=float, default=0, help="mutations a second; 0 is quiet (%(default)s)")
    add("--page-limit", type=int, default=1000, help="largest page (%(default)s)")
    add("--build-seconds", type=float, default=1.0, help="BUILD to ACTIVE (%(default)s)")
    add("--server-bytes", type=int, default=2700, help="size of a server's body (%(default)s)")
    add(
        "--never-updated-every",
        type=int,
        default=500,
        help="one in so many servers has no updated_at; 0: none (%(default)s)",
    )
    add("--clouds-yaml", type=Path, help="write a clouds.yaml with the cloud 'demo' there")
    add("--faults", type=Path, help="a JSON list of faults to begin with")
    add("--notify", metavar="URL", help="send notifications to this broker (rabbit://...)")
    add(
        "--notify-topics",
        default="notifications",
        help="comma-separated; Nova's versioned ones go to versioned_<topic> (%(default)s)",
    )
    add("--exit-with-stdin", action="store_true", help="end when standard input ends")
    return parser


class _Server(uvicorn.Server):
    """Says on standard output when it is ready, and where."""

    def __init__(
        self, config: uvicorn.Config, ready: dict[str, object], churns: list[Churn]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._churns = churns

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._living = [asyncio.ensure_future(churn.run()) for churn in self._churns]
        print(json.dumps(self._ready), flush=True)


def _exit_with_stdin() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main(argv: list[str] | None = None) -> int:
    """Run the demo cloud until it is told to stop."""
    parser = arguments()
    options = parser.parse_args(argv)
    first, *others = options.regions.split(",")
    if first != REGION or len({first, *others}) <= len(others):
        parser.error(f"--regions begins with {REGION}, and names each once")
    if options.exit_with_stdin:
        threading.Thread(target=_exit_with_stdin, daemon=True).start()
    bound = socket.create_server((options.host, options.port), backlog=512)
    port = bound.getsockname()[1]
    base = f"http://{options.host}:{port}"
    size = Size(
        servers=options.servers,
        projects=options.projects,
        users=options.users,
        hypervisors=options.hypervisors,
        ports=options.ports,
        seed=options.seed,
        page_limit=options.page_limit,
        build_seconds=options.build_seconds,
        server_bytes=options.server_bytes,
        never_updated_every=options.never_updated_every,
    )
    cloud = make_cloud(size, base)
    clouds = {first: cloud} | {name: add_region(cloud, name) for name in others}
    churns = {name: Churn(each, options.churn) for name, each in clouds.items()}
    doors = {name: Door(each, Demo(each, churns[name])) for name, each in clouds.items()}
    broker = None
    if options.notify:
        broker = Broker(options.notify, options.notify_topics.split(","))
        for each in clouds.values():
            each.notices.outlets.append(broker)
    if options.faults:
        for fault in json.loads(options.faults.read_text()):
            doors[first].demo.script.add(fault)
    if options.clouds_yaml:
        options.clouds_yaml.write_text(_CLOUDS.format(base=base, regions=", ".join(clouds)))
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # faults are no news
    config = uvicorn.Config(
        Regions(doors.pop(first), doors),
        http=CuttableProtocol,
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    ready: dict[str, object] = {"auth_url": f"{base}/v3", "port": port}
    _Server(config, ready, list(churns.values())).run(sockets=[bound])
    if broker is not None:
        broker.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
