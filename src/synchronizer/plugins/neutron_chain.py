"""Neutron: service function chaining (networking-sfc), which has its own repository.

Its reference names ``/v1.0`` for the paths; they stand below Neutron's one version.
"""

from synchronizer.plugins.neutron_base import NeutronResource, told


class _Chaining(NeutronResource):
    """A collection below ``/sfc``."""

    optional = True
    bulk = ""


class PortPair(_Chaining):
    """The ports by which traffic enters a service function and leaves it."""

    name, path, key = "port_pair", "/sfc/port_pairs", "port_pairs"
    single, single_key = "/sfc/port_pairs/{id}", "port_pair"
    relations = {
        "ingress": "neutron.port",
        "egress": "neutron.port",
        "project_id": "keystone.project",
    }
    hints = told("port_pair", whole=False)


class PortPairGroup(_Chaining):
    """Port pairs of like service functions, which share the traffic."""

    name, path, key = "port_pair_group", "/sfc/port_pair_groups", "port_pair_groups"
    single, single_key = "/sfc/port_pair_groups/{id}", "port_pair_group"
    relations = {"port_pairs.*": "neutron.port_pair", "project_id": "keystone.project"}
    hints = told("port_pair_group", whole=False)


class PortChain(_Chaining):
    """Groups of port pairs in the order in which the classified traffic passes them."""

    name, path, key = "port_chain", "/sfc/port_chains", "port_chains"
    single, single_key = "/sfc/port_chains/{id}", "port_chain"
    ordered = ("port_pair_groups",)
    relations = {
        "port_pair_groups.*": "neutron.port_pair_group",
        "flow_classifiers.*": "neutron.flow_classifier",
        "project_id": "keystone.project",
    }
    hints = told("port_chain", whole=False)


class FlowClassifier(_Chaining):
    """Which traffic goes through a chain."""

    name, path, key = "flow_classifier", "/sfc/flow_classifiers", "flow_classifiers"
    single, single_key = "/sfc/flow_classifiers/{id}", "flow_classifier"
    relations = {
        "logical_source_port": "neutron.port",
        "logical_destination_port": "neutron.port",
        "project_id": "keystone.project",
    }
    hints = told("flow_classifier", whole=False)
