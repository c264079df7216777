"""Nova's paging: limit, marker, and a next link only when the page is exactly full."""

from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body


def number(ask: Ask, name: str) -> int | None:
    """Return a query parameter that must be a number of at least 0.

    Raises:
        RefusalError: 400, it is not.
    """
    text = ask.query.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise RefusalError(
            400,
            f"Invalid input for query parameters {name}. Value: {text}."
            f" '{text}' does not match '^[0-9]*$'",
        )
    return int(text)


def page_size(cloud: Cloud, ask: Ask) -> int:
    """Return how many rows a page has: the limit asked for, but never above max_limit."""
    asked = number(ask, "limit")
    most = cloud.size.page_limit
    return most if asked is None else min(asked, most)


def next_link(cloud: Cloud, ask: Ask, marker: str) -> list[dict[str, str]]:
    """Return the ``…_links`` list that leads behind *marker*."""
    query = [(n, v) for n, v in ask.pairs if n != "marker"]
    href = f"{cloud.base}{ask.path}?{urlencode([*query, ('marker', marker)])}"
    return [{"rel": "next", "href": href}]


def behind(rows: list[Body], ask: Ask, key: str) -> list[Body]:
    """Return the rows behind the marker.

    Raises:
        RefusalError: 400, no row has that id.
    """
    marker = ask.query.get("marker")
    if marker is None:
        return rows
    for index, row in enumerate(rows):
        if str(row[key]) == marker:
            return rows[index + 1 :]
    raise RefusalError(400, f"marker [{marker}] not found")


def page(cloud: Cloud, ask: Ask, name: str, rows: list[Body], *, key: str = "id") -> Answer:
    """Return one page of *rows* under the collection *name*, with links if it is full."""
    size = page_size(cloud, ask)
    rows = behind(rows, ask, key)[:size]
    body: Body = {name: rows}
    if size and len(rows) == size:
        body[f"{name}_links"] = next_link(cloud, ask, str(rows[-1][key]))
    return Answer.json(body)
