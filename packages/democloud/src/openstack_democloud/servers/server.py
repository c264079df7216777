"""One server as an object: what a touched, a created or a deleted one is kept as."""

from dataclasses import dataclass, field
from typing import Any

#: What Nova shows for each state: (status, vm_state, task_state, power_state).
CONDITIONS: dict[str, tuple[str, str, str | None, int]] = {
    "active": ("ACTIVE", "active", None, 1),
    "stopped": ("SHUTOFF", "stopped", None, 4),
    "paused": ("PAUSED", "paused", None, 3),
    "error": ("ERROR", "error", None, 0),
    "scheduling": ("BUILD", "building", "scheduling", 0),
    "spawning": ("BUILD", "building", "spawning", 0),
    "rebooting": ("REBOOT", "active", "rebooting", 1),
    "resizing": ("RESIZE", "active", "resize_migrating", 1),
    "resized": ("VERIFY_RESIZE", "resized", None, 1),
    "suspended": ("SUSPENDED", "suspended", None, 4),
    "soft-delete": ("SOFT_DELETED", "soft-delete", None, 4),
    "deleted": ("DELETED", "deleted", None, 0),
}
NO_HOST = -1


@dataclass(slots=True)
class Server:
    """Project, user, host, flavor and image are numbers in the pools.

    ``updated`` is None until the first save after the insert: Nova then shows *now* and
    leaves the row out of changes-since. ``requested`` is set while a BuildRequest exists.
    """

    seq: int
    id: str
    name: str
    condition: str
    project: int
    user: int
    host: int
    flavor: int
    image: int
    created: float
    updated: float | None
    launched: float | None
    metadata: dict[str, str]
    addresses: dict[str, list[dict[str, Any]]]
    volumes: list[dict[str, Any]]
    security_groups: list[dict[str, str]]
    key_name: str | None
    user_data: str
    description: str | None = None
    tags: list[str] = field(default_factory=list)
    locked: bool = False
    locked_reason: str | None = None
    hints: dict[str, Any] = field(default_factory=dict)
    fault: dict[str, Any] | None = None
    terminated: float | None = None
    deleted: float | None = None
    requested: bool = False

    @property
    def status(self) -> str:
        """Return the status Nova derives from vm_state and task_state."""
        return CONDITIONS[self.condition][0]
