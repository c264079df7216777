"""The commands of the page about the store are run in its order, on a store with what it names."""

import os
import re
import subprocess
import sys

import pytest

from synchronizer.model.entity import Collection
from synchronizer.sampling.scope import Scope, keep
from synchronizer.store import open_store
from synchronizer.testing.writing import write

SHOWN = re.compile(r"^ +(?:\$ )?(synchronizer [^\n]*)", re.MULTILINE)


@pytest.fixture
def url(tmp_path):
    """A store with types of two clouds, which nobody samples now."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_store(url)
    types = (("demo", "neutron.port"), ("demo", "nova.keypair"), ("lab", "heat.stack"))
    for cloud, type_ in types:
        collection = Collection(cloud, "RegionOne", type_)
        store.declare(collection, stale_after=60)
        store.note(collection, scope=keep(Scope(roles="admin"), witness=False))
        write(store, {"a": {"id": "a"}}, collection)
    store.close()
    return url


def test_every_command_does_what_the_page_shows(page, url, tmp_path):
    (tmp_path / "backup").mkdir()
    lines = SHOWN.findall(page("how-to/store.rst"))
    assert len(lines) >= 7
    for line in lines:
        command = line.replace("/backup/", f"{tmp_path}/backup/")
        program = f"{sys.executable} -m synchronizer.cli"
        done = subprocess.run(
            ["sh", "-c", command.replace("synchronizer", program, 1)],
            env=os.environ | {"OS_STORE__URL": url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout
    store = open_store(url)
    left = {each.collection.type: each.entities for each in store.collections()}
    assert left == {"neutron.port": 1, "nova.keypair": 0, "heat.stack": 0}
    store.close()
    copy = open_store(f"sqlite:///{tmp_path}/backup/store.sqlite")
    assert {each.entities for each in copy.collections()} == {1}
    assert copy.check() == []
    copy.close()
