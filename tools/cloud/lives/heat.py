"""A stack of things that need no other service but Neutron."""

NETWORK = {"type": "OS::Neutron::Net", "properties": {}}
TEMPLATE = {
    "heat_template_version": "2018-08-31",
    "resources": {"network": NETWORK, "word": {"type": "OS::Heat::RandomString"}},
}


def live(heat):
    stack = {"stack_name": heat.word, "template": TEMPLATE, "timeout_mins": 5}
    made = heat.call("POST", "/stacks", stack).json()["stack"]["id"]
    path = f"/stacks/{heat.word}/{made}"
    heat.cloud.record("create", "heat.stack", made)
    heat.callback(end, heat, made, path)
    heat.wait(path, "stack", "stack_status", "CREATE_COMPLETE")
    smaller = TEMPLATE | {"resources": {"network": NETWORK}}
    heat.change("stack", made, "PUT", path, {"template": smaller})
    heat.wait(path, "stack", "stack_status", "UPDATE_COMPLETE")
    for deed in ("suspend", "resume", "check"):
        heat.change("stack", made, "POST", f"{path}/actions", {deed: None})
        heat.wait(path, "stack", "stack_status", f"{deed.upper()}_COMPLETE")


def end(heat, stack, path):
    heat.call("DELETE", path)
    # By its name and id a deleted stack is still shown.
    since = heat.wait(path, "stack", "stack_status", "DELETE_COMPLETE", "gone")
    heat.cloud.record("delete", "heat.stack", stack, since)
