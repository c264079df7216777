"""A Magnum driver whose clusters are done as soon as anyone asks: Magnum itself ships none."""

from magnum.drivers.common import driver


class InstantClusters(driver.Driver):
    @property
    def provides(self):
        return [{"server_type": "vm", "os": "fedora-coreos", "coe": "kubernetes"}]

    def update_cluster_status(self, _context, cluster, **_):
        for thing in (*cluster.nodegroups, cluster):
            thing.status = str(cluster.status).replace("IN_PROGRESS", "COMPLETE")
            thing.save()

    def nothing(self, *_, **__):
        pass

    create_cluster = update_cluster = upgrade_cluster = resize_cluster = delete_cluster = nothing
    create_federation = update_federation = delete_federation = nothing
    create_nodegroup = update_nodegroup = delete_nodegroup = nothing
