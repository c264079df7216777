"""A share, its kind, its snapshot, and who may use it."""


def live(manila):
    word = manila.word
    available = ("status", "available")
    specs = {"driver_handles_share_servers": False, "snapshot_support": True}
    kind = manila.make("share_type", "/types", {"name": word, "extra_specs": specs})
    share = {"name": word, "share_proto": "NFS", "size": 1, "share_type": kind}
    share = manila.make("share", "/shares", share, settled=available)
    path = f"/shares/{share}"
    changed = {"share": {"display_description": "changed"}}
    manila.change("share", share, "PUT", path, changed)
    manila.change("share", share, "POST", f"{path}/metadata", {"metadata": {"a": "b"}})
    manila.change("share", share, "POST", f"{path}/action", {"extend": {"new_size": 2}})
    manila.wait(path, "share", *available)
    rule = {"access_type": "ip", "access_to": "10.0.0.1", "access_level": "rw"}
    rule = manila.call("POST", f"{path}/action", {"allow_access": rule}).json()["access"]["id"]
    manila.cloud.record("create", "manila.access_rule", rule)
    manila.wait(f"/share-access-rules/{rule}", "access", "state", "active")
    manila.call("POST", f"{path}/action", {"deny_access": {"access_id": rule}})
    since = manila.wait(f"/share-access-rules/{rule}", "access", "state", "gone")
    manila.cloud.record("delete", "manila.access_rule", rule, since)
    shot = {"share_id": share, "name": word}
    shot = manila.make("snapshot", "/snapshots", shot, settled=available)
    changed = {"snapshot": {"display_description": "changed"}}
    manila.change("snapshot", shot, "PUT", f"/snapshots/{shot}", changed)
    network = {"name": word}
    network = manila.make("share_network", "/share-networks", network)
    changed = {"share_network": {"description": "changed"}}
    manila.change("share_network", network, "PUT", f"/share-networks/{network}", changed)
