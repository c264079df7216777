"""What is written for people: names of a cloud's users may hold anything, a terminal shows all."""

import re
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def shown(text: str) -> str:
    """Return *text* with control characters written out, as JSON has them too."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Shown:
    """A text stream that writes control characters out, and what its encoding lacks."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        """Write *text* as it may be seen."""
        self.stream.write(encodable(self.stream, shown(text)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def encodable(stream: Any, text: str) -> str:
    """Return *text* with what the stream's encoding lacks written out, such as an emoji."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
