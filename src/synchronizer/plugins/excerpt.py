"""What a message shows of a body that is not ours: no secret, no control characters."""

from collections.abc import Iterable
from json import dumps
from urllib.parse import quote

REDACTED = "***"

_LENGTH = 200
_LOOKED_AT = 1 << 20
"""So many bytes are searched for secrets: far more than what is shown of them."""


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """Return the beginning of *body* as printable text in which no secret is readable."""
    text = masked(body[:_LOOKED_AT].decode("utf-8", "replace"), secrets)
    return "".join(each if each.isprintable() else " " for each in text[:_LENGTH])


def masked(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in *text*, also where it is written as JSON or quoted."""
    for secret in secrets:
        for form in {secret, dumps(secret)[1:-1], quote(secret), quote(secret, safe="")} - {""}:
            text = text.replace(form, REDACTED)
    return text
