"""A terminal, and a program that runs on it."""

import os
import pty
import re
import select
import subprocess
import time
from contextlib import suppress


class Terminal:
    """A program as a terminal's foreground process group, and what it printed."""

    def __init__(self, command, **options):
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            **options,
        )
        os.close(slave)
        self.printed = ""

    def read_until(self, pattern):
        until = time.monotonic() + 60
        while not re.search(pattern, self.printed):
            assert select.select([self._master], [], [], until - time.monotonic())[0], self.printed
            self.printed += os.read(self._master, 65536).decode("utf-8", "replace")

    def press(self, key):
        os.write(self._master, key)

    def end(self):
        with suppress(OSError):  # a terminal that nobody has open any more
            while part := os.read(self._master, 65536):
                self.printed += part.decode("utf-8", "replace")
        os.close(self._master)
        return self.process.wait(10)
