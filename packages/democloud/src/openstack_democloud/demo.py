"""``/demo``: what only a demo cloud has. Log, truth, counters, churn, faults.

Not authenticated and not counted; it is the test's way in, not the service's.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from openstack_democloud import truth
from openstack_democloud.churn import Churn
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError, encode
from openstack_democloud.faults.kinds import KINDS
from openstack_democloud.faults.script import Script
from openstack_democloud.mutations import mutate
from openstack_democloud.notices import Shown

_CHUNK = 500


class Demo:
    """Serves the paths under ``/demo``."""

    def __init__(self, cloud: Cloud, churn: Churn) -> None:
        self.cloud = cloud
        self.churn = churn
        self.script = Script(cloud)
        self.shown = Shown()
        self._routes: dict[tuple[str, str], Callable[[Ask], Answer]] = {
            ("GET", "/demo"): self.about,
            ("GET", "/demo/log"): self.log,
            ("GET", "/demo/state"): self.state,
            ("GET", "/demo/calls"): lambda _: Answer.json(cloud.calls.report()),
            ("DELETE", "/demo/calls"): self.clear_calls,
            ("POST", "/demo/pause"): lambda _: self.set_paused(paused=True),
            ("POST", "/demo/resume"): lambda _: self.set_paused(paused=False),
            ("POST", "/demo/churn"): self.set_churn,
            ("POST", "/demo/mutate"): self.mutate,
            ("GET", "/demo/faults"): self.faults,
            ("POST", "/demo/faults"): self.add_faults,
            ("DELETE", "/demo/faults"): self.clear_faults,
            ("GET", "/demo/notifications"): self.notifications,
            ("POST", "/demo/notifications"): lambda _: self.listen(),
        }

    async def serve(self, ask: Ask) -> Answer:
        """Answer one request."""
        path, _, id_ = ask.path.partition("/demo/faults/")
        try:
            if path == "/demo/log" and "wait" in ask.query:
                await self._growth(ask)
            if id_ and ask.method == "DELETE":
                return Answer.json({"cleared": self.script.clear(int(id_))})
            return self._routes.get((ask.method, path), _unknown)(ask)
        except RefusalError as error:
            return Answer.json({"error": error.message}, error.status)

    def about(self, _ask: Ask) -> Answer:
        """Answer ``GET /demo``: what there is."""
        return Answer.json(
            {
                "calls": [" ".join(key) for key in self._routes],
                "types": truth.types(self.cloud),
                "mutations": [" ".join(key) for key in self.cloud.services.mutations],
                "faults": {name: function.__doc__ for name, function in KINDS.items()},
                "churn": self.churn.report(),
            }
        )

    async def _growth(self, ask: Ask) -> None:
        """Wait until the log is longer than *since*, but not longer than *wait* seconds."""
        journal, since = self.cloud.journal, int(ask.query.get("since", 0))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(float(ask.query["wait"])):
                while journal.seq <= since:
                    journal.grown.clear()
                    await journal.grown.wait()

    def log(self, ask: Ask) -> Answer:
        """Answer ``GET /demo/log?since=SEQ[&wait=SECONDS until there is something]``."""
        journal = self.cloud.journal
        since = int(ask.query.get("since", 0))
        return Answer.json({"seq": journal.seq, "log": journal.since(since)})

    def state(self, ask: Ask) -> Answer:
        """Answer ``GET /demo/state?type=T[&microversion=2.96][&format=ndjson]``."""
        version = ask.query.get("microversion", "").rpartition(".")[2]
        minor = int(version) if version.isdigit() else None
        rows = truth.truth(self.cloud, ask.query.get("type", ""), minor)
        if ask.query.get("format") == "ndjson":
            lines = (b'{"id":%b,"body":%b}\n' % (encode(id_), body) for id_, body in rows)
            return Answer(stream=_chunks(lines), content_type="application/x-ndjson")
        body = b",".join(encode(id_) + b":" + body for id_, body in rows)
        return Answer(200, b"{" + body + b"}")

    def clear_calls(self, _ask: Ask) -> Answer:
        """Answer ``DELETE /demo/calls``."""
        self.cloud.calls.clear()
        return Answer.json({})

    def set_paused(self, *, paused: bool) -> Answer:
        """Answer ``POST /demo/pause`` and ``/demo/resume``."""
        self.churn.paused = paused
        return Answer.json(self.churn.report() | {"seq": self.cloud.journal.seq})

    def set_churn(self, ask: Ask) -> Answer:
        """Answer ``POST /demo/churn {"rate": operations per second}``."""
        self.churn.rate = float(ask.json()["rate"])
        return Answer.json(self.churn.report())

    def mutate(self, ask: Ask) -> Answer:
        """Answer ``POST /demo/mutate {"op", "type", "count" or "ids"}``; count null: all."""
        given = ask.json()
        ids = mutate(
            self.cloud,
            given.get("op", ""),
            given.get("type", ""),
            given.get("count", 1),
            given.get("ids"),
        )
        return Answer.json({"ids": ids, "seq": self.cloud.journal.seq})

    def faults(self, _ask: Ask) -> Answer:
        """Answer ``GET /demo/faults``."""
        return Answer.json({"faults": [fault.shown() for fault in self.script.faults]})

    def add_faults(self, ask: Ask) -> Answer:
        """Answer ``POST /demo/faults`` with one fault or a list of them."""
        given = ask.json()
        added = [self.script.add(one) for one in (given if isinstance(given, list) else [given])]
        return Answer.json({"id": added[-1].id if added else None, "ids": [f.id for f in added]})

    def clear_faults(self, _ask: Ask) -> Answer:
        """Answer ``DELETE /demo/faults``."""
        return Answer.json({"cleared": self.script.clear()})

    def listen(self) -> Answer:
        """Answer ``POST /demo/notifications``: from now on they are kept to be shown."""
        if self.shown not in self.cloud.notices.outlets:
            self.cloud.notices.outlets.append(self.shown)
        return Answer.json({"outlets": len(self.cloud.notices.outlets)})

    def notifications(self, ask: Ask) -> Answer:
        """Answer ``GET /demo/notifications?since=NUMBER``: what is kept, and counts of all."""
        kept = self.shown.since(int(ask.query.get("since", 0)))
        return Answer.json({"notifications": kept, "counts": self.cloud.notices.counts})


def _unknown(ask: Ask) -> Answer:
    raise RefusalError(404, f"no {ask.method} {ask.path}; see GET /demo")


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == _CHUNK:
            yield b"".join(held)
            held = []
    yield b"".join(held)
