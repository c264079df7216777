"""A secret and the container around it."""


def live(barbican):
    def make(kind, body):
        path = f"/v1/{kind}s"
        link = barbican.call("POST", path, body).json()[f"{kind}_ref"]
        made = link.rpartition("/")[2]
        barbican.cloud.record("create", f"barbican.{kind}", made)
        barbican.callback(barbican.end, kind, made, f"{path}/{made}", None, None)
        return made, link

    secret = {"name": barbican.word, "payload": "x", "payload_content_type": "text/plain"}
    secret, link = make("secret", secret)
    metadata = {"metadata": {"a": "b"}}
    barbican.change("secret", secret, "PUT", f"/v1/secrets/{secret}/metadata", metadata)
    inside = [{"name": "one", "secret_ref": link}]
    make("container", {"name": barbican.word, "type": "generic", "secret_refs": inside})
