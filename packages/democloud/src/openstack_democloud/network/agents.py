"""What Neutron's agents do: nobody is told, and only a listing shows it."""

import asyncio
import random

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.linking import revise
from openstack_democloud.network.listing import found
from openstack_democloud.network.notices import tell
from openstack_democloud.network.rows import row


def set_status(cloud: Cloud, one: str, id: str, status: str) -> None:
    """Report the status of a port, floating IP or trunk: its revision moves, silently."""
    if cloud.table(COLLECTIONS[one].type).get(id) is not None:
        revise(cloud, one, id, status=status)


def wire(cloud: Cloud, port_id: str) -> None:
    """Take a port to ACTIVE a little later, as the agent of its host does."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        set_status(cloud, "port", port_id, "ACTIVE")
    else:
        loop.call_later(cloud.size.build_seconds / 2, set_status, cloud, "port", port_id, "ACTIVE")


def flip(cloud: Cloud, dice: random.Random, one: str) -> str | None:
    """Let the agents change the status of something."""
    table = cloud.table(COLLECTIONS[one].type)
    ids = table.ids()
    if not ids:
        return None
    id_ = dice.choice(ids)
    down = (table.get(id_) or {})["status"] != "ACTIVE"
    set_status(cloud, one, id_, "ACTIVE" if down else "DOWN")
    return id_


def flip_agent(cloud: Cloud, dice: random.Random) -> str | None:
    """Let an agent die, or come back."""
    table = cloud.table("neutron.agent")
    if not len(table):
        return None
    id_ = dice.choice(table.ids())
    died = (table.get(id_) or {})["_died"]
    table.change(id_, _died=None if died is not None else cloud.clock.now())
    return id_


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /agents/{id}``: the one change of an agent that is told."""
    found(cloud, ask, COLLECTIONS["agent"], id)
    given = ask.part("agent")
    tell(cloud, "agent.update.start", {"id": id, "agent": dict(given)})
    fields = {n: v for n, v in given.items() if n in {"admin_state_up", "description"}}
    body = row(cloud, "neutron.agent", cloud.table("neutron.agent").change(id, **fields))
    tell(cloud, "agent.update.end", {"agent": body})
    return Answer.json({"agent": body})


def delete(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``DELETE /agents/{id}``."""
    body = row(cloud, "neutron.agent", found(cloud, ask, COLLECTIONS["agent"], id))
    tell(cloud, "agent.delete.start", {"agent_id": id})
    cloud.table("neutron.agent").remove(id)
    tell(cloud, "agent.delete.end", {"agent": body, "agent_id": id})
    return Answer(204)
