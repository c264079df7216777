"""Volumes, their kinds, and what is made of them."""


def live(cinder):
    word = cinder.word
    available = ("status", "available")
    kind = cinder.make("volume_type", "/types", {"name": word})
    changed = {"volume_type": {"description": "changed"}}
    cinder.change("volume_type", kind, "PUT", f"/types/{kind}", changed)
    specs = {"extra_specs": {"volume_backend_name": "fake"}}
    cinder.change("volume_type", kind, "POST", f"/types/{kind}/extra_specs", specs)
    qos = {"name": word, "total_iops_sec": "100"}
    qos = cinder.make("qos_spec", "/qos-specs", qos, key="qos_specs")
    for deed in ("associate", "disassociate"):
        path = f"/qos-specs/{qos}/{deed}?vol_type_id={kind}"
        cinder.change("volume_type", kind, "GET", path)

    volume = cinder.make("volume", "/volumes", {"name": word, "size": 1}, settled=available)
    path = f"/volumes/{volume}"
    changed = {"volume": {"name": f"{word}-changed"}}
    cinder.change("volume", volume, "PUT", path, changed)
    cinder.change("volume", volume, "POST", f"{path}/metadata", {"metadata": {"a": "b"}})
    for deed in (
        {"os-extend": {"new_size": 2}},
        {"os-retype": {"new_type": kind, "migration_policy": "never"}},
        {"os-reset_status": {"status": "error"}},
        {"os-reset_status": {"status": "available"}},
    ):
        cinder.change("volume", volume, "POST", f"{path}/action", deed)
        if "os-reset_status" not in deed:
            cinder.wait(path, "volume", *available)
    shot = {"name": word, "volume_id": volume}
    shot = cinder.make("snapshot", "/snapshots", shot, settled=available)
    changed = {"snapshot": {"name": f"{word}-changed"}}
    cinder.change("snapshot", shot, "PUT", f"/snapshots/{shot}", changed)
    given = {"name": f"{word}-given", "size": 1}
    given = cinder.make("volume", "/volumes", given, settled=available)
    cinder.make("transfer", "/volume-transfers", {"volume_id": given, "name": word})

    group_type = cinder.make("group_type", "/group_types", {"name": word})
    group = {"name": word, "group_type": group_type, "volume_types": [kind]}
    group = cinder.call("POST", "/groups", {"group": group}).json()["group"]["id"]
    cinder.cloud.record("create", "cinder.group", group)
    path = f"/groups/{group}"
    cinder.callback(end_group, cinder, group, path)
    cinder.wait(path, "group", *available)
    changed = {"group": {"name": f"{word}-changed"}}
    cinder.change("group", group, "PUT", path, changed)


def end_group(cinder, group, path):
    """The one thing in Cinder that is not deleted with DELETE."""
    cinder.call("POST", f"{path}/action", {"delete": {"delete-volumes": False}})
    since = cinder.wait(path, "group", "status", "gone")
    cinder.cloud.record("delete", "cinder.group", group, since)
