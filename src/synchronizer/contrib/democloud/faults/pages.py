"""Faults of paging: the walk over the pages is led astray."""

from typing import Any
from urllib.parse import urlencode

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.compute.server_writes import drop
from synchronizer.contrib.democloud.exchange import Answer, Ask
from synchronizer.contrib.democloud.faults.kinds import Options, Serve, kind, rewritten, unlinked
from synchronizer.contrib.democloud.identity.writes import MAKERS, remove


@kind
async def empty(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Answer 200 with an empty collection and no next link."""
    return unlinked(rewritten(await serve(ask), lambda _name, _rows: []))


@kind
async def short(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Show only the first ``keep`` rows (half) of the page, without a next link."""

    def cut(_name: str, rows: list[Any]) -> list[Any]:
        return rows[: int(options.get("keep", len(rows) // 2))]

    return unlinked(rewritten(await serve(ask), cut))


@kind
async def repeat(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Ignore marker and offset: the first page for ever, next link included."""
    pairs = [(name, value) for name, value in ask.pairs if name not in {"marker", "offset"}]
    again = Ask(
        ask.method,
        ask.path,
        urlencode(pairs).encode(),
        ask.headers,
        ask.body,
        ask.base,
        ask.family,
        lens=ask.lens,
    )
    return await serve(again)


@kind
async def marker_deleted(cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Delete and archive the marker's row, then answer. On page 2, once, unless told otherwise."""
    marker = ask.query.get("marker", "")
    seq = cloud.servers.find(marker)
    if seq is not None:
        if cloud.servers.alive[seq]:
            drop(cloud, seq)
        cloud.servers.archive(seq)
    for name in MAKERS:
        if marker in cloud.table(f"keystone.{name}"):
            remove(cloud, name, marker)
    return await serve(ask)
