"""Entity types as services have them, one of each kind, in two releases of their plugin."""

from typing import ClassVar

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource


class Stone(Resource):
    """Paged, with a changed-since filter that shows the dead, read one by one (Nova)."""

    name, path, key = "stone", "/stones", "stones"
    paging, limit = Paging.MARKER, 3
    since = "changes-since"
    gone = ("status", frozenset({"DELETED"}))
    single, single_key = "/stones/{id}", "stone"
    stamp = "updated_at"
    volatile = ("heartbeat", "updated_at", "version")
    secret = ("password",)
    hints = (Hint("stone.*", "id"),)


class Pebble(Resource):
    """Polled by its outline, listed by ids, with a version; notifications are whole (Neutron)."""

    name, path, key = "pebble", "/pebbles", "pebbles"
    paging, limit = Paging.MARKER, 3
    outline = ("id", "version")
    unsettled = {"status": ("BUILD",)}  # noqa: RUF012 - declared in every class so
    bulk = "id"
    version = "version"
    volatile: ClassVar[tuple[str, ...]] = ("heartbeat", "updated_at")
    secret = ("password",)
    hints = (Hint("pebble.*", "id"),)


class Bead(Pebble):
    """A pebble whose version is no state, so that it may be as it was before."""

    name, path, key = "bead", "/beads", "beads"
    unsettled: ClassVar[dict[str, tuple[str, ...]]] = {}
    volatile = (*Pebble.volatile, "version")
    hints = (Hint("bead.*", "id"),)


class Rock(Resource):
    """Listed at once and read one by one, without a stamp (most types)."""

    name, path, key = "rock", "/rocks", "rocks"
    single, single_key = "/rocks/{id}", "rock"
    volatile = ("heartbeat", "updated_at", "version")
    secret = ("password",)
    hints = (Hint("rock.*", "id"),)


class Grain(Resource):
    """Can only be listed."""

    name, path, key = "grain", "/grains", "grains"
    volatile = ("heartbeat", "updated_at", "version")
    secret = ("password",)


KINDS: dict[str, type[Resource]] = {kind.name: kind for kind in (Stone, Pebble, Rock, Grain, Bead)}
DRAWN = ("stone", "pebble", "rock", "grain")
"""Those of every plan; a bead is only where a plan names it."""


class Quarry(Plugin):
    """The plugin of the simulated service."""

    name = "quarry"
    service_type = "quarry"
    version = "1"
    resources = (Stone, Pebble, Rock, Grain, Bead)


def declared(kind: str, release: int) -> Resource:
    """Return a type as a release of the plugin declares it: the second knows more volatiles."""
    base = KINDS[kind]
    base.plugin = Quarry.name
    if release == 1:
        return base()
    later = type(base.__name__, (base,), {"volatile": (*base.volatile, "progress")})
    found: Resource = later()
    return found


def shown(body: dict[str, object], kind: str) -> tuple[object, ...]:
    """Return what counts of a body whichever the release: its state, for the judge."""
    return (body["status"], body["version"] if kind == "pebble" else None)
