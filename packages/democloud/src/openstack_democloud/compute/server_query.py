"""What a server listing asks for, read out of its query as Nova reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openstack_democloud.clock import parse
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError
from openstack_democloud.servers.server import CONDITIONS, NO_HOST, Server

_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
_SORTS = frozenset(
    (
        "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive",
        "created_at", "display_description", "display_name", "host", "hostname", "image_ref",
        "instance_type_id", "kernel_id", "key_name", "launch_index", "launched_at", "locked",
        "locked_by", "node", "power_state", "progress", "project_id", "ramdisk_id",
        "root_device_name", "task_state", "terminated_at", "updated_at", "user_id", "uuid",
        "vm_state",
    )
)  # fmt: skip
_PAGING = frozenset({"limit", "marker", "sort_key", "sort_dir", "all_tenants"})
_KNOWN = _PAGING | frozenset(
    (
        "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "changes-since",
        "changes-before", "config_drive", "created_at", "deleted", "description",
        "display_description", "display_name", "flavor", "host", "hostname", "image", "image_ref",
        "instance_type_id", "ip", "ip6", "kernel_id", "key_name", "launch_index", "launched_at",
        "locked", "locked_by", "metadata", "name", "node", "not-tags", "not-tags-any",
        "power_state", "progress", "project_id", "ramdisk_id", "reservation_id", "root_device_name",
        "soft_deleted", "status", "sort_key", "sort_dir", "system_metadata", "tags", "tags-any",
        "task_state", "tenant_id", "terminated_at", "user_id", "uuid", "vm_state",
    )
)  # fmt: skip
Test = Callable[[Server], bool]


@dataclass(frozen=True)
class ServerQuery:
    """A server listing's wishes. ``tests`` must all be true of a row."""

    sort: str
    descending: bool
    marker: str | None
    since: float | None
    before: float | None
    dead: bool
    soft: bool
    tests: tuple[Test, ...]

    @property
    def plain(self) -> bool:
        """Tell whether every living server is wanted."""
        return not (self.tests or self.dead or self.soft or self.timed)

    @property
    def timed(self) -> bool:
        """Tell whether changes-since or changes-before was given: deleted rows show too."""
        return self.since is not None or self.before is not None


def truth(text: str) -> bool:
    """Return what Nova takes a query value for."""
    return text.strip().lower() in _TRUE


def _time(ask: Ask, name: str) -> float | None:
    text = ask.query.get(name)
    if text is None:
        return None
    try:
        return parse(text.replace(" ", "+"))
    except ValueError as error:
        raise RefusalError(
            400, f"Invalid input for query parameters {name}. Value: {text}."
        ) from error


def _check(ask: Ask) -> None:
    if ask.minor < 75:
        return
    unknown = sorted(name for name, _ in ask.pairs if name not in _KNOWN)
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        verb = "was" if len(unknown) == 1 else "were"
        raise RefusalError(
            400,
            "Invalid input for query parameters."
            f" Additional properties are not allowed ({names} {verb} unexpected)",
        )
    if ask.query.get("sort_key", "created_at") not in _SORTS:
        raise RefusalError(400, "Invalid input for query parameters sort_key.")


def _among(value_of: Callable[[Server], Any], wanted: set[str]) -> Test:
    return lambda server: value_of(server) in wanted


def _tests(cloud: Cloud, ask: Ask) -> list[Test]:
    pools, query = cloud.pools, ask.query
    tests: list[Test] = []
    held: dict[str, Callable[[Server], Any]] = {
        "project_id": lambda s: pools.projects[s.project],
        "tenant_id": lambda s: pools.projects[s.project],
        "user_id": lambda s: pools.users[s.user],
        "host": lambda s: None if s.host == NO_HOST else pools.hosts[s.host].name,
        "node": lambda s: None if s.host == NO_HOST else pools.hosts[s.host].hypervisor,
        "uuid": lambda s: s.id,
        "image": lambda s: pools.images[s.image],
        "flavor": lambda s: pools.flavors[s.flavor]["id"],
        "vm_state": lambda s: CONDITIONS[s.condition][1],
        "task_state": lambda s: CONDITIONS[s.condition][2],
        "power_state": lambda s: str(CONDITIONS[s.condition][3]),
        "key_name": lambda s: s.key_name,
    }
    for name, value_of in held.items():
        wanted = {value for key, value in ask.pairs if key == name}
        if wanted:
            tests.append(_among(value_of, wanted))
    if states := {value.upper() for key, value in ask.pairs if key == "status"}:
        tests.append(lambda s: s.status in states)
    if part := query.get("name"):
        tests.append(lambda s: part in s.name)
    if "locked" in query and ask.minor >= 73:
        locked = truth(query["locked"])
        tests.append(lambda s: s.locked == locked)
    if tags := query.get("tags"):
        tests.append(lambda s: set(tags.split(",")) <= set(s.tags))
    return tests


def read(cloud: Cloud, ask: Ask) -> ServerQuery:
    """Return what *ask* wants of the servers.

    Raises:
        RefusalError: 400 for a query Nova refuses, 403 for all tenants without the right.
    """
    _check(ask)
    query = ask.query
    tests = _tests(cloud, ask)
    token = ask.token
    everything = truth(query.get("all_tenants", "0")) or query.get("all_tenants") == ""
    if token is not None and not token.admin and everything:
        raise RefusalError(
            403,
            "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.",
        )
    if not everything and token is not None:
        own = token.project_id
        tests.append(lambda s: cloud.pools.projects[s.project] == own)
    return ServerQuery(
        sort=query.get("sort_key", "created_at"),
        descending=query.get("sort_dir", "desc") == "desc",
        marker=query.get("marker"),
        since=_time(ask, "changes-since"),
        before=_time(ask, "changes-before") if ask.minor >= 66 else None,
        dead=truth(query.get("deleted", "")),
        soft=bool(query.get("soft_deleted")),
        tests=tuple(tests),
    )
