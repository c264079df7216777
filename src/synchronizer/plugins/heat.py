"""Heat: orchestration v1.

Facts that shape this file: an administrator's plain listing shows the stacks of all
projects, and only then names the project in each row; the filter for all projects is
denied to everybody by default. Nested and hidden stacks must be asked for. What a listing
shows and what a read shows are two things, and a read makes Heat ask other services, so
stacks are listed only, also one by one: parameters and outputs, which hold passwords, are
never fetched. A marker that is gone restarts the listing, so it is taken whole. A read of
a deleted stack answers 200; a listing leaves it out.

Source: https://docs.openstack.org/api-ref/orchestration/v1/
"""

from typing import Any

from synchronizer.model.address import segment
from synchronizer.model.errors import MalformedError
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Plugin, Resource, decode_object
from synchronizer.plugins.service import Answer, Query
from synchronizer.plugins.service import Service as Endpoint


class Stack(Resource):
    """A stack, nested ones too, without its parameters and outputs."""

    name, path, key = "stack", "/stacks", "stacks"
    query = {"show_nested": "true", "show_hidden": "true"}
    bulk = "id"
    # Heat tells that it has deleted a stack a moment before listings leave it out.
    gone = ("stack_status", frozenset({"DELETE_COMPLETE"}))
    volatile = ("links",)
    witness = ("project",)
    relations = {
        "parent": "heat.stack",
        "project": "keystone.project",
        "stack_user_project_id": "keystone.project",
    }
    hints = (
        Hint("orchestration.stack.*", "stack_identity"),
        Hint("orchestration.stack.delete.end", "stack_identity", gone=True),
        Hint("orchestration.autoscaling.*", "stack_identity"),
    )


class StackResource(Resource):
    """A resource of a stack: one call for each stack, so only when asked for."""

    name, path, key = "resource", "/stacks/{parent}/resources", "resources"
    each = "heat.stack"
    id = ("stack_id", "resource_name")
    volatile = ("links", "updated_time")
    relations = {
        "stack_id": "heat.stack",
        "physical_resource_id": (
            "nova.server",
            "cinder.volume",
            "neutron.port",
            "neutron.network",
            "neutron.subnet",
            "neutron.router",
            "neutron.floatingip",
            "neutron.security_group",
            "heat.software_config",
            "heat.software_deployment",
            "heat.stack",
        ),
    }
    hints = (Hint("orchestration.stack.*.end"),)
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the stack."""
        item = super().shape(item, parent)
        item["stack_id"] = parent
        return item


class Snapshot(Resource):
    """A snapshot of a stack: two calls for each stack, so only when asked for.

    What was saved holds the template, its parameters and so passwords: it is never kept.
    """

    name, path, key = "snapshot", "/stacks/{parent}/{parent}/snapshots", "snapshots"
    each = "heat.stack"
    id = ("stack_id", "id")
    only_single = ("data",)
    relations = {"stack_id": "heat.stack"}
    hints = (Hint("orchestration.stack.snapshot.end"),)
    default = False

    def ask(self, service: Endpoint, parent: str | None, more: Query) -> Answer:
        """Look up the stack's name first: Heat wants it before the id, and does not redirect."""
        stack_id = segment(parent or "")
        found = service.get(f"{Stack.path}?id={stack_id}", Stack.query)
        rows = decode_object(self.type, found.body).get(Stack.key)
        if not isinstance(rows, list):
            raise MalformedError(f"{self.type}: the listing of stack {parent} is no list")
        stacks = [row for row in rows if isinstance(row, dict) and row.get("id") == parent]
        if not rows:
            return found._replace(status=404)
        name = stacks[0].get("stack_name") if stacks else None
        if not isinstance(name, str) or not name:
            raise MalformedError(f"{self.type}: the listing of stack {parent} does not name it")
        path = self.path.replace("{parent}", segment(name), 1)
        return service.get(path.replace("{parent}", stack_id), more, allow=(404,))

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the stack."""
        item = super().shape(item, parent)
        item["stack_id"] = parent
        return item


class SoftwareConfig(Resource):
    """A piece of configuration; its text, inputs and outputs hold secrets and are never fetched.

    That is what a read shows, and it leaves out the project: there is only the listing.
    """

    name, path, key = "software_config", "/software_configs", "software_configs"
    relations = {"project": "keystone.project"}
    sweep = 1800.0


class SoftwareDeployment(Resource):
    """A piece of configuration on its way to a server; its values are never kept."""

    name, path, key = "software_deployment", "/software_deployments", "software_deployments"
    single, single_key = "/software_deployments/{id}", "software_deployment"
    volatile = ("updated_time",)
    secret = ("input_values", "output_values")
    relations = {"server_id": "nova.server", "config_id": "heat.software_config"}
    sweep = 1800.0


class Service(Resource):
    """An engine of Heat. Whether it is up is state, its heartbeat is not."""

    name, path, key = "service", "/services", "services"
    measured = ("updated_at",)
    never_empty = True


class Heat(Plugin):
    """The orchestration service."""

    name = "heat"
    service_type = "orchestration"
    version = "1"
    privileged = "/services"
    exchanges = ("heat",)
    resources = (Stack, StackResource, Snapshot, SoftwareConfig, SoftwareDeployment, Service)
