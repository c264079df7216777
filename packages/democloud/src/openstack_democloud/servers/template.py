"""A server's JSON at each microversion, as bytes templates.

``_PARTS`` is the one place that says which field a server has from which microversion on.
A ``<name>`` in it stands for a rendered value; ``values.py`` makes the tuple of them.
"""

import re
from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

VALUES = (
    "id", "name", "condition", "project", "user", "host", "host_status", "metadata",
    "image", "image_98", "flavor", "flavor_47", "created", "updated", "launched",
    "terminated", "addresses", "key_name", "volumes", "volumes_3", "security_groups",
    "instance", "reservation", "hostname", "user_data", "description", "tags", "locked",
    "locked_reason", "pinned", "hints", "fault", "server_groups",
)  # fmt: skip
_LAST = 10_000
Pick = Callable[[tuple[bytes, ...]], tuple[Any, ...]]

#: (first microversion, last microversion, text)
_PARTS: tuple[tuple[int, int, str], ...] = (
    (1, _LAST, '{"id":"<id>","name":<name>,<condition>,"tenant_id":"<project>",'),
    (1, _LAST, '"user_id":"<user>","metadata":<metadata>,<host>,"image":'),
    (1, 97, "<image>"),
    (98, _LAST, "<image_98>"),
    (1, 46, ',"flavor":<flavor>'),
    (47, _LAST, ',"flavor":<flavor_47>'),
    (1, _LAST, ',"created":"<created>","updated":"<updated>","addresses":<addresses>,'),
    (1, _LAST, '"accessIPv4":"","accessIPv6":"","links":[{"rel":"self","href":"'),
    (1, _LAST, '<base>/compute/v2.1/servers/<id>"},{"rel":"bookmark","href":"'),
    (1, _LAST, '<base>/compute/servers/<id>"}],"OS-DCF:diskConfig":"AUTO",'),
    (1, _LAST, '"config_drive":"","key_name":<key_name>,"OS-SRV-USG:launched_at":<launched>,'),
    (1, _LAST, '"OS-SRV-USG:terminated_at":<terminated>,"OS-EXT-SRV-ATTR:instance_name":'),
    (1, _LAST, '"instance-<instance>","os-extended-volumes:volumes_attached":'),
    (1, 2, "<volumes>"),
    (3, _LAST, "<volumes_3>"),
    (1, _LAST, ',"security_groups":<security_groups>'),
    (3, _LAST, ',"OS-EXT-SRV-ATTR:reservation_id":"r-<reservation>",'),
    (3, _LAST, '"OS-EXT-SRV-ATTR:launch_index":0,"OS-EXT-SRV-ATTR:hostname":<hostname>,'),
    (3, _LAST, '"OS-EXT-SRV-ATTR:kernel_id":"","OS-EXT-SRV-ATTR:ramdisk_id":"",'),
    (3, _LAST, '"OS-EXT-SRV-ATTR:root_device_name":"/dev/vda",'),
    (3, _LAST, '"OS-EXT-SRV-ATTR:user_data":"<user_data>"'),
    (9, _LAST, ',"locked":<locked>'),
    (16, _LAST, ',"host_status":"<host_status>"'),
    (19, _LAST, ',"description":<description>'),
    (26, _LAST, ',"tags":<tags>'),
    (63, _LAST, ',"trusted_image_certificates":null'),
    (73, _LAST, ',"locked_reason":<locked_reason>'),
    (96, _LAST, ',"pinned_availability_zone":<pinned>'),
    (100, _LAST, ',"scheduler_hints":<hints>'),
    (1, _LAST, "<fault>"),
)
_GROUPS = (71, _LAST, ',"server_groups":<server_groups>')

#: The values of which seeded servers have only one; ``SEEDED`` are the others.
_CONSTANTS = {
    "host_status": "UP",
    "terminated": "null",
    "description": "null",
    "tags": "[]",
    "locked": "false",
    "locked_reason": "null",
    "hints": "{}",
    "fault": "",
    "server_groups": "[]",
}
SEEDED = tuple(name for name in VALUES if name not in _CONSTANTS)

Parts = tuple[tuple[int, int, str], ...]


class Template(NamedTuple):
    """A text with holes, and what fetches their values out of a tuple of all values.

    ``whole`` takes the values of ``VALUES``, ``seeded`` those of ``SEEDED``.
    """

    whole: tuple[bytes, Pick]
    seeded: tuple[bytes, Pick]

    def render(self, values: tuple[bytes, ...]) -> bytes:
        """Render the values of ``VALUES``."""
        text, pick = self.whole
        return text % pick(values)


def _compile(parts: Parts, minor: int, base: str, padding: str = "") -> Template:
    text = "".join(part for first, last, part in parts if first <= minor <= last) + "}"
    text = text.replace("%", "%%").replace("<base>", base)
    baked = re.sub(r"<(\w+)>", lambda hole: _CONSTANTS.get(hole[1], hole[0]), text)
    baked = baked.replace("<user_data>", f"<user_data>{padding}")
    return Template(_holes(text, VALUES), _holes(baked, SEEDED))


def _holes(text: str, values: tuple[str, ...]) -> tuple[bytes, Pick]:
    pick = itemgetter(*(values.index(name) for name in re.findall(r"<(\w+)>", text)))
    return re.sub(r"<\w+>", "%b", text).encode(), pick


@cache
def listed(minor: int, base: str, padding: str = "") -> Template:
    """Return what renders a server as the listing shows it at 2.*minor*."""
    return _compile(_PARTS, minor, base, padding)


@cache
def alone(minor: int, base: str, padding: str = "") -> Template:
    """Return what renders a server as its own GET shows it: with its server groups."""
    return _compile((*_PARTS, _GROUPS), minor, base, padding)


@cache
def brief(minor: int, base: str, padding: str = "") -> Template:
    """Return what renders a server in the listing without details."""
    links = '<base>/compute/v2.1/servers/<id>"},{"rel":"bookmark","href":"<base>'
    text = f'{{"id":"<id>","name":<name>,"links":[{{"rel":"self","href":"{links}'
    return _compile(((1, _LAST, text + '/compute/servers/<id>"}]'),), minor, base, padding)
