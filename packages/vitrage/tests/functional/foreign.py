"""The tests that Vitrage ships and that judge what our drivers hand over.

``docs/how-to/vitrage.rst`` shows the same table; a test compares them.
"""

from typing import NamedTuple


class Module(NamedTuple):
    """A module of tests below ``vitrage.tests``, how many it has, and what it judges."""

    name: str
    tests: int
    judges: str


MODULES = (
    Module(
        "unit.datasources.nova.test_instance_transformer_snapshot_events",
        5,
        "a server: shape, key, host",
    ),
    Module("unit.datasources.nova.test_nova_host_transformer", 4, "a compute host and its zone"),
    Module("unit.datasources.nova.test_nova_zone_transformer", 4, "a zone, its hosts, the cluster"),
    Module("unit.datasources.cinder.test_cinder_volume_transformer", 4, "a volume and its server"),
    Module("unit.datasources.heat.test_heat_stack_transformer", 4, "a stack and what it comprises"),
    Module("unit.datasources.nagios.test_nagios_transformer", 2, "an alarm, also one that ends"),
    Module("unit.entity_graph.processor.test_processor", 13, "create, update, delete, new parent"),
    Module("unit.entity_graph.test_transformer_manager", 4, "which transformer a type gets"),
    Module("functional.datasources.nova.test_nova_datasources", 1, "zones, hosts and servers"),
    Module("functional.datasources.cinder.test_cinder_volume", 1, "a volume in the whole graph"),
    Module("functional.datasources.heat.test_heat_stack", 1, "a stack in the whole graph"),
    Module("functional.datasources.nagios.test_nagios", 1, "an alarm in the whole graph"),
    Module("functional.entity_graph.consistency.test_consistency", 2, "what grows too old"),
    Module(
        "functional.datasources.listener_service.test_listener_service",
        1,
        "Vitrage's listener beside our drivers",
    ),
    Module(
        "unit.datasources.nova.test_instance_transformer_versioned_notifications",
        4,
        "keys and placeholders of servers",
    ),
)
