"""A service that shows nothing any more: nothing is deleted, until an operator says so."""

import pytest

from synchronizer.cli.app import main
from synchronizer.client.http import HttpTransport
from synchronizer.model.errors import DeleteHeldError
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Api, CloudAccess, Settings
from synchronizer.service.synchronizer import Synchronizer

TYPE = "neutron.port"


@pytest.fixture
def service(cloud, tmp_path):
    access = CloudAccess(name="demo", auth_type="password", auth=cloud.auth)
    settings = Settings(
        store=f"sqlite:///{tmp_path}/store.sqlite",
        clouds=(access,),
        api=Api(port=0),
        plugins=("neutron",),
        # By itself it sweeps once: what happens later is what the test asks for.
        intervals=Intervals(sweep=3600.0, poll=3600.0, types=(TYPE,)),
    )
    with Synchronizer(settings=settings) as running:
        running.wait_sampled([TYPE], 60)
        yield running


def test_what_an_emptied_service_had_is_held_and_goes_when_it_is_confirmed(
    service, cloud, tmp_path, capsys
):
    transport = HttpTransport(service.url)
    ports = cloud.state(TYPE)
    cloud.fault("empty", path_regex="/v2.0/ports")
    now = transport.sweep(TYPE)
    assert (now.entities, now.fault.code) == (len(ports), DeleteHeldError.code)
    assert main(["--url", service.url, "deletes", "list", "-f", "value"]) == 0
    assert f"{TYPE} demo RegionOne {len(ports)}" in capsys.readouterr().out

    assert main(["--url", service.url, "deletes", "reject", TYPE, "-f", "json"]) == 0
    now = transport.sweep(TYPE)
    assert (now.entities, now.state) == (len(ports), "fault")

    assert main(["--url", service.url, "deletes", "confirm", TYPE, "-f", "json"]) == 0
    (now,) = transport.types()
    assert (now.entities, now.state) == (0, "current")
    assert transport.deletes() == []
