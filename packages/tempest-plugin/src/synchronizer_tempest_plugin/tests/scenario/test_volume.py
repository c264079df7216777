"""Volumes, alone and attached to a server."""

from typing import Any

from tempest.common import waiters
from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

SERVER, VOLUME, SNAPSHOT = "nova.server", "cinder.volume", "cinder.snapshot"


class TestVolume(MakingTest):
    """Cinder alone."""

    services = ("cinder",)
    types = (VOLUME, SNAPSHOT)

    @decorators.idempotent_id("c3d7f1b4-0a1c-4e09-9d35-5d3a6cf2e8b7")
    @decorators.attr(type="smoke")
    def test_a_volume_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_primary.volumes_client_latest
        followed = self.follow(VOLUME)
        shown = self.a_volume()
        its_id = shown["id"]
        followed.wait(VOLUME, its_id, lambda body: body and body["status"] == "available")
        renamed = self.a_name("renamed")
        client.update_volume(its_id, name=renamed)
        followed.wait(VOLUME, its_id, lambda body: body["name"] == renamed)
        client.delete_volume(its_id)
        client.wait_for_resource_deletion(its_id)
        followed.wait_gone(VOLUME, its_id)
        followed.whole_and_once(VOLUME, its_id, shown)

    @decorators.idempotent_id("7a1f33e9-5b0d-4a25-bb1e-1f9f4d2c6a80")
    def test_a_snapshot_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_primary.snapshots_client_latest
        followed = self.follow(SNAPSHOT)
        volume = self.a_volume()
        made = client.create_snapshot(volume_id=volume["id"], name=self.a_name("snapshot"))
        its_id = made["snapshot"]["id"]
        self.addCleanup(client.wait_for_resource_deletion, its_id)
        self.removed(client.delete_snapshot, its_id)
        waiters.wait_for_volume_resource_status(client, its_id, "available")
        shown = client.show_snapshot(its_id)["snapshot"]
        followed.wait(SNAPSHOT, its_id, lambda body: body and body["status"] == "available")
        client.update_snapshot(its_id, description="changed")
        followed.wait(SNAPSHOT, its_id, lambda body: body["description"] == "changed")
        client.delete_snapshot(its_id)
        client.wait_for_resource_deletion(its_id)
        followed.wait_gone(SNAPSHOT, its_id)
        followed.whole_and_once(SNAPSHOT, its_id, shown)


class TestVolumeAttachment(MakingTest):
    """Cinder and Nova, who both tell of an attachment."""

    services = ("cinder", "nova", "glance", "neutron")
    types = (VOLUME, SERVER)

    @decorators.idempotent_id("0e6b1c5d-97f3-4dbb-a0c8-3c7e5a92d614")
    def test_an_attachment_is_told_of_the_volume_and_of_the_server(self) -> None:
        followed = self.follow(VOLUME, SERVER)
        server = self.a_server(self.a_port(self.a_network()))["id"]
        volume = self.a_volume()["id"]
        client = self.os_primary.servers_client
        client.attach_volume(server, volumeId=volume)
        volumes = self.os_primary.volumes_client_latest
        waiters.wait_for_volume_resource_status(volumes, volume, "in-use")

        def at_server(body: Any) -> bool:
            return bool(body) and [each["server_id"] for each in body["attachments"]] == [server]

        def has_volume(body: Any) -> bool:
            attached = (body or {}).get("os-extended-volumes:volumes_attached", ())
            return [each["id"] for each in attached] == [volume]

        followed.wait(VOLUME, volume, at_server)
        followed.wait(SERVER, server, has_volume)
        client.detach_volume(server, volume)
        waiters.wait_for_volume_resource_status(volumes, volume, "available")
        followed.wait(VOLUME, volume, lambda body: body["attachments"] == [])
        followed.wait(SERVER, server, lambda body: not has_volume(body))
