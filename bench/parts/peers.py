"""The peers: how else one lists all servers of a cloud from Python.

Session, token and the discovery of versions are warm before the measured section, which is
the listing alone. `keystoneauth` and `httpclient` are floors: they fetch the same pages
(whose markers were collected before) and look at nothing.
"""

import http.client
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from bench.parts.measuring import measured

MICROVERSION = "2.96"  # the newest that novaclient knows
REGION = "RegionOne"


class _Server(msgspec.Struct):
    id: str


class _Page(msgspec.Struct):
    servers: list[_Server]


def _session(auth: dict[str, str]) -> Session:
    return Session(auth=v3.Password(**auth))


def novaclient(auth: dict[str, str]) -> dict[str, Any]:
    from novaclient import client  # noqa: PLC0415

    nova = client.Client(MICROVERSION, session=_session(auth), region_name=REGION)
    nova.servers.list(search_opts={"all_tenants": 1}, limit=1)
    found, took = measured(
        lambda: nova.servers.list(search_opts={"all_tenants": 1}, limit=-1),
    )
    return {"servers": len(found), **took}


def openstacksdk(auth: dict[str, str]) -> dict[str, Any]:
    from openstack.connection import Connection  # noqa: PLC0415

    connection = Connection(session=_session(auth), region_name=REGION)
    next(connection.compute.servers(all_projects=True, details=True, limit=1))
    found, took = measured(
        lambda: list(connection.compute.servers(all_projects=True, details=True)),
    )
    return {"servers": len(found), **took}


def _pages(session: Session, url: str, headers: dict[str, str]) -> list[str]:
    """Walk by marker once, and return the address of every page, the empty last one too."""
    pages: list[str] = []
    marker: dict[str, str] = {}
    while True:
        query = {"all_tenants": "1", "limit": "1000", "sort_key": "created_at", "sort_dir": "asc"}
        pages.append(f"{url}/servers/detail?{urlencode(query | marker)}")
        page = msgspec.json.decode(session.get(pages[-1], headers=headers).content, type=_Page)
        if not page.servers:
            return pages
        marker = {"marker": page.servers[-1].id}


def keystoneauth(auth: dict[str, str], url: str) -> dict[str, Any]:
    session = _session(auth)
    headers = {"OpenStack-API-Version": f"compute {MICROVERSION}"}
    pages = _pages(session, url, headers)

    def get() -> int:
        return sum(len(session.get(page, headers=headers).content) for page in pages)

    size, took = measured(get)
    return {"bytes": size, "pages": len(pages), **took}


def httpclient(auth: dict[str, str], url: str) -> dict[str, Any]:
    session = _session(auth)
    headers = {"OpenStack-API-Version": f"compute {MICROVERSION}"}
    pages = _pages(session, url, headers)
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    headers |= {"X-Auth-Token": session.get_token() or "", "Accept-Encoding": "identity"}

    def get() -> int:
        size = 0
        for page in pages:
            connection.request("GET", page, headers=headers)
            size += len(connection.getresponse().read())
        return size

    size, took = measured(get)
    return {"bytes": size, "pages": len(pages), **took}
