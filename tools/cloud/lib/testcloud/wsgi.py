"""One WSGI entry point for every API: WSGI_MODULE names the service's own, WSGI_ARGS its options.

Some of them parse ``sys.argv``, where they would find the options of the HTTP server.
"""

import importlib
import os
import shlex
import sys

sys.argv = [os.environ["WSGI_MODULE"], *shlex.split(os.environ.get("WSGI_ARGS", ""))]
application = importlib.import_module(os.environ["WSGI_MODULE"]).application
