"""A cluster and its template."""

from nova import KEY


def live(magnum):
    images = magnum.beside("glance")
    body = {"name": magnum.word, "container_format": "bare", "disk_format": "raw"}
    # Magnum recognises by these what it can run on.
    about = {"os_distro": "fedora-coreos", "visibility": "public"}
    image = images.make("image", "/v2/images", body | about, key=None)
    octets = {"Content-Type": "application/octet-stream"}
    images.call("PUT", f"/v2/images/{image}/file", data=bytes(1000), headers=octets)
    neutron = magnum.beside("neutron")
    outside = {"name": f"{magnum.word}-outside", "router:external": True}
    outside = neutron.make("network", "/v2.0/networks", outside)
    template = {
        "name": magnum.word,
        "coe": "kubernetes",
        "image_id": image,
        "external_network_id": outside,
        "flavor_id": "m1.tiny",
        "master_flavor_id": "m1.tiny",
    }
    path = "/clustertemplates"
    made = magnum.make("cluster_template", path, template, key=None, id_key="uuid")
    renamed = [{"op": "replace", "path": "/name", "value": f"{magnum.word}-changed"}]
    magnum.change("cluster_template", made, "PATCH", f"{path}/{made}", renamed)
    key = {"name": magnum.word} | KEY
    magnum.beside("nova").make("keypair", "/os-keypairs", key, id_key="name")
    cluster = {"name": magnum.word, "cluster_template_id": made, "keypair": magnum.word}
    cluster |= {"master_count": 1, "node_count": 1}
    done = ("status", "CREATE_COMPLETE")
    magnum.make("cluster", "/clusters", cluster, key=None, id_key="uuid", settled=done)
