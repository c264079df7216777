"""Nagios: hosts, services and what is said about them, beside the cloud.

It is in no catalogue. A cloud's entry in ``clouds.yaml`` tells how to reach it, and by the
URL which of two ways is meant; both give the same entities::

    nagios:
      url: https://nagios.example.org/nagios4/cgi-bin    # the JSON CGIs (Nagios Core 4)
      url: unix:///var/lib/nagios4/rw/live               # Livestatus on a socket here
      url: tcp://nagios.example.org:6557                 # Livestatus over the network
      username: watcher                                  # with a password in secure.yaml

The CGIs show only what the user is a contact for, and do not say that they left something
out: the user belongs into ``authorized_for_all_hosts`` and ``authorized_for_all_services``
of ``cgi.cfg``. A state's change is seen by polls; an acknowledgement, downtime, comment or
change of configuration by the next sweep, which is therefore made each minute.

Source: https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from synchronizer.model.address import segment
from synchronizer.model.errors import ConfigurationError
from synchronizer.plugins.livestatus import Livestatus
from synchronizer.plugins.nagios_cgi import Cgis
from synchronizer.plugins.plugin import Plugin, Resource
from synchronizer.plugins.service import Gate, Service

_VOLATILE = (
    "plugin_output",
    "long_plugin_output",
    "perf_data",
    "current_attempt",
    "current_notification_number",
    "check_type",
    "last_check",
    "next_check",
    "last_notification",
    "next_notification",
)


class Host(Resource):
    """A host that is monitored, with its state."""

    name, path, key = "host", "/hosts", "hosts"
    id = ("name",)
    since = "since"
    single, single_key = "/hosts/{id}", "host"
    volatile = (*_VOLATILE, "last_time_up", "last_time_down", "last_time_unreachable")
    secret = ("long_plugin_output", "custom_variables.*")
    relations = {
        "name": ("nova.hypervisor#hypervisor_hostname", "nova.service#host"),
        "parent_hosts.*": "nagios.host",
        "contacts.*": "nagios.contact",
    }
    never_empty = True
    sweep = 60.0

    def reads(self, id_: str) -> bool:  # noqa: ARG002 - any name can be asked for
        """Return true: names travel as parameters, whatever is in them."""
        return True

    def single_path(self, id_: str) -> str:
        """Return the path of one host; a slash in its name is quoted."""
        return f"/hosts/{segment(id_)}"


class CheckedService(Resource):
    """A service of a host that is monitored, with its state.

    Its id is ``host/description``. A description may hold slashes; those of a host's name
    are written ``%2F``.
    """

    name, path, key = "service", "/services", "services"
    id = ("host_name", "description")
    since = "since"
    single, single_key = "/services/{id[0]}/{id[1]}", "service"
    volatile = (
        *_VOLATILE,
        "last_time_ok",
        "last_time_warning",
        "last_time_critical",
        "last_time_unknown",
    )
    secret = ("long_plugin_output", "custom_variables.*")
    relations = {"host_name": "nagios.host", "contacts.*": "nagios.contact"}
    sweep = 60.0

    def identify(self, item: Mapping[str, Any]) -> str:
        """Join host and description."""
        host = item.get("host_name")
        if isinstance(host, str):
            item = {**item, "host_name": host.replace("%", "%25").replace("/", "%2F")}
        return super().identify(item)

    def reads(self, id_: str) -> bool:  # noqa: ARG002 - any name can be asked for
        """Return true: names travel as parameters, whatever is in them."""
        return True

    def single_path(self, id_: str) -> str:
        """Return the path of one service: host and description, each quoted."""
        host, _, description = id_.partition("/")
        return f"/services/{segment(unquote(host))}/{segment(description)}"


class HostGroup(Resource):
    """Hosts that belong together."""

    name, path, key = "hostgroup", "/hostgroups", "hostgroups"
    id = ("group_name",)
    single, single_key = "/hostgroups/{id}", "hostgroup"
    relations = {"members.*": "nagios.host"}


class ServiceGroup(Resource):
    """Services that belong together."""

    name, path, key = "servicegroup", "/servicegroups", "servicegroups"
    id = ("group_name",)
    single, single_key = "/servicegroups/{id}", "servicegroup"
    relations = {"members.*.host_name": "nagios.host"}


class Comment(Resource):
    """A comment on a host or service, also one that Nagios made itself."""

    name, path, key = "comment", "/comments", "comments"
    id = ("comment_id",)
    single, single_key = "/comments/{id}", "comment"
    relations = {"host_name": "nagios.host"}
    sweep = 60.0


class Downtime(Resource):
    """A downtime of a host or service, planned or under way."""

    name, path, key = "downtime", "/downtimes", "downtimes"
    id = ("downtime_id",)
    single, single_key = "/downtimes/{id}", "downtime"
    relations = {"host_name": "nagios.host", "triggered_by": "nagios.downtime"}
    sweep = 60.0


class Contact(Resource):
    """Somebody who is notified: addresses of people, so only when asked for."""

    name, path, key = "contact", "/contacts", "contacts"
    id = ("name",)
    single, single_key = "/contacts/{id}", "contact"
    default = False


class Nagios(Plugin):
    """Nagios Core, by its JSON CGIs or by Livestatus."""

    name = "nagios"
    service_type = "nagios"
    version = ""
    regional = False
    beside = "nagios"
    privileged = "/hosts"
    resources = (Host, CheckedService, HostGroup, ServiceGroup, Comment, Downtime, Contact)

    @classmethod
    def connect(
        cls,
        access: Mapping[str, Any],
        *,
        name: str,
        gate: Gate,
        pause: Callable[[float], None],
    ) -> Service:
        """Return the service at ``url``: the CGIs by HTTP, Livestatus by a socket.

        Raises:
            ConfigurationError: the URL is missing, or of no known kind.
        """
        url = str(access.get("url") or "")
        scheme = url.partition(":")[0]
        if scheme in ("http", "https"):
            return Cgis.at(url, access, name=name, gate=gate, pause=pause)
        if scheme in ("unix", "tcp"):
            return Livestatus(name, url, gate=gate, pause=pause)
        raise ConfigurationError(
            f"{name}: nagios.url of the cloud's entry begins with {scheme or 'nothing'}; it is an "
            "address of the JSON CGIs (https://…/cgi-bin) or of Livestatus (unix:///… or tcp://…)"
        )
