"""Life in a cloud, for tests and measurements: servers made, changed, stopped, started, deleted.

    churn.py --cloud-yaml clouds.yaml --os-cloud NAME --servers 200 --seconds 120 --seed 1
    churn.py --cloud-yaml clouds.yaml --os-cloud NAME --cleanup

Prints one line of JSON for each operation that the cloud accepted, and a summary as the last one.
The same seed plans the same steps; what each of them meets depends on the cloud's own speed.
Needs keystoneauth1 and PyYAML, and any cloud that speaks Nova's API 2.37 or later.
"""

import argparse
import collections
import concurrent.futures
import datetime as dt
import json
import pathlib
import random
import sys
import threading
import time

import yaml
from keystoneauth1 import adapter, exceptions, session
from keystoneauth1.identity import v3

PREFIX = "churn-"
MICROVERSION = "2.37"  # the first that boots without a network
THREADS = 4
# Deletes are the heaviest thing that can be asked of Nova: a thousand at once exhaust its database
# connections and leave servers in ERROR.
DELETES_PER_SECOND = 4
WEIGHTS = {"rename": 4, "metadata": 4, "stop": 2, "start": 2, "delete": 1, "create": 1}
BUSY = (400, 404, 409)  # not in a state for that any more, or gone: the cloud was faster


def connect(path, name):
    """The compute and the image service."""
    entry = yaml.safe_load(pathlib.Path(path).read_text("utf-8"))["clouds"][name]
    verify = entry.get("cacert", entry.get("verify", True))
    http = session.Session(v3.Password(**entry["auth"]), verify=verify)
    where = {
        "interface": entry.get("interface", "public"),
        "region_name": entry.get("region_name"),
        "connect_retries": 2,
    }
    return (
        adapter.Adapter(http, "compute", default_microversion=MICROVERSION, **where),
        adapter.Adapter(http, "image", min_version="2", max_version="2.latest", **where),
    )


class Servers:
    """The calls themselves, each printed once the cloud has accepted it."""

    def __init__(self, nova, *, log):
        self.nova = nova
        self.log = log
        self.done = collections.Counter()
        self.lock = threading.Lock()
        self.next_delete = 0.0

    def record(self, op, server):
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        line = {"at": now, "op": op, "type": "nova.server", "id": server}
        with self.lock:
            self.done[op] += 1
            print(json.dumps(line), file=self.log, flush=True)

    def boot(self, name, image, flavor):
        body = {"name": name, "imageRef": image, "flavorRef": flavor, "networks": "none"}
        server = self.nova.post("/servers", json={"server": body}).json()["server"]["id"]
        self.record("create", server)
        return server

    def rename(self, server, name):
        self.nova.put(f"/servers/{server}", json={"server": {"name": name}})
        self.record("rename", server)

    def metadata(self, server, value):
        self.nova.post(f"/servers/{server}/metadata", json={"metadata": {"churn": value}})
        self.record("metadata", server)

    def stop(self, server):
        self.nova.post(f"/servers/{server}/action", json={"os-stop": None})
        self.record("stop", server)

    def start(self, server):
        self.nova.post(f"/servers/{server}/action", json={"os-start": None})
        self.record("start", server)

    def delete(self, server):
        with self.lock:
            mine = max(self.next_delete, time.monotonic())
            self.next_delete = mine + 1 / DELETES_PER_SECOND
        time.sleep(max(0.0, mine - time.monotonic()))
        self.nova.delete(f"/servers/{server}")
        self.record("delete", server)

    def ours(self, more=""):
        """The ids of all that any run of this script made and that still exist."""
        marker, found = "", []
        while True:
            path = f"/servers?name=^{PREFIX}{more}&limit=200{marker}"
            page = self.nova.get(path).json()["servers"]
            if not page:
                return found
            found += [server["id"] for server in page]
            marker = f"&marker={page[-1]['id']}"


class Churn:
    """One run: first all the servers, then random steps until the time is over."""

    def __init__(self, servers, seed, *, image, flavor):
        self.servers = servers
        self.seed = seed
        self.image = image
        self.flavor = flavor
        self.random = random.Random(seed)
        self.alive = []
        self.stopped = set()  # as planned: what the cloud makes of it is its own affair
        self.made = 0
        self.refused = collections.Counter()
        self.failed = 0

    def name(self):
        self.made += 1
        return f"{PREFIX}{self.seed}-{self.made:05}"

    def create(self, name):
        self.alive.append(self.servers.boot(name, self.image, self.flavor))

    def plan(self, least):
        """The next step: the random choices are made here, in one thread, in one order."""
        weights = dict(WEIGHTS)
        if len(self.alive) <= least:
            weights["delete"] = 0
        if not self.stopped:
            weights["start"] = 0
        op = self.random.choices(list(weights), list(weights.values()))[0]
        if op == "create":
            return "create", self.create, (self.name(),)
        # Never a second stop: two at once are a race inside Nova, answered with 500.
        fitting = {
            "start": sorted(self.stopped),
            "stop": [server for server in self.alive if server not in self.stopped],
        }.get(op, self.alive)
        if not fitting:
            return "create", self.create, (self.name(),)
        server = self.random.choice(fitting)
        call = getattr(self.servers, op)
        if op in ("rename", "metadata"):
            word = f"{PREFIX}{self.seed}-{self.random.randrange(10**6):06}"
            return op, call, (server, word)
        if op == "delete":
            self.alive.remove(server)
        if op == "stop":
            self.stopped.add(server)
        else:
            self.stopped.discard(server)
        return op, call, (server,)

    def attempt(self, op, call, arguments):
        try:
            call(*arguments)
        except exceptions.HttpError as error:
            if error.http_status not in BUSY:
                self.failed += 1
                print(f"{op} failed: {error}", file=sys.stderr)
                return
            self.refused[op] += 1
        except exceptions.ClientException as error:
            self.failed += 1
            print(f"{op} failed: {error}", file=sys.stderr)

    def run(self, count, seconds):
        deadline = time.monotonic() + seconds
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            creates = [("create", self.create, (self.name(),)) for _ in range(count)]
            list(pool.map(lambda step: self.attempt(*step), creates))
            # A server that is still being built refuses nearly everything.
            while self.servers.ours("&status=BUILD") and time.monotonic() < deadline - seconds / 2:
                time.sleep(1)
            running = set()
            while time.monotonic() < deadline:
                if len(running) == THREADS:
                    first = concurrent.futures.FIRST_COMPLETED
                    running = concurrent.futures.wait(running, return_when=first).not_done
                running.add(pool.submit(self.attempt, *self.plan(least=count // 2)))


def clean_up(servers):
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for server in servers.ours():
            pool.submit(servers.delete, server)
    deadline = time.monotonic() + 120
    while left := len(servers.ours()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    return left


def pick(service, path, key, name):
    """The one with this name, or else the first."""
    rows = service.get(path).json()[key]
    if not rows:
        sys.exit(f"the cloud has no {key}")
    return next((row for row in rows if row["name"] == name), rows[0])["id"]


def an_image(glance):
    """The tiny image; a cloud without an image service believes any id."""
    try:
        return pick(glance, "/images?status=active", "images", "tiny")
    except exceptions.EndpointNotFound:
        return "00000000-0000-4000-8000-000000000000"


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cloud-yaml", required=True, help="path of the clouds.yaml")
    parser.add_argument("--os-cloud", required=True, help="the cloud's name in it")
    parser.add_argument("--servers", type=int, default=200, help="how many to begin with")
    parser.add_argument("--seconds", type=float, default=60, help="how long, creation included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cleanup", action="store_true", help=f"delete every server {PREFIX}*")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    nova, glance = connect(arguments.cloud_yaml, arguments.os_cloud)
    servers = Servers(nova, log=sys.stdout)
    began = time.monotonic()
    summary = {"summary": True, "seed": arguments.seed}
    if arguments.cleanup:
        left = clean_up(servers)
        failed = left
    else:
        churn = Churn(
            servers,
            arguments.seed,
            image=an_image(glance),
            flavor=pick(nova, "/flavors", "flavors", "m1.tiny"),
        )
        churn.run(arguments.servers, arguments.seconds)
        left, failed = len(servers.ours()), churn.failed
        summary |= {"refused": dict(churn.refused), "failed": failed}
    seconds = round(time.monotonic() - began, 1)
    summary |= {"operations": dict(servers.done), "alive": left, "seconds": seconds}
    print(json.dumps(summary), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
