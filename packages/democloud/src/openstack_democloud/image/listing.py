"""Listing images: two walks show all of them, one with ``os_hidden=true``."""

from collections.abc import Callable

from openstack_democloud.clock import parse
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.image.access import (
    admin,
    found,
    hidden,
    project,
    shared_with,
)
from openstack_democloud.image.paging import page
from openstack_democloud.table import Body, shown

_VISIBILITIES = frozenset({"public", "private", "shared", "community", "all"})
_CONTROL = frozenset(
    (
        "limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status",
        "os_hidden", "tag", "created_at", "updated_at", "size_min", "size_max",
    )
)  # fmt: skip
_TRUE = frozenset({"true", "1", "t", "yes", "y", "on"})
_FALSE = frozenset({"false", "0", "f", "no", "n", "off"})
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda held, given: held > given,
    "gte": lambda held, given: held >= given,
    "lt": lambda held, given: held < given,
    "lte": lambda held, given: held <= given,
    "eq": lambda held, given: held == given,
    "neq": lambda held, given: held != given,
}
Test = Callable[[Body], bool]


def row(ask: Ask, body: Body) -> Body:
    """Return an image as listing and GET show it: the same."""
    fields = ask.lens.fields
    return {name: value for name, value in shown(body).items() if name not in fields}


def _reach(cloud: Cloud, ask: Ask) -> Test:
    """Return what tells whether an image is in reach of this listing."""
    asked = ask.query.get("visibility")
    if asked is not None and asked not in _VISIBILITIES:
        raise RefusalError(400, f"Invalid visibility value: {asked}")
    status = ask.query.get("member_status", "accepted")
    statuses = () if status == "all" else (status,)
    everything, own = admin(ask), project(ask)

    def reach(body: Body) -> bool:
        visibility = body["visibility"]
        if asked not in {None, "all", visibility}:
            return False
        if body["owner"] == own:
            return True
        if visibility == "community":
            return asked is not None
        return everything or visibility == "public" or shared_with(cloud, ask, body, *statuses)

    return reach


def _times(ask: Ask, name: str) -> list[Test]:
    text = ask.query.get(name)
    if text is None:
        return []
    operator, _, rest = text.partition(":")
    operator, value = (operator, rest) if operator in _COMPARE else ("eq", text)
    try:
        given = parse(value.replace(" ", "+"))
    except ValueError as error:
        raise RefusalError(400, f"Unable to filter by unknown operator {text}") from error
    return [lambda body: _COMPARE[operator](parse(body[name]), given)]


def _tests(ask: Ask) -> list[Test]:
    if "changes-since" in ask.query or "is_public" in ask.query:
        raise RefusalError(400, "Invalid filter: use visibility and updated_at")
    want = ask.query.get("os_hidden", "false").lower()
    if want not in _TRUE | _FALSE:
        raise RefusalError(400, f"Unable to filter on os_hidden: {want} is no boolean")
    tests: list[Test] = [lambda body: body["os_hidden"] == (want in _TRUE)]
    tests += _times(ask, "created_at") + _times(ask, "updated_at")
    tags = {value for name, value in ask.pairs if name == "tag"}
    tests.append(lambda body: tags <= set(body["tags"]))
    if "size_min" in ask.query:
        tests.append(lambda body: (body["size"] or 0) >= int(ask.query["size_min"]))
    if "size_max" in ask.query:
        tests.append(lambda body: (body["size"] or 0) <= int(ask.query["size_max"]))
    return tests + [_equal(name, value) for name, value in ask.pairs if name not in _CONTROL]


def _equal(name: str, value: str) -> Test:
    values = set(value.removeprefix("in:").split(",")) if value.startswith("in:") else {value}
    lowered = {value.lower() for value in values}

    def equal(body: Body) -> bool:
        held = body.get(name)
        return str(held).lower() in lowered if isinstance(held, bool) else str(held) in values

    return equal


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v2/images``."""
    table = cloud.table("glance.image")
    tests = [*_tests(ask), _reach(cloud, ask)]
    rows = [body for body in table if all(test(body) for test in tests)]
    return page(
        cloud,
        ask,
        "images",
        table,
        rows,
        row=lambda body: row(ask, body),
        hidden=lambda body: hidden(ask, body),
        dead_markers=admin(ask),
    )


def show(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /v2/images/{id}``."""
    return Answer.json(row(ask, found(cloud, ask, id)))
