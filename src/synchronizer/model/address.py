"""Ids in the path of a URL: any id comes back as it went in."""

from urllib.parse import quote


def segment(id_: str) -> str:
    """Quote an id to one segment of a path.

    ``.`` and ``..`` are quoted as well: left as they are, clients and proxies resolve them,
    and the request goes to another place.
    """
    quoted = quote(id_, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")
