"""Faults of paging: the walk over the pages is led astray."""

from typing import Any
from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, decode, encode
from openstack_democloud.faults.kinds import Options, Serve, kind, rewritten, unlinked
from openstack_democloud.mutations import mutate_one


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


def _asked(ask: Ask, pairs: list[tuple[str, str]]) -> Ask:
    """Return *ask* with another query."""
    query = urlencode(pairs).encode()
    return Ask(
        ask.method, ask.path, query, ask.headers, ask.body, ask.base, ask.family, lens=ask.lens
    )


@kind
async def repeat(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Ignore marker and offset: the first page for ever, next link included."""
    return await serve(_asked(ask, [p for p in ask.pairs if p[0] not in {"marker", "offset"}]))


@kind
async def unasked_pages(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Cut every listing at ``limit`` (10), asked for or not: Neutron's pagination_max_limit."""
    most = int(options.get("limit", 10))
    asked = ask.query.get("limit", "")
    limit = min(int(asked), most) if asked.isdigit() and int(asked) else most
    rest = [pair for pair in ask.pairs if pair[0] != "limit"]
    return await serve(_asked(ask, [*rest, ("limit", str(limit))]))


@kind
async def list_limit(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Cut the listing at ``keep`` (5) rows, say ``truncated`` and give no way to the rest."""
    keep = int(options.get("keep", 5))
    answer = unlinked(rewritten(await serve(ask), lambda _name, rows: rows[:keep]))
    answer.body = encode(decode(answer.body) | {"truncated": True})
    return answer


@kind
async def marker_deleted(cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Delete and archive the marker's row, then answer. On page 2, once, unless told otherwise."""
    marker = ask.query.get("marker", "")
    path, service = ask.path.replace("-", "_"), cloud.services.of_path(ask.path)

    def named_in_path(type_: str) -> int:
        name = type_.partition(".")[2]
        return len(name) if name in path else 0

    types = [type_ for type_ in cloud.services.types if cloud.services.of_type(type_) is service]
    for op in ("delete", "archive"):
        any(mutate_one(cloud, op, t, marker) for t in sorted(types, key=named_in_path)[::-1])
    return await serve(ask)
