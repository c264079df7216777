"""One of Cinder's daemons, able to notify: ``python -m zed.cinder api|scheduler|volume``.

Debian 12 has an oslo.messaging that hands a notifier its context without ``read_deleted``,
and a Cinder that takes no context without: each notification, hence nearly each call, would
be an error 500.
"""

import importlib
import sys

if __name__ == "__main__":
    # First: it makes the standard library eventlet's.
    main = importlib.import_module(f"cinder.cmd.{sys.argv.pop(1)}").main

    from cinder import context

    from_dict = context.RequestContext.from_dict
    context.RequestContext.from_dict = lambda values: from_dict({"read_deleted": "no"} | values)
    sys.exit(main())
