"""A server through most of what can happen to one, and what servers are made with."""

import time

HOST = "compute1"


def live(nova):
    word = nova.word
    nova.make("keypair", "/os-keypairs", {"name": word, "type": "ssh"} | KEY, id_key="name")
    flavor = {"name": word, "ram": 128, "vcpus": 1, "disk": 1}
    flavor = nova.make("flavor", "/flavors", flavor)
    changed = {"flavor": {"description": "changed"}}
    nova.change("flavor", flavor, "PUT", f"/flavors/{flavor}", changed)
    aggregates(nova)
    group = {"name": word, "policy": "soft-anti-affinity"}
    group = nova.make("server_group", "/os-server-groups", group)
    network = nova.beside("neutron").get("/v2.0/networks?name=private", "networks")[0]["id"]
    small = next(each["id"] for each in nova.get("/flavors", "flavors") if each["id"] != flavor)
    server = {
        "name": word,
        "flavorRef": small,
        "imageRef": nova.beside("glance").get("/v2/images?name=tiny", "images")[0]["id"],
        "key_name": word,
        "networks": [{"uuid": network}],
    }
    server = nova.make("server", "/servers", server, settled=("status", "ACTIVE"))
    path = f"/servers/{server}"
    nova.change("server", server, "PUT", path, {"server": {"name": f"{word}-changed"}})
    nova.change("server", server, "POST", f"{path}/metadata", {"metadata": {"a": "b"}})
    nova.change("server", server, "PUT", f"{path}/tags/blue")
    for deed, status in deeds(flavor):
        nova.change("server", server, "POST", f"{path}/action", deed)
        settle(nova, path, status)
    port = {"interfaceAttachment": {"net_id": network}}
    port = nova.change("server", server, "POST", f"{path}/os-interface", port).json()
    port = port["interfaceAttachment"]["port_id"]
    nova.change("server", server, "DELETE", f"{path}/os-interface/{port}")
    if nova.cloud.serves("cinder"):
        attach(nova, server)
    services(nova)


def deeds(flavor):
    """Each with the status that it leads to."""
    yield {"lock": {"locked_reason": "why"}}, "ACTIVE"
    yield {"unlock": None}, "ACTIVE"
    yield {"os-stop": None}, "SHUTOFF"
    yield {"os-start": None}, "ACTIVE"
    yield {"reboot": {"type": "HARD"}}, "ACTIVE"
    yield {"pause": None}, "PAUSED"
    yield {"unpause": None}, "ACTIVE"
    yield {"suspend": None}, "SUSPENDED"
    yield {"resume": None}, "ACTIVE"
    yield {"shelve": None}, "SHELVED_OFFLOADED"
    yield {"unshelve": None}, "ACTIVE"
    yield {"resize": {"flavorRef": flavor}}, "VERIFY_RESIZE"
    yield {"confirmResize": None}, "ACTIVE"


def settle(nova, path, status):
    """Until it has this status and nobody is at work on it."""
    deadline = time.monotonic() + 120
    while True:
        server = nova.get(path, "server")
        if server["status"] == status and server["OS-EXT-STS:task_state"] is None:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} is {server['status']}, not {status}")
        time.sleep(0.3)


def aggregates(nova):
    aggregate = nova.make("aggregate", "/os-aggregates", {"name": nova.word})
    path = f"/os-aggregates/{aggregate}/action"
    for deed in ("add_host", "remove_host"):
        nova.change("aggregate", aggregate, "POST", path, {deed: {"host": HOST}})
    nova.change("aggregate", aggregate, "POST", path, {"set_metadata": {"metadata": {"a": "b"}}})


def attach(nova, server):
    cinder = nova.beside("cinder")
    volume = {"name": f"{nova.word}-data", "size": 1}
    volume = cinder.make("volume", "/volumes", volume, settled=("status", "available"))
    path = f"/servers/{server}/os-volume_attachments"
    nova.change("server", server, "POST", path, {"volumeAttachment": {"volumeId": volume}})
    cinder.wait(f"/volumes/{volume}", "volume", "status", "in-use")
    nova.change("server", server, "DELETE", f"{path}/{volume}")
    cinder.wait(f"/volumes/{volume}", "volume", "status", "available")


def services(nova):
    service = nova.get("/os-services?binary=nova-compute", "services")[0]["id"]
    for body in ({"status": "disabled", "disabled_reason": "churn"}, {"status": "enabled"}):
        nova.call("PUT", f"/os-services/{service}", body)
        nova.cloud.record("update", "nova.service", f"nova-compute/{HOST}")


KEY = {
    "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq3Zr2HxhWmR3dA0uMHkYvqgPRcB7RLcCkrBZpXJmGZ"
}
