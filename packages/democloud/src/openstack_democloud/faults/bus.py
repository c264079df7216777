"""Faults of the message bus: what a service told does not arrive once and at once.

They strike notifications, not requests, while they stand. Their options: ``probability`` (1)
and ``events``, a pattern of event types (``port.*.end``; all).
"""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.faults.kinds import ARM, DISARM, Options, Serve, Switch, kind
from openstack_democloud.notices import Trouble


@kind
async def lost(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Lose notifications with ``probability`` (1), those of ``events`` ("*")."""
    return await serve(ask)


@kind
async def doubled(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Send notifications twice with ``probability`` (1), those of ``events`` ("*")."""
    return await serve(ask)


@kind
async def delayed(_cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """Send notifications ``seconds`` (1) late with ``probability`` (1), those of ``events``."""
    return await serve(ask)


def _trouble(kind: str, options: Options) -> Trouble:
    return Trouble(
        kind,
        float(options.get("probability", 1)),
        str(options.get("events", "*")),
        float(options.get("seconds", 1)),
    )


def _begin(kind: str) -> Switch:
    return lambda cloud, options: cloud.notices.troubles.append(_trouble(kind, options))


def _end(kind: str) -> Switch:
    return lambda cloud, options: cloud.notices.troubles.remove(_trouble(kind, options))


for _name in ("lost", "doubled", "delayed"):
    ARM[_name], DISARM[_name] = _begin(_name), _end(_name)
