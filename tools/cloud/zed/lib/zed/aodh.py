"""Aodh's API, which has no module with an application in it yet."""

from aodh.api import app

application = app.build_wsgi_app(argv=[])
