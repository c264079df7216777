"""The one shape that each type of Nagios has, however it is asked for.

The CGIs and Livestatus tell the same facts under other names and in other units. Each field
here says what it is called in the CGIs (that is our name for it, too) and in Livestatus, and
how both become the same value: times in milliseconds since 1970 as the CGIs give them, states
as words, switches as true and false. A field that only one side has is left out, so that
changing from one to the other is no change of any entity.

A check command's arguments and a custom variable's value are often passwords: the command's
name and the variable's name are all that is taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.excerpt import REDACTED

Convert = Callable[[Any], Any]


class Kind(NamedTuple):
    """How a value of the CGIs and one of Livestatus become the same."""

    of_cgi: Convert
    of_livestatus: Convert


class Field(NamedTuple):
    """One field: its name, its column in Livestatus, its kind."""

    name: str
    column: str
    kind: Kind


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _command(value: Any) -> str:
    return _text(value).partition("!")[0]


def _names(value: Any) -> list[Any]:
    return list(value or ())


def _variables(value: Any) -> dict[str, str]:
    return {str(name): REDACTED for name in value or ()}


def _count(value: Any) -> int:
    return int(value or 0)


def _number(value: Any) -> float:
    return float(value or 0)


def _milliseconds(value: Any) -> int:
    return max(0, int(value or 0)) * 1000  # Icinga 2 says -1 for never


def _pairs(value: Any) -> list[dict[str, str]]:
    pairs = (each.values() if isinstance(each, dict) else each for each in value or ())
    return [{"host_name": host, "service_description": service} for host, service in pairs]


def _words(*words: str) -> Kind:
    def of_number(value: Any) -> str:
        number = int(value or 0)
        return words[number] if 0 <= number < len(words) else str(number)

    return Kind(_text, of_number)


TEXT = Kind(_text, _text)
COMMAND = Kind(_command, _command)
NAMES = Kind(_names, _names)
VARIABLES = Kind(_variables, _variables)
FLAG = Kind(bool, bool)
COUNT = Kind(_count, _count)
NUMBER = Kind(_number, _number)
TIME = Kind(_count, _milliseconds)
SOFTNESS = _words("soft", "hard")
ACTIVITY = _words("active", "passive")
ACKNOWLEDGED = _words("none", "normal", "sticky")
HOST_STATE = _words("up", "down", "unreachable")
SERVICE_STATE = _words("ok", "warning", "critical", "unknown")
ENTRY = _words("", "user", "downtime", "flapping", "acknowledgement")
OBJECT = Kind(_text, lambda value: "service" if value else "host")
PAIRS = Kind(_pairs, _pairs)


def _same(kind: Kind, *names: str) -> tuple[Field, ...]:
    return tuple(Field(name, name, kind) for name in names)


def _checked(state: Kind, *states: str) -> tuple[Field, ...]:
    """Return what hosts and services share."""
    return (
        Field("status", "state", state),
        Field("last_hard_state", "last_hard_state", state),
        *_same(TEXT, "display_name", "notes", "notes_url", "plugin_output"),
        *_same(TEXT, "long_plugin_output", "perf_data", "check_period", "notification_period"),
        *_same(COMMAND, "check_command", "event_handler"),
        *_same(NAMES, "contacts", "contact_groups"),
        Field("custom_variables", "custom_variable_names", VARIABLES),
        *_same(NUMBER, "check_interval", "retry_interval", "notification_interval"),
        Field("max_attempts", "max_check_attempts", COUNT),
        *_same(COUNT, "current_attempt", "current_notification_number"),
        *_same(COUNT, "scheduled_downtime_depth"),
        *_same(FLAG, "has_been_checked", "notifications_enabled", "accept_passive_checks"),
        *_same(FLAG, "event_handler_enabled", "flap_detection_enabled", "is_flapping"),
        Field("checks_enabled", "active_checks_enabled", FLAG),
        Field("problem_has_been_acknowledged", "acknowledged", FLAG),
        Field("acknowledgement_type", "acknowledgement_type", ACKNOWLEDGED),
        Field("state_type", "state_type", SOFTNESS),
        Field("check_type", "check_type", ACTIVITY),
        *_same(TIME, "last_check", "next_check", "last_state_change", "last_hard_state_change"),
        *_same(TIME, "last_notification", "next_notification"),
        *_same(TIME, *(f"last_time_{state}" for state in states)),
    )


def _group(members: Kind) -> tuple[Field, ...]:
    return (
        Field("group_name", "name", TEXT),
        *_same(TEXT, "alias", "notes", "notes_url", "action_url"),
        Field("members", "members", members),
    )


def _noted(id_: str, text: str, kind: str) -> tuple[Field, ...]:
    """Return what comments and downtimes share."""
    return (
        Field(id_, "id", COUNT),
        Field(kind, "is_service", OBJECT),
        *_same(TEXT, "host_name", "service_description", "author"),
        *_same(TIME, "entry_time"),
        Field(text, "comment", TEXT),
    )


def each_of(
    rows: Iterable[Any], shape: Callable[[Any], dict[str, Any]]
) -> list[dict[str, Any] | None]:
    """Return the rows of a listing in our shape, with None for a malformed one.

    Raises:
        MalformedError: all of them are, so it is no matter of an odd one.
    """
    found: list[dict[str, Any] | None] = []
    first: MalformedError | None = None
    for row in rows:
        try:
            found.append(shape(row))
        except MalformedError as error:
            first = first or error
            found.append(None)
    if first is not None and not any(found):
        raise first
    return found


class Table(NamedTuple):
    """One type: its name as a listing, the fields that name a row, and all its fields."""

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    def of_cgi(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row of the CGIs, status and configuration joined, in our shape.

        Raises:
            MalformedError: a value is of another kind.
        """
        return self._shaped(
            (each.name, each.kind.of_cgi, row.get(each.name)) for each in self.fields
        )

    def of_livestatus(self, row: Sequence[Any]) -> dict[str, Any]:
        """Return a row of Livestatus, a value for each field, in our shape.

        Raises:
            MalformedError: a value is of another kind, or missing.
        """
        if len(row) != len(self.fields):
            raise MalformedError(f"nagios: a row of {self.name} has not the columns asked for")
        shaped = self._shaped(
            (each.name, each.kind.of_livestatus, value)
            for each, value in zip(self.fields, row, strict=True)
        )
        if shaped.get("has_been_checked") is False:
            shaped["status"] = "pending"
        return shaped

    def _shaped(self, row: Iterable[tuple[str, Convert, Any]]) -> dict[str, Any]:
        try:
            return {name: convert(value) for name, convert, value in row}
        except (AttributeError, TypeError, ValueError) as error:
            raise MalformedError(f"nagios: a row of {self.name} is malformed ({error})") from None


TABLES = {
    table.name: table
    for table in (
        Table(
            "hosts",
            ("name",),
            (
                *_same(TEXT, "name", "alias", "address"),
                Field("parent_hosts", "parents", NAMES),
                *_checked(HOST_STATE, "up", "down", "unreachable"),
            ),
        ),
        Table(
            "services",
            ("host_name", "description"),
            (
                *_same(TEXT, "host_name", "description"),
                *_checked(SERVICE_STATE, "ok", "warning", "critical", "unknown"),
            ),
        ),
        Table("hostgroups", ("group_name",), _group(NAMES)),
        Table("servicegroups", ("group_name",), _group(PAIRS)),
        Table(
            "comments",
            ("comment_id",),
            (
                *_noted("comment_id", "comment_data", "comment_type"),
                Field("entry_type", "entry_type", ENTRY),
                *_same(FLAG, "persistent", "expires"),
                *_same(TIME, "expire_time"),
            ),
        ),
        Table(
            "downtimes",
            ("downtime_id",),
            (
                *_noted("downtime_id", "comment", "type"),
                *_same(TIME, "start_time", "end_time"),
                *_same(FLAG, "fixed"),
                *_same(COUNT, "duration", "triggered_by"),
            ),
        ),
        Table(
            "contacts",
            ("name",),
            (
                *_same(TEXT, "name", "alias", "email", "pager"),
                *_same(TEXT, "host_notification_period", "service_notification_period"),
                *_same(FLAG, "host_notifications_enabled", "service_notifications_enabled"),
                *_same(FLAG, "can_submit_commands"),
            ),
        ),
    )
}
