"""One WSGI entry point for every API.

WSGI_APPLICATION names the service's own: a module, or a paste file. WSGI_CONFIG is its
configuration file, given to all that look for one in the usual places, the token check among them.
"""

import importlib
import os
import sys

from oslo_config import cfg
from paste import deploy

_name, _config = os.environ["WSGI_APPLICATION"], os.environ["WSGI_CONFIG"]
sys.argv = [_name]  # some parse it, and would find the options of the HTTP server
cfg.find_config_files = lambda *_, **__: [_config]
if _name.endswith(".ini"):
    application = deploy.loadapp(f"config:{_name}")
else:
    application = importlib.import_module(_name).application
