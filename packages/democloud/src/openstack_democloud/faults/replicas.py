"""Faults of several replicas behind one address: an answer that others have left behind."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError, decode, encode
from openstack_democloud.faults.kinds import Options, Serve, kind, rewritten


@kind
async def replica(cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Lag: show ``rows`` as they were, in listings and alone, and not yet those of ``ids``."""
    old = {row["id"]: row for row in options.get("rows", ())}
    lacking = frozenset(options.get("ids", ()))
    if ask.path.rpartition("/")[2] in lacking:
        return cloud.services.refused(ask, RefusalError(404, "It could not be found."))

    def before(_name: str, rows: list[Any]) -> list[Any]:
        return [old.get(row["id"], row) for row in rows if row["id"] not in lacking]

    answer = rewritten(await serve(ask), before)
    if answer.status == 200 and ask.path.rpartition("/")[2] in old:
        body = decode(answer.body)
        name = next(iter(body))
        row = old[ask.path.rpartition("/")[2]]
        answer.body = encode({name: row} if isinstance(body[name], dict) else row)
    return answer


@kind
async def added_rows(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Show ``rows`` at the end of the listing, whatever else it holds and was asked for."""
    return rewritten(await serve(ask), lambda _name, rows: [*rows, *options.get("rows", ())])
