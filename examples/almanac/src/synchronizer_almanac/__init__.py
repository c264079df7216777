"""Almanac: a made-up OpenStack service that keeps maintenance windows and notes on them."""

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource


class Window(Resource):
    """A maintenance window of a compute host."""

    name, path, key = "window", "/windows", "windows"
    paging = Paging.MARKER
    single, single_key = "/windows/{id}", "window"
    since = "changes-since"
    volatile = ("countdown",)
    secret = ("pager",)
    relations = {"project_id": "keystone.project", "host": "nova.service#host"}
    hints = (Hint("almanac.window.*", "window.id"),)


class Note(Resource):
    """A note on a window; a window's notes are listed together."""

    name, path, key = "note", "/windows/{parent}/notes", "notes"
    each = "almanac.window"
    id = ("window_id", "number")
    relations = {"window_id": "almanac.window"}


class Almanac(Plugin):
    """The service."""

    name = "almanac"
    service_type = "maintenance"
    version = ""
    exchanges = ("almanac",)
    resources = (Window, Note)
