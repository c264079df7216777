"""A load balancer with everything that it can carry."""

LB = "/v2/lbaas"


def live(octavia):
    word = octavia.word
    active = ("provisioning_status", "ACTIVE")
    neutron = octavia.beside("neutron")
    network = neutron.make("network", "/v2.0/networks", {"name": f"{word}-vip"})
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.98.0.0/24"}
    neutron.make("subnet", "/v2.0/subnets", subnet)
    port = neutron.make("port", "/v2.0/ports", {"name": f"{word}-vip", "network_id": network})
    path = f"{LB}/loadbalancers"
    balancer = {"name": word, "vip_port_id": port}
    balancer = octavia.make("loadbalancer", path, balancer, settled=active)
    balanced = f"{LB}/loadbalancers/{balancer}"

    def crud(kind, path, body, change=None, key=""):
        """Each change of a part makes the whole immutable for a moment."""
        key = key or kind
        octavia.callback(octavia.wait, balanced, "loadbalancer", *active)  # after its end
        made = octavia.make(kind, f"{LB}/{path}", body, key=key)
        octavia.wait(balanced, "loadbalancer", *active)
        if change:
            octavia.change(kind, made, "PUT", f"{LB}/{path}/{made}", {key: change})
            octavia.wait(balanced, "loadbalancer", *active)
        return made

    changed = {"description": "changed"}
    octavia.change("loadbalancer", balancer, "PUT", balanced, {"loadbalancer": changed})
    octavia.wait(balanced, "loadbalancer", *active)
    listener = {"name": word, "loadbalancer_id": balancer, "protocol": "HTTP", "protocol_port": 80}
    listener = crud("listener", "listeners", listener, changed)
    pool = {"name": word, "listener_id": listener, "protocol": "HTTP"}
    pool = crud("pool", "pools", pool | {"lb_algorithm": "ROUND_ROBIN"}, changed)
    member = {"address": "10.98.0.9", "protocol_port": 8080}
    crud("member", f"pools/{pool}/members", member, {"weight": 5})
    monitor = {"pool_id": pool, "type": "HTTP", "delay": 5, "timeout": 2, "max_retries": 2}
    crud("health_monitor", "healthmonitors", monitor, {"delay": 7}, "healthmonitor")
    policy = {"name": word, "listener_id": listener, "action": "REJECT"}
    policy = crud("l7policy", "l7policies", policy, changed)
    rule = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/a"}
    crud("l7rule", f"l7policies/{policy}/rules", rule, {"value": "/b"}, "rule")
