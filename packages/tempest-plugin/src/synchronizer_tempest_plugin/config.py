"""Options of tempest.conf: ``[service_available] synchronizer``, and our own group."""

from typing import Any
from urllib.parse import urlsplit

from oslo_config import cfg

service_option = cfg.BoolOpt(
    "synchronizer",
    default=True,
    help="Whether or not a synchronizer is expected to be available",
)

synchronizer_group = cfg.OptGroup(name="synchronizer", title="Synchronizer options")

SynchronizerGroup = [
    cfg.MultiStrOpt(
        "url",
        default=[],
        secret=True,
        help="Where consumers reach the synchronizer: http, https, or rabbit for the message "
        "bus (with ?exchange=NAME when it is not openstack). May be given several times, once "
        "for each door: the scenarios then follow each change through all of them at once. "
        "Empty takes the endpoint of catalog_type out of the catalogue.",
    ),
    cfg.StrOpt(
        "catalog_type",
        default="synchronizer",
        help="Catalogue type of the synchronizer, used when no url is given.",
    ),
    cfg.StrOpt(
        "region",
        default="",
        help="Region of its endpoint; empty takes [identity] region.",
    ),
    cfg.StrOpt(
        "endpoint_type",
        default="publicURL",
        choices=["public", "admin", "internal", "publicURL", "adminURL", "internalURL"],
        help="Kind of its endpoint in the catalogue.",
    ),
    cfg.StrOpt(
        "cloud",
        help="Name that the synchronizer knows this cloud by. Needed when it samples several.",
    ),
    cfg.IntOpt(
        "build_interval",
        default=1,
        help="Seconds between two looks at whether a type has been sampled.",
    ),
    cfg.IntOpt(
        "build_timeout",
        default=300,
        help="Seconds within which every type must have been sampled for the first time, and a "
        "consumer must have its copy.",
    ),
    cfg.IntOpt(
        "visibility_timeout",
        default=60,
        help="Seconds within which a change in the cloud must reach every consumer. Without "
        "notifications from the services it takes sweep_interval to see some changes.",
    ),
    cfg.IntOpt(
        "history",
        default=86_400,
        help="Seconds of history that the synchronizer keeps, its [store] history.",
    ),
    cfg.IntOpt(
        "compaction_timeout",
        default=300,
        help="How many seconds a test may wait for history to be compacted. What takes longer "
        "is tested only when it has happened already.",
    ),
]


def http_url(conf: Any) -> str | None:
    """Return the first url that the API tests can use; None leaves it to the catalogue."""
    found = (url for url in conf.synchronizer.url if urlsplit(url).scheme in ("http", "https"))
    return next(found, None)
