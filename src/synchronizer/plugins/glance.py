"""Glance: images v2.

Facts that shape this file: an image is hidden or not, and no listing shows both; without
``visibility=all`` not even an admin sees the community images of others. A page holds 25
rows unless asked for more, and is cut before rows are filtered. ``updated_at`` covers the
image itself, not its members. Locations are URLs with credentials in them.

Source: https://docs.openstack.org/api-ref/image/v2/
"""

from typing import Any

from synchronizer.model.errors import RefusedError
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource, decode_object
from synchronizer.plugins.service import Answer, Query, Service

_OLDEST_FIRST = {"sort_key": "created_at", "sort_dir": "asc"}
_OWN = "os_glance_"
"""Properties by which Glance's own processes talk to each other while an import runs."""


class Image(Resource):
    """An image, hidden or not."""

    name, path, key = "image", "/images", "images"
    query = {"visibility": "all"}
    variants = ({"os_hidden": "false"}, {"os_hidden": "true"})
    paging = Paging.MARKER
    sort = _OLDEST_FIRST
    since, since_value = "updated_at", "gte:{}"
    stamp = "updated_at"
    single = "/images/{id}"
    volatile = ("updated_at",)
    secret = ("direct_url", "locations")
    relations = {
        "owner": "keystone.project",
        "instance_uuid": "nova.server",
        "base_image_ref": "glance.image",
    }
    hints = tuple(
        Hint(f"image.{each}", "id")
        for each in ("create", "update", "delete", "prepare", "upload", "activate")
    )

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Leave out what an import notes, and sort the stores, which come out of a set."""
        item = super().shape(item, parent)
        for name in [each for each in item if each.startswith(_OWN)]:
            del item[name]
        if isinstance(item.get("stores"), str):
            item["stores"] = ",".join(sorted(item["stores"].split(",")))
        return item


class ImageMember(Resource):
    """A project that an image is shared with: one call for each image, so only when asked for."""

    name, path, key = "image_member", "/images/{parent}/members", "members"
    each = "glance.image"
    id = ("image_id", "member_id")
    single = "/images/{id[0]}/members/{id[1]}"
    volatile = ("updated_at",)
    relations = {"image_id": "glance.image", "member_id": "keystone.project"}
    hints = (Hint("image.member.*", "image_id/member_id"),)
    default = False

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """Ask for the members; an image that is not shared has none."""
        try:
            return super().ask(service, parent, more)
        except RefusedError:
            if parent is None or self._shared(service, parent):
                raise
            return Answer(200, b'{"members": []}', 0.0)

    def read(self, service: Service, id_: str) -> dict[str, Any] | None:
        """Read a member; there is none where the image is not shared."""
        try:
            return super().read(service, id_)
        except RefusedError:
            if self._shared(service, str(self.parent_of(id_))):
                raise
            return None

    def _shared(self, service: Service, image: str) -> bool:
        """Whether an image has members: Glance answers 403 for all others."""
        answer = service.get(f"/images/{image}", {}, allow=(404,))
        found = decode_object(self.type, answer.body)
        return answer.status == 200 and found.get("visibility") == "shared"


class Task(Resource):
    """An import or export, for as long as Glance remembers it."""

    name, path, key = "task", "/tasks", "tasks"
    paging = Paging.MARKER
    sort = _OLDEST_FIRST
    single = "/tasks/{id}"
    only_single = ("input", "result", "message", "image_id", "request_id", "user_id")
    volatile = ("updated_at",)
    relations = {"owner": "keystone.project"}
    hints = (Hint("task.*", "id"),)


class MetadefNamespace(Resource):
    """A namespace of metadata definitions; what it holds is shown by the single read only."""

    name, path, key = "metadef_namespace", "/metadefs/namespaces", "namespaces"
    id = ("namespace",)
    paging, marker = Paging.MARKER, "namespace"
    sort = _OLDEST_FIRST
    single = "/metadefs/namespaces/{id}"
    only_single = ("objects", "properties", "tags")
    volatile = ("updated_at", "resource_type_associations.*.updated_at")
    relations = {
        "owner": "keystone.project",
        "resource_type_associations.*.name": "glance.metadef_resource_type",
    }
    hints = (
        Hint("metadef_namespace.*", "namespace", "namespace_old"),
        Hint("metadef_resource_type.*", "namespace"),
    )
    sweep = 1800.0


class MetadefResourceType(Resource):
    """A kind of resource that metadata definitions are for."""

    name, path, key = "metadef_resource_type", "/metadefs/resource_types", "resource_types"
    id = ("name",)
    volatile = ("updated_at",)
    hints = (Hint("metadef_resource_type.*"),)
    sweep = 1800.0


class _Metadef(Resource):
    """What a namespace holds: one call for each namespace, so only when asked for."""

    each = "glance.metadef_namespace"
    id = ("namespace", "name")
    volatile = ("updated_at",)
    relations = {"namespace": "glance.metadef_namespace"}
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the namespace."""
        item = super().shape(item, parent)
        item["namespace"] = parent
        return item


class MetadefObject(_Metadef):
    """A defined object: one call for each namespace, so only when asked for."""

    name, path, key = "metadef_object", "/metadefs/namespaces/{parent}/objects", "objects"
    single = "/metadefs/namespaces/{id[0]}/objects/{id[1]}"
    hints = (Hint("metadef_object.*", "namespace/name", "namespace/name_old"),)


class MetadefTag(_Metadef):
    """A defined tag: one call for each namespace, so only when asked for."""

    name, path, key = "metadef_tag", "/metadefs/namespaces/{parent}/tags", "tags"
    single = "/metadefs/namespaces/{id[0]}/tags/{id[1]}"
    only_single = ("created_at", "updated_at")
    hints = (Hint("metadef_tag.*", "namespace/name", "namespace/name_old"),)


class Store(Resource):
    """A place where Glance keeps images; without several of them Glance names none."""

    name, path, key = "store", "/info/stores", "stores"
    optional = True


class Glance(Plugin):
    """The image service."""

    name = "glance"
    service_type = "image"
    version = "2"
    exchanges = ("glance",)
    ignored = {"image.send": "a download"}
    resources = (
        Image,
        ImageMember,
        Task,
        MetadefNamespace,
        MetadefResourceType,
        MetadefObject,
        MetadefTag,
        Store,
    )
