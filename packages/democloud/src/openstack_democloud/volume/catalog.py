"""All of Cinder's collections, each a few words."""

from openstack_democloud.volume import rows
from openstack_democloud.volume.collections import Collection

VOLUMES = Collection(
    type="cinder.volume",
    many="volumes",
    one="volume",
    noun="Volume",
    row=rows.volume,
    owner="os-vol-tenant-attr:tenant_id",
    timed=True,
    aliases=(("host", "os-vol-host-attr:host"), ("project_id", "os-vol-tenant-attr:tenant_id")),
)
SNAPSHOTS = Collection(
    type="cinder.snapshot",
    many="snapshots",
    one="snapshot",
    noun="Snapshot",
    row=rows.snapshot,
    owner="os-extended-snapshot-attributes:project_id",
    aliases=(("project_id", "os-extended-snapshot-attributes:project_id"),),
)
BACKUPS = Collection(
    type="cinder.backup",
    many="backups",
    one="backup",
    noun="Backup",
    row=rows.backup,
    owner="os-backup-project-attr:project_id",
    aliases=(("project_id", "os-backup-project-attr:project_id"),),
)
ATTACHMENTS = Collection(
    type="cinder.attachment",
    many="attachments",
    one="attachment",
    noun="Volume attachment",
    owner="_project",
    brief=("id", "status", "instance", "volume_id"),
    since=27,
    links=False,
    aliases=(("project_id", "_project"), ("instance_id", "instance")),
)
TYPES = Collection(
    type="cinder.volume_type", many="volume_types", one="volume_type", noun="Volume type"
)
QOS_SPECS = Collection(type="cinder.qos_spec", many="qos_specs", one="qos_specs", noun="Qos specs")
GROUPS = Collection(
    type="cinder.group",
    many="groups",
    one="group",
    noun="Group",
    row=rows.group,
    owner="project_id",
    brief=("id", "name"),
    since=13,
)
GROUP_SNAPSHOTS = Collection(
    type="cinder.group_snapshot",
    many="group_snapshots",
    one="group_snapshot",
    noun="GroupSnapshot",
    row=rows.group_snapshot,
    owner="project_id",
    brief=("id", "name", "group_type_id"),
    since=14,
)
GROUP_TYPES = Collection(
    type="cinder.group_type",
    many="group_types",
    one="group_type",
    noun="Group type",
    since=11,
)
TRANSFERS = Collection(
    type="cinder.transfer",
    many="transfers",
    one="transfer",
    noun="Transfer",
    row=rows.transfer,
    owner="source_project_id",
    brief=("id", "volume_id", "name", "links"),
    since=55,
)
MESSAGES = Collection(
    type="cinder.message",
    many="messages",
    one="message",
    noun="Message",
    owner="_project",
    since=3,
)
