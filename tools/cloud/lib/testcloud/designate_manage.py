"""designate-manage that asks no running designate-central: it is one itself, and tells nobody."""

import types

from designate.central import rpcapi, service
from designate.cmd import manage


class Central(service.Service):
    def __init__(self):
        super().__init__()
        self.notifier = types.SimpleNamespace(info=lambda *_: None)


if __name__ == "__main__":
    rpcapi.CentralAPI = Central
    manage.main()
