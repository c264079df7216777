"""``python -m synchronizer.cli``: the same program, where its script is not on the path."""

import sys

from synchronizer.cli import main

sys.exit(main())
