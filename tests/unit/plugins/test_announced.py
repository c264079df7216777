"""A service that tells its microversions in the list above its endpoint only, as Magnum does."""

import json

import pytest
from keystoneauth1.discover import EndpointData
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from synchronizer.model.errors import SampleError
from synchronizer.plugins.magnum import Magnum
from synchronizer.plugins.service import Service, adapter_for


class Catalogue(BaseAuthPlugin):
    """Credentials whose catalogue has one address."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def get_token(self, session, **kwargs):
        return "t"

    def get_endpoint_data(self, session, **kwargs):
        wanted = {name: kwargs.get(name) for name in ("min_version", "max_version")}
        return EndpointData(catalog_url=self.url).get_versioned_data(session, **wanted)

    def get_endpoint(self, session, **kwargs):
        return self.get_endpoint_data(session, **kwargs).url


@pytest.fixture
def magnum(wire, told, pauses):
    session = Session(auth=Catalogue(f"{wire.url}/v1"), timeout=5)
    adapter = adapter_for(session, Magnum.service_type, Magnum.version, None, "public")
    yield Service("magnum", adapter, gate=told.gate, pause=pauses.append)
    session.session.close()


def itself(wire):
    link = {"rel": "self", "href": f"{wire.url}/v1/"}
    return json.dumps({"id": "v1", "media_types": [], "links": [link]}).encode()


def listed(wire):
    link = {"rel": "self", "href": f"{wire.url}/v1/"}
    version = {"id": "v1", "status": "CURRENT", "min_version": "1.1", "max_version": "1.14"}
    return json.dumps({"versions": [{**version, "links": [link]}]}).encode()


def test_they_are_found_there_and_sent_by_the_name_that_it_understands(wire, magnum):
    """The catalogue has the address with the version, where nothing is said of them."""
    rows = wire.answer(body=b'{"clusters": []}')
    wire.says(wire.answer(body=itself(wire)), wire.answer(body=listed(wire)), rows)
    magnum.get("/clusters/detail", {}, microversion=("1.9", "1.11"))
    assert [wire.target(number) for number in range(3)] == ["/v1/", "/", "/v1/clusters/detail"]
    assert wire.header("OpenStack-API-Version") == "container-infra 1.11"


def test_a_service_that_tells_none_anywhere_is_too_old(wire, magnum):
    """And is not asked for what it may not have."""
    wire.says(wire.answer(body=itself(wire)), wire.answer(404, b"<html>", kind="text/html"))
    with pytest.raises(SampleError, match=r"up to 1\.0"):
        magnum.get("/clusters/detail", {}, microversion=("1.9", "1.11"))
