"""Cinder: what the operator sets up: types, services, back ends, quotas."""

import msgspec

from synchronizer.plugins.cinder_base import MICROVERSION, CinderResource, Whole
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import decode_object
from synchronizer.plugins.service import Answer, Query
from synchronizer.plugins.service import Service as Endpoint


class VolumeType(CinderResource):
    """A volume type, public or private."""

    name, path, key = "volume_type", "/types", "volume_types"
    query = {"is_public": "None"}  # the literal None lists both kinds
    single, single_key = "/types/{id}", "volume_type"
    never_empty = True
    relations = {"qos_specs_id": "cinder.qos_spec"}
    hints = (
        Hint("volume_type.*", "volume_types.id"),
        Hint("volume_type_extra_specs.*", "type_id"),
        Hint("qos_specs.*associate*", "type_id"),
    )


class VolumeTypeAccess(Whole):
    """A project that may use a private volume type; one call for each type."""

    name, key = "volume_type_access", "volume_type_access"
    path = "/types/{parent}/os-volume-type-access"
    each = "cinder.volume_type"
    id = ("volume_type_id", "project_id")
    relations = {"volume_type_id": "cinder.volume_type", "project_id": "keystone.project"}


class DefaultType(Whole):
    """The volume type that a project gets when it names none; sampled only when asked for.

    Some releases list them to credentials for the system alone.
    """

    name, path, key = "default_type", "/default-types", "default_types"
    id = ("project_id",)
    microversion = ("3.62", MICROVERSION[1])
    single, single_key = "/default-types/{id}", "default_type"
    optional = True
    relations = {"project_id": "keystone.project", "volume_type_id": "cinder.volume_type"}
    default = False


class VolumeTypeEncryption(Whole):
    """How the volumes of a type are encrypted; one call for each type."""

    name, path, key = "volume_type_encryption", "/types/{parent}/encryption", "encryption"
    each = "cinder.volume_type"
    lone = True
    id = ("volume_type_id",)
    volatile = ("updated_at",)
    relations = {"volume_type_id": "cinder.volume_type"}
    hints = (Hint("volume_type_encryption.*"),)

    def ask(self, service: Endpoint, parent: str | None, more: Query) -> Answer:
        """Give the bare object a name; an empty one says that there is no encryption."""
        answer = super().ask(service, parent, more)
        if answer.status != 200:
            return answer
        found = decode_object(self.type, answer.body)
        if not found:
            return answer._replace(status=404)
        return answer._replace(body=msgspec.json.encode({self.key: found}))


class QosSpec(CinderResource):
    """A quality of service specification that volume types name."""

    name, path, key = "qos_spec", "/qos-specs", "qos_specs"
    single, single_key = "/qos-specs/{id}", "qos_specs"
    hints = (
        Hint("qos_specs.update", "id"),
        Hint("qos_specs.delete", "id"),
        Hint("qos_specs.create"),  # has no id yet
    )


class GroupType(CinderResource):
    """A type of volume groups, public or private."""

    name, path, key = "group_type", "/group_types", "group_types"
    query = {"is_public": "None"}
    single, single_key = "/group_types/{id}", "group_type"
    hints = (
        Hint("group_type.*", "group_types.id"),
        Hint("group_type_specs.*", "type_id"),
    )


class Service(Whole):
    """A service of Cinder on a host."""

    name, path, key = "service", "/os-services", "services"
    id = ("binary", "host")
    single, single_key = "/os-services?binary={id[0]}&host={id[1]}", "services"
    measured = ("updated_at",)  # the heartbeat
    never_empty = True
    relations = {"cluster": "cinder.cluster#name"}


class Pool(Whole):
    """A pool of a back end, as one scheduler remembers it, so only when asked for.

    A scheduler that was restarted knows no pool until the back ends report.
    """

    name, path, key = "pool", "/scheduler-stats/get_pools", "pools"
    query = {"detail": "true"}
    id = ("name",)
    volatile = ("capabilities.filter_function", "capabilities.goodness_function")
    measured = tuple(
        f"capabilities.{each}"
        for each in (
            "allocated_capacity_gb",
            "free_capacity_gb",
            "provisioned_capacity_gb",
            "timestamp",
            "total_volumes",
            "updated",
        )
    )
    secret = ("capabilities.location_info",)
    never_empty = True
    default = False


class Cluster(Whole):
    """Volume services that share their back ends."""

    name, path, key = "cluster", "/clusters/detail", "clusters"
    id = ("name", "binary")
    single, single_key = "/clusters/{id[0]}?binary={id[1]}", "cluster"
    volatile = ("updated_at",)
    measured = ("last_heartbeat", "num_hosts", "num_down_hosts")


class Message(CinderResource):
    """Why an action failed, told to the users of the credentials' own project only."""

    name, path, key = "message", "/messages", "messages"
    single, single_key = "/messages/{id}", "message"
    volatile = ("links",)
    relations = {"resource_uuid": ("cinder.volume", "cinder.snapshot", "cinder.backup")}
    default = False


class QuotaSet(Whole):
    """The quota of a project: one call for each project, so only when asked for."""

    name, path, key = "quota_set", "/os-quota-sets/{parent}", "quota_set"
    each = "keystone.project"
    lone = True
    relations = {"id": "keystone.project"}
    default = False
