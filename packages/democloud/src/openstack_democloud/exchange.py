"""One request and one answer, as the demo cloud's services see them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

if TYPE_CHECKING:
    from openstack_democloud.identity.tokens import Token

encode = msgspec.json.encode
decode = msgspec.json.decode


class RefusalError(Exception):
    """The service says no: each service puts it into its own JSON error shape."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


@dataclass(slots=True)
class Lens:
    """What a fault hides from one request: a lost role, a cell that does not answer."""

    projects: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    down_hosts: frozenset[str] = frozenset()

    def clear(self) -> bool:
        """Tell whether nothing is hidden."""
        return not (self.projects or self.fields or self.down_hosts)

    def hides(self, body: dict[str, Any]) -> bool:
        """Tell whether a row belongs to a hidden project."""
        return bool(self.projects) and not self.projects.isdisjoint(
            (body.get("project_id"), body.get("tenant_id"), body.get("id"))
        )


@dataclass(slots=True)
class Ask:
    """One request. ``minor`` is Nova's microversion, ``token`` who asks; both may be unset."""

    method: str
    path: str
    query_string: bytes
    headers: dict[bytes, bytes]
    body: bytes = b""
    base: str = ""
    family: str = ""
    minor: int = 1
    token: "Token | None" = None
    lens: Lens = field(default_factory=Lens)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.query_string:
            self.pairs = parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True)

    @property
    def query(self) -> dict[str, str]:
        """Return the query; of a repeated name the first value."""
        return dict(reversed(self.pairs))

    def header(self, name: bytes) -> str:
        """Return a header's value, or an empty string."""
        return self.headers.get(name, b"").decode("latin-1")

    def json(self) -> Any:
        """Return the decoded body.

        Raises:
            RefusalError: 400, the body is not JSON.
        """
        try:
            return decode(self.body)
        except msgspec.DecodeError as error:
            raise RefusalError(400, "Malformed request body") from error

    def part(self, name: str) -> dict[str, Any]:
        """Return the object *name* of the body.

        Raises:
            RefusalError: 400, there is no such object.
        """
        body = self.json()
        part = body.get(name) if isinstance(body, dict) else None
        if not isinstance(part, dict):
            raise RefusalError(400, f"'{name}' is a required property")
        return part


@dataclass(slots=True)
class Answer:
    """One answer. ``cut`` sends only so many bytes of the body, ``reset`` not even a header."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: int | None = None
    reset: bool = False
    stream: Iterable[bytes] | None = None

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> "Answer":
        """Return an answer whose body is the JSON of *value*."""
        return cls(status, encode(value), {k.replace("_", "-"): v for k, v in headers.items()})
