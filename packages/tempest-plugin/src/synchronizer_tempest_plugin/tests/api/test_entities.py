"""Get all: pages of one revision, filters, and nothing twice."""

from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.base import BaseSynchronizerTest


class TestEntities(BaseSynchronizerTest):
    """``GET /v1/entities`` and what is below it."""

    types = ("keystone.role", "keystone.project")

    @decorators.idempotent_id("a9c6e3f0-7b15-4d28-8e4a-0f9d3b6c5a72")
    @decorators.attr(type="smoke")
    def test_the_pages_of_a_walk_are_of_one_revision_and_together_the_whole(self) -> None:
        query = {"type": ["keystone.role", "keystone.project"], **self.place()}
        page = self.client.list_entities(limit=2, **query)
        revision, found = page["revision"], []
        while True:
            self.assertEqual(revision, page["revision"])
            self.assertEqual(str(revision), page.response["synchronizer-revision"])
            found += [(each["type"], each["id"]) for each in page["entities"]]
            if page["next"] is None:
                break
            page = self.client.list_next(page["next"])
        self.assertEqual(len(found), len(set(found)))
        whole = self.client.list_entities(at=revision, limit=10_000, **query)
        self.assertEqual(set(found), {(each["type"], each["id"]) for each in whole["entities"]})

    @decorators.idempotent_id("38d0f7b5-1e6c-4b94-a7d2-9e5a8c3f0b46")
    def test_what_has_not_changed_is_not_sent_again(self) -> None:
        query = {"type": "keystone.role", **self.place()}
        first = self.client.list_entities(**query)
        again = self.client.list_entities_unless(first.response["etag"], **query)
        self.assertEqual("304", again.response["status"])
        self.assertEqual({}, dict(again))

    @decorators.idempotent_id("5b7e2a9c-4d08-4f63-b1e5-8c6d9f0a3e74")
    def test_a_filter_finds_the_entity_and_a_projection_shows_what_was_asked(self) -> None:
        place = self.place()
        found = self.client.list_entities(
            type="keystone.role", fields="name", **{"body.name": "admin"}, **place
        )
        names = [each["body"] for each in found["entities"]]
        self.assertEqual([{"name": "admin"}], names)
        its_id = found["entities"][0]["id"]
        role = self.client.show_entity("keystone.role", its_id, **place)
        self.assertEqual(("admin", its_id), (role["body"]["name"], role["body"]["id"]))
        shown = self.os_admin.roles_v3_client.show_role(its_id)["role"]
        self.assertLessEqual(set(shown), set(role["body"]))

    @decorators.idempotent_id("d2f9b6e8-0a3c-4751-9c8f-4e7b1d5a6c30")
    def test_relations_lead_from_a_project_to_its_domain_and_back(self) -> None:
        place = self.place()
        project = self.os_admin.credentials.project_id
        shown = self.os_admin.projects_client.show_project(project)["project"]
        out = self.client.list_relations("keystone.project", project, direction="out", **place)
        domains = {each["id"] for each in out["relations"] if each["type"] == "keystone.domain"}
        self.assertEqual({shown["domain_id"]}, domains)
