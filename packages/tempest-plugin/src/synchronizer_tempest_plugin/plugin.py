"""What Tempest asks of a plugin: where its tests are, its options and its service clients."""

from pathlib import Path
from typing import Any

from oslo_config import cfg
from tempest import config
from tempest.test_discover import plugins

from synchronizer_tempest_plugin import config as options


class SynchronizerTempestPlugin(plugins.TempestPlugin):
    """Found by the entry point group ``tempest.test_plugins``."""

    def load_tests(self) -> tuple[str, str]:
        """Return the folder of the tests and the one that their module names begin at."""
        here = Path(__file__).parent
        return str(here / "tests"), str(here.parent)

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        """Add our options to Tempest's."""
        conf.register_opt(options.service_option, group="service_available")
        conf.register_group(options.synchronizer_group)
        conf.register_opts(options.SynchronizerGroup, group=options.synchronizer_group)

    def get_opt_lists(self) -> list[tuple[str, list[cfg.Opt]]]:
        """Return the options for the sample of a configuration file."""
        return [
            (options.synchronizer_group.name, options.SynchronizerGroup),
            ("service_available", [options.service_option]),
        ]

    def get_service_clients(self) -> list[dict[str, Any]]:
        """Return what makes ``os_admin.synchronizer_v1.SynchronizerClient()``."""
        return [
            {
                "name": "synchronizer_v1",
                "service_version": "synchronizer.v1",
                "module_path": "synchronizer_tempest_plugin.services",
                "client_names": ["SynchronizerClient"],
                "url": options.http_url(config.CONF),
                **config.service_client_config("synchronizer"),
            }
        ]
