"""What plugins declare reaches the answers: from the cloud, through sampler and store."""

from synchronizer import HttpTransport


def test_the_declared_relations_of_a_sampled_cloud_are_followed(embedded):
    with embedded.mirror(["nova.server"]) as mirror:
        assert mirror.wait_synced(30)
        id_, server = next(iter(mirror.of("nova.server").items()))
    project = server.body["tenant_id"]
    transport = HttpTransport(embedded.url)
    outward = transport.relations("nova.server", id_, direction="out", fields=["id"]).relations
    (found,) = [each for each in outward if each.path == "tenant_id"]
    assert (found.type, found.id, found.exists) == ("keystone.project", project, True)
    assert found.body == {"id": project}
    inward = transport.relations("keystone.project", project, types=["nova.server"]).relations
    assert id_ in {each.id for each in inward if each.path == "tenant_id"}
