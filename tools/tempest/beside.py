"""A synchronizer beside the cloud under test, from the beginning of a block to its end."""

import os
import subprocess
import sys
import threading
import uuid

import yaml

HISTORY = 60
"""Seconds that history is kept, so short that a run sees it compacted."""

CONF = """\
[clouds]
names = {name}
file = {folder}/clouds.yaml
[store]
url = sqlite:///{folder}/store.sqlite
history = {history}
[sampling]
plugins = keystone, nova, neutron, glance, cinder, heat, placement
# Most changes come by notifications. What the services do not tell comes by a sweep, twice
# as rarely while nothing untold was found.
sweep_interval = 20
poll_interval = 3
outline_interval = 10
calls_per_second = 50
# The tests sample types on demand again and again.
demand_interval = 0
[api]
port = 0
bookmark_interval = 2
"""

BUS = """\
[bus]
url = {url}
exchange = {exchange}
bookmark_interval = 2
"""


class Beside:
    """``synchronizer serve`` for one cloud.

    Attributes:
        urls: of its doors.
        exchange: of its topics, on a bus that others may use as well.
    """

    def __init__(self, folder, cloud):
        self._folder, self._cloud = folder, cloud
        self.urls = []
        self.exchange = f"synchronizer-tempest-{uuid.uuid4().hex[:8]}"
        self._listens = threading.Event()

    def __enter__(self):
        folder, cloud = self._folder, self._cloud
        # Its own queues: whoever shares them with us would get half of the notifications.
        entry = cloud.entry(pool=self.exchange)
        (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {cloud.name: entry}}))
        conf = folder / "synchronizer.conf"
        text = CONF.format(name=cloud.name, folder=folder, history=HISTORY)
        if cloud.bus:
            text += BUS.format(url=cloud.bus, exchange=self.exchange)
        conf.write_text(text)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "synchronizer.cli", "--config-file", conf, "serve"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("OS_")},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        if not self._listens.wait(90) or not self.urls:
            self.__exit__()
            said = (folder / "synchronizer.log").read_text()
            sys.exit(f"the synchronizer does not listen:\n{said[-3000:]}")
        if cloud.bus:
            self.urls.append(f"{cloud.bus}?exchange={self.exchange}")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join()

    def _read(self):
        with (self._folder / "synchronizer.log").open("w") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()
                if line.startswith("Synchronizer listens on "):
                    self.urls.append(line.split()[-1])
                    self._listens.set()
        self._listens.set()  # it has ended
