"""The message bus: changes told, and get all by RPC, beside what others do on the same broker."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Self

from kombu import Connection, Exchange, Queue

from bench.processes import ApiProcess, Part, cpu_of, part, say
from bench.serving import filled
from synchronizer.service.settings import Bus, ChildSpec, Role, Settings
from synchronizer.service.supervisor.child_handle import ChildHandle
from synchronizer.testing.rabbit import Rabbit, missing

_NOTIFIED = 5000
_WINDOW = 500


def run(folder: Path, *, servers: int, rounds: int) -> dict[str, Any]:
    if missing():
        raise SystemExit(f"bus: {missing()}")
    kept = filled(folder, servers)
    rows = []
    with Rabbit(folder / "rabbit") as rabbit:
        for number in range(1, rounds + 1):
            rows.append(
                row := {
                    **_told(folder, kept, rabbit, number, min(_NOTIFIED, servers)),
                    **_got(kept, rabbit, number),
                }
            )
            for name, found in row.items():
                say(f"bus, round {number}: {name}: {found}")
    return {"rounds": rows, **_medians(rows, servers)}


def _told(folder: Path, kept: Path, rabbit: Rabbit, number: int, notified: int) -> dict[str, Any]:
    given = {"url": rabbit.url, "changes": notified}
    row = {}
    with _queue(rabbit, f"peer-{number}") as exchange:
        row["notifier"] = part("notifier", database=str(kept), exchange=exchange, **given)
    for name in ("relay", "relay_unheard"):
        database = folder / "told.sqlite"
        shutil.copy(kept, database)
        with _queue(rabbit, f"{name}-{number}", bound=name == "relay") as exchange:
            before = cpu_of(rabbit.pid)
            row[name] = part(
                "relay", database=str(database), url=rabbit.url, exchange=exchange, window=_WINDOW
            )
            row[name]["broker_cpu"] = cpu_of(rabbit.pid) - before
    return row


def _got(kept: Path, rabbit: Rabbit, number: int) -> dict[str, Any]:
    exchange = f"get-{number}"
    row = {}
    with RpcProcess(kept, rabbit.url, exchange) as server:
        part("rpcget", url=rabbit.url, exchange=exchange)  # warm, as HTTP's is
        before = cpu_of(server.pid)
        row["rpc"] = part("rpcget", url=rabbit.url, exchange=exchange)
        row["rpc"]["server_cpu"] = cpu_of(server.pid) - before
    with ApiProcess(kept) as api:
        part("httpget", port=api.port)
        before = cpu_of(api.pid)
        row["http"] = part("httpget", port=api.port)
        row["http"]["server_cpu"] = cpu_of(api.pid) - before
    with Part("pickleserver", database=str(kept), url=rabbit.url, exchange=exchange) as peer:
        before = cpu_of(peer.pid)
        row["pickle"] = part("pickleget", url=rabbit.url, exchange=exchange)
        row["pickle"]["server_cpu"] = cpu_of(peer.pid) - before
    return row


class RpcProcess:
    """Our RPC server as the supervisor runs it."""

    def __init__(self, database: Path, url: str, exchange: str) -> None:
        settings = Settings(store=f"sqlite:///{database}", bus=Bus(url=url, exchange=exchange))
        self._child = ChildHandle(ChildSpec(Role(kind="rpc"), settings))

    def __enter__(self) -> Self:
        self._child.spawn(time.monotonic())
        self.pid = self._child.process.pid
        return self

    def __exit__(self, *_: object) -> None:
        self._child.retire(time.monotonic() + 5)
        self._child.process.wait(10)
        self._child.bury(time.monotonic())


@contextmanager
def _queue(rabbit: Rabbit, exchange: str, *, bound: bool = True) -> Iterator[str]:
    """An exchange; its topic of servers has a queue that keeps what is told, if *bound*."""
    with Connection(rabbit.url.replace("rabbit:", "amqp:") + "/") as connection:
        kind = Exchange(exchange, "topic", durable=False)
        kind(connection.default_channel).declare()
        if bound:
            queue = Queue(exchange, kind, "synchronizer.nova.server.info", durable=False)
            queue(connection.default_channel).declare()
        yield exchange
        if bound:
            queue(connection.default_channel).delete()


def _medians(rows: list[dict[str, Any]], servers: int) -> dict[str, Any]:
    def middle(name: str, field: str) -> float:
        return median(row[name][field] for row in rows)

    def each(name: str) -> float:
        return median(row[name]["cpu"] / row[name]["told"] for row in rows)

    found: dict[str, Any] = {}
    for name in ("notifier", "relay", "relay_unheard"):
        found[f"{name}_changes_per_s"] = median(
            row[name]["told"] / row[name]["wall"] for row in rows
        )
        found[f"{name}_cpu_us_per_change"] = each(name) * 1e6
    for name in ("rpc", "http", "pickle"):
        if any(row[name]["entities"] not in (servers, servers + 1) for row in rows):
            raise SystemExit(f"bus: not every answer of {name} had {servers} entities: {rows}")
        found[f"get_{name}_wall_s"] = middle(name, "wall")
        found[f"get_{name}_client_cpu_s"] = middle(name, "cpu")
        found[f"get_{name}_server_cpu_s"] = middle(name, "server_cpu")
        found[f"get_{name}_cpu_s"] = median(
            row[name]["cpu"] + row[name]["server_cpu"] for row in rows
        )
    return found | {
        "relay_changes_vs_notifier": found["relay_changes_per_s"] / found["notifier_changes_per_s"],
        "relay_cpu_vs_notifier": each("relay") / each("notifier"),
        "relay_broker_cpu_s": middle("relay", "broker_cpu"),
        "relay_unheard_broker_cpu_s": middle("relay_unheard", "broker_cpu"),
        "get_rpc_cpu_vs_http": found["get_rpc_cpu_s"] / found["get_http_cpu_s"],
        "get_rpc_cpu_vs_pickle": found["get_rpc_cpu_s"] / found["get_pickle_cpu_s"],
    }
