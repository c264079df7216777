"""One quiet demo cloud for the whole folder, and clients of it."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

import pytest
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from openstack_democloud.running import DemoCloud

PAGE = 50


@dataclass
class Reply:
    status: int
    headers: Any
    body: bytes

    def json(self):
        return json.loads(self.body)


class Raw:
    """A client that hides nothing: one connection a request, no retries."""

    def __init__(self, cloud: DemoCloud) -> None:
        self.cloud = cloud
        self.token = self.login()

    def login(self, user: str = "admin", project: str = "admin") -> str:
        domain = {"name": "Default"}
        who = {"name": user, "password": "password", "domain": domain}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": who}},
            "scope": {"project": {"name": project, "domain": domain}},
        }
        reply = self.ask("POST", "/v3/auth/tokens", {"auth": auth}, token="")
        assert reply.status == 201, reply.body
        return reply.headers["X-Subject-Token"]

    def ask(self, method, path, body=None, *, version="2.96", token=None, timeout=20, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=timeout)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {
                    "X-Auth-Token": self.token if token is None else token,
                    "OpenStack-API-Version": f"compute {version}",
                    "Content-Type": "application/json",
                }
                | headers,
            )
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def nova(self, path, **options):
        return self.ask("GET", f"/compute/v2.1{path}", **options)

    def walk(self, query="", path="/servers/detail", name="servers", **options):
        """Walk by marker until an empty page, as the synchronizer does; return the pages."""
        pages, marker = [], ""
        while True:
            reply = self.nova(f"{path}?all_tenants=1&limit={PAGE}{query}{marker}", **options)
            assert reply.status == 200, reply.body
            rows = reply.json()[name]
            if not rows:
                return pages
            pages.append(rows)
            assert len(pages) < 100
            marker = f"&marker={rows[-1]['id']}"


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture(scope="session")
def cloud():
    with DemoCloud(servers=120, page_limit=PAGE, build_seconds=0.1, seed=7) as running:
        yield running


@pytest.fixture
def quiet(cloud):
    """The shared cloud without faults and counters of others."""
    cloud.clear_faults()
    yield cloud
    cloud.clear_faults()


@pytest.fixture
def raw(quiet):
    return Raw(quiet)


@pytest.fixture(scope="session")
def session(cloud):
    held = Session(Password(**cloud.auth))
    yield held
    held.session.close() if hasattr(held.session, "close") else None
