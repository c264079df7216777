"""Faults of the connection: late, never, cut."""

import asyncio

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.faults.kinds import ARM, DISARM, Options, Serve, kind


@kind
async def slow(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Answer ``seconds`` (1) late."""
    await asyncio.sleep(float(options.get("seconds", 1)))
    return await serve(ask)


@kind
async def hang(_cloud: Cloud, _ask: Ask, _serve: Serve, _options: Options) -> Answer:
    """Never answer; the request ends when the client goes away."""
    await asyncio.get_running_loop().create_future()
    return Answer(reset=True)


@kind
async def reset(_cloud: Cloud, _ask: Ask, _serve: Serve, _options: Options) -> Answer:
    """Cut the connection at once."""
    return Answer(reset=True)


@kind
async def clock(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Set the cloud's clock off by ``seconds`` for all requests while the fault stands."""
    return await serve(ask)


def _shift(cloud: Cloud, options: Options) -> None:
    cloud.clock.offset += float(options.get("seconds", 0))


def _shift_back(cloud: Cloud, options: Options) -> None:
    cloud.clock.offset -= float(options.get("seconds", 0))


ARM["clock"] = _shift
DISARM["clock"] = _shift_back
