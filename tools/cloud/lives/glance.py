"""An image, and the definitions of what images may say about themselves."""

PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
OCTETS = {"Content-Type": "application/octet-stream"}


def live(glance):
    word = glance.word
    body = {"name": word, "container_format": "bare", "disk_format": "raw", "visibility": "shared"}
    image = glance.make("image", "/v2/images", body, key=None)
    path = f"/v2/images/{image}"
    glance.change("image", image, "PUT", f"{path}/file", data=bytes(1000), headers=OCTETS)
    renamed = [{"op": "replace", "path": "/name", "value": f"{word}-changed"}]
    glance.change("image", image, "PATCH", path, renamed, headers=PATCH)
    member = {"member": glance.project}
    glance.make("image_member", f"{path}/members", member, key=None, id_key="member_id")
    for deed in ("deactivate", "reactivate"):
        glance.change("image", image, "POST", f"{path}/actions/{deed}")
    glance.change("image", image, "PUT", f"{path}/tags/blue")
    spaces = "/v2/metadefs/namespaces"
    glance.make("metadef_namespace", spaces, {"namespace": word}, key=None, id_key="namespace")
    glance.call("POST", f"{spaces}/{word}/objects", {"name": "object"})
