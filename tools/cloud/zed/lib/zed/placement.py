"""Placement's API, which has no module with an application in it yet."""

from placement import wsgi

application = wsgi.init_application()
