"""Faults that spoil the bytes or the types of a genuine answer."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, decode, encode
from openstack_democloud.faults.kinds import Options, Serve, kind, rewritten, rows_of


@kind
async def truncate(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Cut the body after ``fraction`` (0.5) of it though Content-Length is whole, and hang up."""
    answer = await serve(ask)
    answer.cut = int(len(answer.body) * float(options.get("fraction", 0.5)))
    return answer


@kind
async def garbage(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Answer with something that is not JSON, though it begins like it."""
    answer = await serve(ask)
    answer.body = answer.body[: len(answer.body) // 2] + b"}]\x00<garbage>"
    return answer


@kind
async def invalid_utf8(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Put a byte that UTF-8 cannot have into a string of the body."""
    answer = await serve(ask)
    middle = answer.body.find(b'":"', len(answer.body) // 2)
    middle = (middle if middle >= 0 else answer.body.find(b'":"')) + 3
    answer.body = answer.body[:middle] + b"\xff" + answer.body[middle + 1 :]
    return answer


@kind
async def wrong_types(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Spoil a type. ``what``: "id" (a number), "item" (a string) or "collection" (an object)."""
    answer = await serve(ask)
    what = options.get("what", "id")
    if what == "collection":
        body = decode(answer.body)
        if found := rows_of(body):
            body[found[0]] = {"0": found[1]}
            answer.body = encode(body)
        return answer

    def spoil(_name: str, rows: list[Any]) -> list[Any]:
        if rows:
            rows[0] = "not an object" if what == "item" else rows[0] | {"id": 7}
        return rows

    return rewritten(answer, spoil)


@kind
async def missing_id(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Leave the id out of the first row."""

    def spoil(_name: str, rows: list[Any]) -> list[Any]:
        if rows:
            rows[0].pop("id", None)
        return rows

    return rewritten(await serve(ask), spoil)


@kind
async def duplicate_id(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Show the first row a second time at the end of the page, with another name and state."""

    def spoil(_name: str, rows: list[Any]) -> list[Any]:
        if rows:
            rows.append(rows[0] | {"name": "duplicate", "status": "ERROR", "enabled": False})
        return rows

    return rewritten(await serve(ask), spoil)


@kind
async def huge_item(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Make the first row ``megabytes`` (16) long, in its description."""
    size = int(float(options.get("megabytes", 16)) * 1_000_000)

    def spoil(_name: str, rows: list[Any]) -> list[Any]:
        if rows:
            rows[0]["description"] = "x" * size
        return rows

    return rewritten(await serve(ask), spoil)
