"""Plugins: each knows one service, its resources, and how to list and read them.

A plugin is found through the entry point group ``synchronizer.plugins``; the built-in
ones come that way too.
"""

from importlib.metadata import entry_points

from synchronizer.plugins.plugin import Plugin

GROUP = "synchronizer.plugins"

__all__ = ["GROUP", "Plugin", "installed", "load", "names"]


def installed() -> dict[str, type[Plugin]]:
    """Return every installed plugin class by its name."""
    return {point.name: point.load() for point in sorted(entry_points(group=GROUP))}


def names() -> list[str]:
    """Return the names of the installed plugins; imports none of them."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def load(name: str) -> type[Plugin]:
    """Return one plugin class; imports no other, so none can harm it.

    Raises:
        KeyError: it is not installed.
    """
    found: type[Plugin] = entry_points(group=GROUP)[name].load()
    return found
