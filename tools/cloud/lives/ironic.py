"""A machine that is not there, from its enrolment to its being taken away."""


def live(ironic):
    word = ironic.word

    def crud(kind, path, body, change):
        path = f"/v1/{path}"
        made = ironic.make(kind, path, body, key=None, id_key="uuid")
        patch = [{"op": "add", "path": change[0], "value": change[1]}]
        ironic.change(kind, made, "PATCH", f"{path}/{made}", patch)
        return made

    node = {"name": word, "driver": "fake-hardware", "resource_class": "baremetal"}
    node = crud("node", "nodes", node, ("/extra/a", "b"))
    path = f"/v1/nodes/{node}"
    port = {"node_uuid": node, "address": "52:54:00:00:00:01"}
    crud("port", "ports", port, ("/extra/a", "b"))
    crud("portgroup", "portgroups", {"node_uuid": node, "name": word}, ("/extra/a", "b"))
    for target, state in (("manage", "manageable"), ("provide", "available")):
        ironic.change("node", node, "PUT", f"{path}/states/provision", {"target": target})
        ironic.wait(path, None, "provision_state", state)
    for target in ("power on", "power off"):
        ironic.change("node", node, "PUT", f"{path}/states/power", {"target": target})
        ironic.wait(path, None, "power_state", target)
    ironic.change("node", node, "PUT", f"{path}/maintenance", {"reason": "churn"})
    ironic.change("node", node, "DELETE", f"{path}/maintenance")
