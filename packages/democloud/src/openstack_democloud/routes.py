"""The route table: from URL template to method to function, as in placement.

A template's ``{name}`` stands for one path segment and is passed on under that name.
"""

from collections.abc import Callable
from typing import Any

from openstack_democloud.exchange import Answer

Serve = Callable[..., Answer]
Table = dict[str, dict[str, Serve]]


class Routes:
    """Templates compiled for a quick look-up: fixed ones first, then by number of segments."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._fixed: dict[str, str] = {}
        self._open: dict[int, list[tuple[str, list[str]]]] = {}
        for template in table:
            if "{" in template:
                parts = template.split("/")
                self._open.setdefault(len(parts), []).append((template, parts))
            else:
                self._fixed[template] = template

    def find(self, path: str) -> tuple[str, dict[str, Any]] | None:
        """Return the template that *path* fits and what its names stand for."""
        if path in self._fixed:
            return path, {}
        parts = path.split("/")
        for template, wanted in self._open.get(len(parts), ()):
            found = {}
            for want, part in zip(wanted, parts, strict=True):
                if want[:1] == "{":
                    found[want[1:-1]] = part
                elif want != part:
                    break
            else:
                return template, found
        return None
