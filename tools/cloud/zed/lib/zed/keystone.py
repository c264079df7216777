"""Keystone's API, which has no module with an application in it yet."""

from keystone.server import wsgi

application = wsgi.initialize_public_application()
