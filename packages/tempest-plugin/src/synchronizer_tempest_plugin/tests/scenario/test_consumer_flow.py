"""The flow that every consumer follows: register, get all, then apply what came after."""

import time
from collections.abc import Iterable
from typing import Any

from tempest.lib import decorators

from synchronizer.client import Bookmark, Transport
from synchronizer_tempest_plugin.consumer import Consumer
from synchronizer_tempest_plugin.tests.base import CONF
from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

NETWORK = "neutron.network"
TYPES = (NETWORK,)

Bodies = dict[str, Any]


class TestConsumerFlow(MakingTest):
    """By hand, without the mirror that does it for most consumers; and with it."""

    services = ("neutron",)
    types = TYPES

    @decorators.idempotent_id("b8f5a1d3-7c4e-4e92-8d06-5f2c9b3e1a47")
    @decorators.attr(type="smoke")
    def test_a_snapshot_with_what_came_after_it_is_the_next_snapshot(self) -> None:
        for name, transport in self.transports.items():
            self._flow(name, transport)

    def _flow(self, name: str, transport: Transport) -> None:
        client = self.os_primary.networks_client
        place = self.place()
        with transport.watch(None, TYPES, **place) as watch:  # register for changes
            changed, gone = self.a_network()["id"], self.a_network()["id"]
            self._reached(transport, [changed, gone])
            with transport.get_all(TYPES, **place) as answer:  # then get all
                revision = answer.revision
                bodies: Bodies = {entity.id: entity.body for entity in answer}
            self.assertLessEqual({changed, gone}, set(bodies), name)
            client.update_network(changed, name="changed")
            client.delete_network(gone)
            came = self.a_network()["id"]

            def done() -> bool:
                what = bodies.get(changed, {}).get("name"), gone in bodies, came in bodies
                return what == ("changed", False, True)

            until = time.monotonic() + CONF.synchronizer.visibility_timeout
            for item in watch:  # and apply each change that was sampled after it
                if isinstance(item, Bookmark):
                    at = item.revision
                    if at >= revision and done():
                        break
                elif item.revision > revision:
                    if item.op == "delete":
                        bodies.pop(item.id)
                    else:
                        bodies[item.id] = item.body
                self.assertLess(time.monotonic(), until, f"{name}: the watch does not tell it")
        with transport.get_all(TYPES, at=at, **place) as answer:
            self.assertEqual({entity.id: entity.body for entity in answer}, bodies, name)

    def _reached(self, transport: Transport, ids: Iterable[str]) -> None:
        """Wait until networks are in the snapshots of a door."""
        with Consumer("the snapshot", transport, TYPES, **self.place()) as consumer:
            for its_id in ids:
                consumer.wait_told(
                    NETWORK,
                    its_id,
                    lambda body: body is not None,
                    CONF.synchronizer.visibility_timeout,
                )

    @decorators.idempotent_id("0d7c3e9b-2f58-4a6d-b1e4-8a5f6c9d7e30")
    def test_a_consumer_that_comes_later_has_the_same_as_the_one_that_was_there(self) -> None:
        first = self.follow(*TYPES)
        network = self.a_network()["id"]
        first.wait(NETWORK, network, lambda body: body and body["subnets"])
        for name, transport in self.transports.items():
            with Consumer(name, transport, TYPES, **self.place()) as late:
                self.assertTrue(late.mirror.wait_synced(CONF.synchronizer.build_timeout))
                revision, copy = late.mirror.snapshot()
                self.assertIn(network, {key.id for key in copy})
                with transport.get_all(TYPES, at=revision, **self.place()) as answer:
                    held = {entity.id: entity.body for entity in answer}
                self.assertEqual(held, {key.id: each.body for key, each in copy.items()}, name)

    @decorators.idempotent_id("96e2b4f8-1d7a-4c05-8f3b-7e9d0a5c6b12")
    def test_the_history_of_an_entity_is_what_its_consumers_were_told(self) -> None:
        client = self.os_primary.networks_client
        followed = self.follow(NETWORK)
        network = client.create_network(name=self.a_name("network"))["network"]["id"]
        self.removed(client.delete_network, network)
        followed.wait_there(NETWORK, network)
        client.update_network(network, name="changed")
        followed.wait(NETWORK, network, lambda body: body["name"] == "changed")
        client.delete_network(network)
        followed.wait_gone(NETWORK, network)
        for consumer in followed:
            kept = consumer.transport.history(NETWORK, network, **self.place())
            self.assertEqual(kept, consumer.told(NETWORK, network), consumer.name)
            before = consumer.transport.entity(
                NETWORK, network, at=kept[0].revision, **self.place()
            )
            self.assertEqual(kept[0].body, before.body, consumer.name)
