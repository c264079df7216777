"""A run on demand in a process of its own."""

import asyncio

import msgspec
import pytest
import uvloop

from synchronizer.model.entity import Collection
from synchronizer.service.on_demand import run_once
from synchronizer.service.settings import CloudAccess, Role, Settings
from synchronizer.store import open_store


@pytest.mark.filterwarnings("ignore:Using fork:DeprecationWarning")  # eventlet's, of our tests
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_outcome_larger_than_a_pipe_is_read(cloud, store_url, loop):
    """Of two thousand regions that nobody has: some 300 KB of sentences."""
    open_store(store_url).close()
    access = CloudAccess(name="demo", auth_type="password", auth=cloud.auth)
    asked = tuple(Collection("demo", f"region-{n}", "nova.server") for n in range(2000))
    role = Role(kind="once", cloud="demo", plugin="nova", collections=asked)

    async def outcome():
        async with asyncio.timeout(120):
            return await run_once(Settings(store=store_url, clouds=(access,)), role)

    with asyncio.Runner(loop_factory=loop) as runner:
        (line,) = runner.run(outcome()).split("\n")[1:-1]
    assert len(line) > 65_536
    found = msgspec.json.decode(line.removeprefix("outcome "), type=dict[str, str])
    assert found.keys() == {str(each) for each in asked}
