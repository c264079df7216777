"""The tempest.conf for the test cloud and the synchronizer beside it."""

from beside import HISTORY

CONF = """\
[DEFAULT]
log_dir = {folder}
log_file = tempest.log
[oslo_concurrency]
lock_path = {folder}/locks
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
tempest_roles = member
admin_username = {username}
admin_password = {password}
admin_project_name = {project_name}
admin_domain_name = {user_domain_name}
[identity]
auth_version = v3
uri_v3 = {auth_url}
region = {region}
v3_endpoint_type = publicURL
[compute]
image_ref = {image}
flavor_ref = {flavor}
flavor_ref_alt = {other}
build_interval = 1
[compute-feature-enabled]
resize = true
[volume]
catalog_type = {volume}
volume_size = 1
build_interval = 1
[validation]
run_validation = false
[service_available]
nova = true
glance = true
neutron = true
cinder = {cinder}
swift = false
horizon = false
synchronizer = true
[synchronizer]
{urls}
cloud = {cloud}
history = {history}
visibility_timeout = 90
"""


def tempest_conf(folder, cloud, synchronizer):
    """Return the text of it."""
    volume = cloud.of("block-storage")
    flavor, other = cloud.flavors
    return CONF.format(
        **cloud.auth,
        folder=folder,
        region=cloud.region,
        cloud=cloud.name,
        image=cloud.image,
        flavor=flavor,
        other=other,
        volume=volume,
        cinder=str(volume is not None).lower(),
        urls="\n".join(f"url = {url}" for url in synchronizer.urls),
        history=HISTORY,
    )
