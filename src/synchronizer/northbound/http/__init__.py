"""The HTTP door: get all, changes, watch, types, health and metrics of one store."""

from synchronizer.northbound.http.app import Application, build
from synchronizer.northbound.http.server import HttpServer, serve

__all__ = ["Application", "HttpServer", "build", "serve"]
