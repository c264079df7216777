"""What is sampled, and what the API says of itself."""

from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.base import BaseSynchronizerTest


class TestTypes(BaseSynchronizerTest):
    """The types, the versions, the health and the description of the API."""

    types = ("keystone.project", "keystone.user")

    @decorators.idempotent_id("4e9a7c2b-6d03-4f1e-95b8-3c0d8f7a6e21")
    @decorators.attr(type="smoke")
    def test_every_type_says_how_fresh_it_is(self) -> None:
        answer = self.client.list_types(**self.place())
        known = {each["type"]: each for each in answer["types"]}
        self.assertLessEqual(set(self.types), set(known))
        for each in known.values():
            self.assertIn(each["state"], ("unsampled", "retired", "fault", "stale", "current"))
            self.assertLessEqual(each["revision"], answer["revision"])
        project = known["keystone.project"]
        self.assertGreater(project["entities"], 0)
        self.assertEqual("current", project["state"], project["fault"])

    @decorators.idempotent_id("c0f8d5b1-3a94-4e67-8b2c-1e6f9d4a7c53")
    def test_a_type_can_be_swept_at_once(self) -> None:
        types = self.client.list_types(type="keystone.project", **self.place())["types"]
        swept = self.client.sweep_type("keystone.project", **self.place())
        self.assertGreater(swept["sampled_at"], types[0]["sampled_at"])
        self.assertIsNone(swept["fault"])

    @decorators.idempotent_id("2d6b9e4f-8c71-4a30-b5f8-7d2e0c9a1b64")
    def test_the_version_is_one_that_it_says_it_has(self) -> None:
        versions = self.client.list_versions()["versions"]
        self.assertIn("v1", {each["id"].partition(".")[0] for each in versions})

    @decorators.idempotent_id("e7a3c1d9-5f4b-4286-9d0e-6b8c2f5a3e17")
    def test_it_is_healthy(self) -> None:
        health = self.client.show_health()
        self.assertEqual("200", health.response["status"])

    @decorators.idempotent_id("f1d4b8e6-0c2a-4975-a3e9-5c7f8b6d2a09")
    def test_its_description_has_every_call_that_these_tests_make(self) -> None:
        described = self.client.show_description()["paths"]
        self.assertLessEqual(
            {"/v1/types", "/v1/entities", "/v1/changes", "/v1/entities/{type}/{id}"},
            set(described),
        )
