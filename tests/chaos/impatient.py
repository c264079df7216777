"""The program ``synchronizer``, with shorter pauses before restarts and no other difference.

Two hundred kills would otherwise mostly meet processes that wait to be started again.
"""

import sys

from synchronizer.cli.app import main
from synchronizer.service.supervisor import child_handle

child_handle.PAUSE_FIRST, child_handle.PAUSE_MOST = 0.05, 0.3

sys.exit(main())
