"""A zone and a record in it."""


def live(designate):
    zone = {"name": f"{designate.word}.example.org.", "email": "a@example.org"}
    zone = designate.make("zone", "/v2/zones", zone, key=None, settled=("status", "ACTIVE"))
    path = f"/v2/zones/{zone}"
    designate.change("zone", zone, "PATCH", path, {"ttl": 300})
    designate.wait(path, None, "status", "ACTIVE")
    record = {"name": f"www.{designate.word}.example.org.", "type": "A", "records": ["10.0.0.1"]}
    path = f"{path}/recordsets"
    record = designate.make("recordset", path, record, key=None, settled=("status", "ACTIVE"))
    path = f"{path}/{record}"
    designate.change("recordset", record, "PUT", path, {"records": ["10.0.0.2"]})
    designate.wait(path, None, "status", "ACTIVE")
    for kind, body, change in (
        ("tld", {"name": f"{designate.word}"}, {"description": "changed"}),
        ("blacklist", {"pattern": f"^{designate.word}$"}, {"description": "changed"}),
    ):
        made = designate.make(kind, f"/v2/{kind}s", body, key=None)
        designate.change(kind, made, "PATCH", f"/v2/{kind}s/{made}", change)
