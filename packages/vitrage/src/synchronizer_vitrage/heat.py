"""Heat's: stacks, each with the servers, volumes, networks and ports that it made.

The synchronizer lists the resources of stacks only when asked to (``[sampling] types``):
it costs a call for each stack. Vitrage makes those calls itself at each of its snapshots.
"""

from collections.abc import Iterable, Iterator

from oslo_config import cfg

from synchronizer.model.change import Change
from synchronizer_vitrage.datasource import Body, Datasource, Farewell

_COMPRISED = {
    "OS::Nova::Server": "nova.instance",
    "OS::Cinder::Volume": "cinder.volume",
    "OS::Neutron::Net": "neutron.network",
    "OS::Neutron::Port": "neutron.port",
}
_LEAVING = {"delete_complete", "deleted", "delete_in_progress"}  # gone, to Vitrage's mind
_DEPTH = 10  # how deep Vitrage looks into nested stacks


class Stack(Datasource):
    """A stack that is nobody's part, with the resources of its parts."""

    name = "heat.stack"
    types = ("heat.stack", "heat.resource")

    def __init__(self) -> None:
        super().__init__()
        self._resources: dict[str, dict[str, None]] = {}  # by stack
        self._parts: dict[str, dict[str, None]] = {}  # stacks by the one they are in

    def touched(self, change: Change) -> Iterable[str]:
        """Return the outermost stack; note what belongs to which."""
        if change.type == "heat.stack":
            stack, parent = change.id, change.body.get("parent")
            if parent:
                _note(self._parts, parent, change)
        else:
            stack = change.body.get("stack_id") or change.id.partition("/")[0]
            _note(self._resources, stack, change)
        return (self._outermost(stack, change),)

    def _outermost(self, stack: str, change: Change) -> str:
        told = change.body if change.type == "heat.stack" else None
        for _ in range(_DEPTH):
            body = told or self.body("heat.stack", stack) or {}
            told = None
            if not body.get("parent"):
                break
            stack = body["parent"]
        return stack

    def entity(self, id: str) -> Body | None:
        """Return the stack with its resources of the kinds that Vitrage is to show."""
        body = self.body("heat.stack", id)
        if body is None or body.get("parent"):
            return None
        if (body.get("stack_status") or "").lower() in _LEAVING:
            return None
        shown = cfg.CONF.datasources.types
        resources = [
            each
            for each in self._tree(id, _DEPTH)
            if _COMPRISED.get(each.get("resource_type", "")) in shown
            and each.get("physical_resource_id")
        ]
        return {**body, "resources": resources}

    def _tree(self, stack: str, depth: int) -> Iterator[Body]:
        for resource in list(self._resources.get(stack, ())):
            body = self.body("heat.resource", resource)
            if body is not None:
                yield body
        if depth:
            for part in list(self._parts.get(stack, ())):
                yield from self._tree(part, depth - 1)

    def farewell(self, entity: Body) -> Farewell:
        """Name the stack; its resources are looked through even then."""
        return Farewell({"id": entity["id"], "resources": []})


def _note(shelves: dict[str, dict[str, None]], shelf: str, change: Change) -> None:
    if change.op == "delete":
        shelves.get(shelf, {}).pop(change.id, None)
    else:
        shelves.setdefault(shelf, {})[change.id] = None
