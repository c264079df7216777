"""As much of Heat's API as the scenarios need; Tempest itself has no client for it."""

from typing import Any

from oslo_serialization import jsonutils as json
from tempest.lib import exceptions
from tempest.lib.common import rest_client

_GONE = "DELETE_COMPLETE"


class StacksClient(rest_client.RestClient):
    """Stacks."""

    def list_stacks(self) -> Any:
        """Return all stacks that an administrator sees, nested and hidden ones too."""
        headers, body = self.get("stacks?show_nested=true&show_hidden=true")
        self.expected_success(200, headers.status)
        return rest_client.ResponseBody(headers, json.loads(body))

    def show_stack(self, stack: str) -> Any:
        """Return one stack, by ``name/id``."""
        headers, body = self.get(f"stacks/{stack}")
        self.expected_success(200, headers.status)
        return rest_client.ResponseBody(headers, json.loads(body))

    def create_stack(self, **stack: Any) -> Any:
        """Make a stack; return its id."""
        headers, body = self.post("stacks", json.dumps(stack))
        self.expected_success(201, headers.status)
        return rest_client.ResponseBody(headers, json.loads(body))

    def update_stack(self, stack: str, **changes: Any) -> Any:
        """Update a stack, by ``name/id``."""
        headers, _ = self.put(f"stacks/{stack}", json.dumps(changes))
        self.expected_success(202, headers.status)
        return rest_client.ResponseBody(headers)

    def delete_stack(self, stack: str) -> Any:
        """Delete a stack, by ``name/id``."""
        headers, _ = self.delete(f"stacks/{stack}")
        self.expected_success(204, headers.status)
        return rest_client.ResponseBody(headers)

    def is_resource_deleted(self, id: str) -> bool:
        """Return whether a stack is gone; by its id a deleted one is still shown."""
        try:
            return bool(self.show_stack(id)["stack"]["stack_status"] == _GONE)
        except exceptions.NotFound:
            return True

    @property
    def resource_type(self) -> str:
        """What a time-out calls it."""
        return "stack"
