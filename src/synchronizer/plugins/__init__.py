"""Plugins: each knows one service, its resources, and how to list and read them.

A plugin is found through the entry point group ``synchronizer.plugins``; the built-in
ones come that way too.
"""

from importlib.metadata import entry_points

from synchronizer.plugins.plugin import Plugin

GROUP = "synchronizer.plugins"

__all__ = ["GROUP", "Plugin", "installed"]


def installed() -> dict[str, type[Plugin]]:
    """Return every installed plugin class by its name."""
    return {point.name: point.load() for point in sorted(entry_points(group=GROUP))}
