"""Notifications as the services' own documentation shows them."""

import pytest

from synchronizer.plugins import load
from synchronizer.plugins.hints import Hints

SWAPPED = {
    "nova_object.data": {"uuid": "server", "old_volume_id": "old", "new_volume_id": "new"},
    "nova_object.name": "InstanceActionVolumeSwapPayload",
    "nova_object.namespace": "nova",
    "nova_object.version": "1.9",
}


def hinted(plugin, event_type, payload):
    found = Hints(load(plugin).declared()).of(event_type, payload)
    return {each.type: each.ids for each in found}


def test_a_swap_names_both_volumes():
    assert hinted("cinder", "instance.volume_swap.end", SWAPPED)["cinder.volume"] == ("old", "new")


def test_a_swap_names_both_attachments():
    found = hinted("nova", "instance.volume_swap.end", SWAPPED)
    assert found["nova.server"] == ("server",)
    assert found["nova.volume_attachment"] == ("server/old", "server/new")


@pytest.mark.parametrize("field", ["id", "loadbalancer_id"])
def test_a_load_balancer_is_named_as_the_documentation_has_it_and_as_the_code(field):
    """https://docs.openstack.org/octavia/latest/admin/event-notifications.html."""
    found = hinted("octavia", "octavia.loadbalancer.update.end", {field: "lb", "name": "n"})
    assert found == {"octavia.loadbalancer": ("lb",)}
