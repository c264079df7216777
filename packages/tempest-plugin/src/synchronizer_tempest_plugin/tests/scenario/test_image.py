"""An image from its first word to its removal."""

import io

from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

IMAGE = "glance.image"


class TestImage(MakingTest):
    """Glance."""

    services = ("glance",)
    types = (IMAGE,)

    @decorators.idempotent_id("f4a7d2c9-3e1b-4b60-9a8d-0c5e7f1b2d63")
    @decorators.attr(type="smoke")
    def test_an_image_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_primary.image_client_v2
        followed = self.follow(IMAGE)
        made = client.create_image(
            name=self.a_name("image"), container_format="bare", disk_format="raw"
        )
        its_id = made["id"]
        self.removed(client.delete_image, its_id)
        shown = client.show_image(its_id)  # what it has before it has contents
        followed.wait(IMAGE, its_id, lambda body: body and body["status"] == "queued")
        client.store_image_file(its_id, io.BytesIO(bytes(1024)))
        followed.wait(
            IMAGE, its_id, lambda body: (body["status"], body["size"]) == ("active", 1024)
        )
        client.update_image(its_id, [{"add": "/colour", "value": "blue"}])
        followed.wait(IMAGE, its_id, lambda body: body.get("colour") == "blue")
        client.delete_image(its_id)
        client.wait_for_resource_deletion(its_id)
        followed.wait_gone(IMAGE, its_id)
        followed.whole_and_once(IMAGE, its_id, shown)
