"""Gnocchi's API, under the name of the others."""

from gnocchi.cli import api

application = api.wsgi()
