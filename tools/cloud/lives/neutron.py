"""Networks and all that hangs on them."""


def live(neutron):
    word = neutron.word

    def crud(kind, path, body, change=None, key=""):
        path = f"/v2.0/{path}"
        made = neutron.make(kind, path, body, key=key)
        if change:
            neutron.change(kind, made, "PUT", f"{path}/{made}", {key or kind: change})
        return made

    changed = {"description": "changed"}
    outside = crud("network", "networks", {"name": f"{word}-outside", "router:external": True})
    subnet = {"network_id": outside, "ip_version": 4, "cidr": "198.51.100.0/24"}
    crud("subnet", "subnets", subnet)
    network = crud("network", "networks", {"name": word}, changed)
    neutron.change("network", network, "PUT", f"/v2.0/networks/{network}/tags/blue")
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.99.0.0/24"}
    subnet = crud("subnet", "subnets", subnet, changed)
    group = crud("security_group", "security-groups", {"name": word}, changed)
    rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    crud("security_group_rule", "security-group-rules", rule)
    port = {"name": word, "network_id": network, "security_groups": [group]}
    port = crud("port", "ports", port, changed)
    gateway = {"network_id": outside}
    router = crud("router", "routers", {"name": word, "external_gateway_info": gateway}, changed)
    there = f"/v2.0/routers/{router}"
    interface = {"subnet_id": subnet}
    joined = neutron.call("PUT", f"{there}/add_router_interface", interface).json()["port_id"]
    neutron.cloud.record("create", "neutron.port", joined)

    def leave():
        neutron.call("PUT", f"{there}/remove_router_interface", interface)
        neutron.cloud.record("delete", "neutron.port", joined)

    neutron.callback(leave)

    address = crud("floatingip", "floatingips", {"floating_network_id": outside})
    path = f"/v2.0/floatingips/{address}"
    for where in (port, None):
        neutron.change("floatingip", address, "PUT", path, {"floatingip": {"port_id": where}})
    inside = neutron.get(f"/v2.0/ports/{port}", "port")["fixed_ips"][0]["ip_address"]
    forwarding = {
        "protocol": "tcp",
        "external_port": 8022,
        "internal_port": 22,
        "internal_port_id": port,
        "internal_ip_address": inside,
    }
    path = f"floatingips/{address}/port_forwardings"
    crud("port_forwarding", path, forwarding, {"internal_port": 23})

    pool = {"name": word, "prefixes": ["10.200.0.0/16"], "default_prefixlen": 24}
    crud("subnetpool", "subnetpools", pool, changed)
    crud("address_scope", "address-scopes", {"name": word, "ip_version": 4}, {"name": f"{word}-2"})
    crud("address_group", "address-groups", {"name": word, "addresses": ["10.0.0.0/24"]}, changed)
    crud("qos_policy", "qos/policies", {"name": word}, changed, key="policy")
    share = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    crud("rbac_policy", "rbac-policies", share | {"target_tenant": "*"})
    crud("metering_label", "metering/metering-labels", {"name": word})
    parent = crud("port", "ports", {"name": f"{word}-parent", "network_id": network})
    child = crud("port", "ports", {"name": f"{word}-child", "network_id": network})
    trunk = crud("trunk", "trunks", {"name": word, "port_id": parent}, changed)
    sub = {"port_id": child, "segmentation_type": "vlan", "segmentation_id": 5}
    for deed in ("add_subports", "remove_subports"):
        path = f"/v2.0/trunks/{trunk}/{deed}"
        neutron.change("trunk", trunk, "PUT", path, {"sub_ports": [sub]})
