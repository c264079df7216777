"""reStructuredText for the reference pages: titles, tables, fields, and docstrings as prose."""

import inspect
import re
from collections.abc import Iterable


def title(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n"


def prose(text: str) -> str:
    """Return a docstring's text as reStructuredText: `code` is code, *names* are names."""
    parts = re.split(r"(``.+?``|`[^`]+`|\*\w+\*)", " ".join(text.split()))
    return "".join(
        (part if part[0] == "*" else f"``{part.strip('`')}``")
        if place % 2
        else re.sub(r"([*|]|_\b)", r"\\\1", part)
        for place, part in enumerate(parts)
    )


def code(text: object) -> str:
    return f"``{text}``"


def codes(texts: Iterable[object]) -> str:
    return ", ".join(code(text) for text in texts)


def fields(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a field list; pairs without a text are left out."""
    return "".join(f":{name}: {text}\n" for name, text in pairs if text)


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: str) -> str:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (header, *rows):
        lines += [f"   {'* ' if place == 0 else '  '}- {cell}" for place, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def paragraphs(docstring: str | None) -> list[str]:
    return [part for part in inspect.cleandoc(docstring or "").split("\n\n") if part]


def described(docstring: str | None) -> dict[str, str]:
    """Return what the section ``Attributes:`` of a docstring says of each name."""
    found: dict[str, str] = {}
    name = ""
    _, _, section = inspect.cleandoc(docstring or "").partition("Attributes:\n")
    for line in section.splitlines():
        if match := re.fullmatch(r"    (\w+): (.*)", line):
            name, found[match[1]] = match[1], match[2]
        elif name and line.startswith("        "):
            found[name] += " " + line.strip()
        elif line.strip():
            break
    return found
