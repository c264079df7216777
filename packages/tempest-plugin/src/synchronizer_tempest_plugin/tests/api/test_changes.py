"""Changes after a revision, and what is answered when they cannot be told."""

from tempest.lib import decorators, exceptions
from tempest.lib.common.utils import test_utils

from synchronizer.model.errors import (
    RevisionAheadError,
    RevisionCompactedError,
    UnknownEntityError,
    UnknownTypeError,
)
from synchronizer_tempest_plugin.tests.base import CONF, BaseSynchronizerTest

PROJECT = "keystone.project"


class TestChanges(BaseSynchronizerTest):
    """``GET /v1/changes``."""

    types = (PROJECT,)

    @decorators.idempotent_id("6f3a0c8d-9e27-4b51-8d4f-2b7c5e1a9d06")
    @decorators.attr(type="smoke")
    def test_a_change_stands_in_the_changes_after_the_revision_before_it(self) -> None:
        place = self.place()
        since = self.client.list_types(**place)["revision"]
        project = self.os_admin.projects_client.create_project(self.a_name("project"))["project"]
        self.addCleanup(self.os_admin.projects_client.delete_project, project["id"])
        self.client.sweep_type(PROJECT, **place)
        page = self.client.list_changes(since, type=PROJECT, **place)
        (change,) = [each for each in page["changes"] if each["id"] == project["id"]]
        self.assertEqual(("create", None), (change["op"], change["previous"]))
        self.assertEqual(project["name"], change["body"]["name"])
        self.assertGreater(change["revision"], since)
        again = self.client.list_changes(change["revision"], type=PROJECT, **place)
        self.assertNotIn(change, again["changes"])


class RefusingTest(BaseSynchronizerTest):
    """Looks at errors."""

    types = (PROJECT,)

    def _refused(self, error: Exception, code: str) -> dict[str, object]:
        # Tempest has taken them out of the body already, as the only thing in it.
        (told,) = error.resp_body  # type: ignore[attr-defined]
        self.assertEqual(code, told["code"])
        self.assertTrue(told["detail"])
        return dict(told)


class TestRefusals(RefusingTest):
    """What cannot be answered is refused with a stable code, at the API and at every door."""

    @decorators.idempotent_id("0a8e5d3f-6b49-4c17-9f2d-7d1c4b8e6a95")
    @decorators.attr(type="negative")
    def test_an_unknown_type_is_404(self) -> None:
        for call in (
            lambda: self.client.list_entities(type="nova.servr"),
            lambda: self.client.list_changes(0, type="nova.servr"),
            lambda: self.client.show_entity("nova.servr", "x"),
            lambda: self.client.sweep_type("nova.servr"),
        ):
            error = self.assertRaises(exceptions.NotFound, call)
            self._refused(error, UnknownTypeError.code)
        for transport in self.transports.values():
            self.assertRaises(UnknownTypeError, transport.get_all, ["nova.servr"])
            self.assertRaises(UnknownTypeError, transport.changes, 0, ["nova.servr"])

    @decorators.idempotent_id("c4b9e7a1-2f65-4d80-b3c8-5e9f0d6a1b38")
    @decorators.attr(type="negative")
    def test_an_unknown_entity_is_404(self) -> None:
        place = self.place()
        error = self.assertRaises(
            exceptions.NotFound, self.client.show_entity, PROJECT, "0" * 32, **place
        )
        self._refused(error, UnknownEntityError.code)
        for transport in self.transports.values():
            self.assertRaises(UnknownEntityError, transport.entity, PROJECT, "0" * 32, **place)

    @decorators.idempotent_id("91f6d2c8-8e0b-4a37-a5d9-3b4c7f1e6d52")
    @decorators.attr(type="negative")
    def test_an_unknown_parameter_is_400(self) -> None:
        error = self.assertRaises(exceptions.BadRequest, self.client.list_types, colour="blue")
        told = self._refused(error, "synchronizer.request.invalid")
        self.assertIn("colour", str(told["detail"]))

    @decorators.idempotent_id("7d5c0b9e-4a18-4f26-8e73-9c2f6a3d1b80")
    @decorators.attr(type="negative")
    def test_a_revision_that_has_not_been_reached_is_416(self) -> None:
        error = self.assertRaises(
            exceptions.UnexpectedResponseCode, self.client.list_changes, 10**15
        )
        self.assertEqual("416", error.resp["status"])
        for transport in self.transports.values():
            self.assertRaises(RevisionAheadError, transport.changes, 10**15)


class TestCompaction(RefusingTest):
    """The end of the kept history. It takes its time, so it has a class of its own."""

    @decorators.idempotent_id("eb2f7a4d-1c93-4850-96be-0d8a5c7f3e61")
    @decorators.attr(type="negative")
    def test_a_compacted_revision_is_410_and_names_the_oldest_there_is(self) -> None:
        if not self._compacted():
            raise self.skipException(
                f"nothing has been compacted: the history of {CONF.synchronizer.history} s is "
                f"longer than [synchronizer] compaction_timeout"
            )
        error = self.assertRaises(exceptions.Gone, self.client.list_changes, 0)
        oldest = self._refused(error, RevisionCompactedError.code)["oldest"]
        for call in (
            lambda: self.client.list_entities(at=0),
            lambda: self.client.list_changes(0, type=PROJECT),
        ):
            self._refused(self.assertRaises(exceptions.Gone, call), RevisionCompactedError.code)
        for name, transport in self.transports.items():
            raised = self.assertRaises(RevisionCompactedError, transport.changes, 0)
            self.assertGreaterEqual(raised.oldest, oldest, name)
            self.assertRaises(RevisionCompactedError, transport.watch, 0)
            # From the oldest on everything can be told.
            self.assertGreaterEqual(transport.changes(raised.oldest).revision, raised.oldest)

    def _compacted(self) -> bool:
        """Return whether something has been compacted; wait for it if it is about to be."""
        options = CONF.synchronizer
        wait = options.compaction_timeout if options.history < options.compaction_timeout else 0

        def gone() -> bool:
            try:
                self.client.list_changes(0, limit=1)
            except exceptions.Gone:
                return True
            return False

        return bool(test_utils.call_until_true(gone, wait, options.build_interval)) or gone()
