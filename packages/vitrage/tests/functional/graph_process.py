"""Vitrage's own graph process, without its workers: a program for tests.

Everything that decides what comes into the graph is Vitrage's: `VitrageGraphInit` with its
scheduler, locks, processor, consistency check and persistency. Evaluators and API are not
there. It is told by lines and answers by lines: ``graph`` gives the graph as JSON.
"""

import json
import sys
import threading

from graphing import plain
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from vitrage import storage
from vitrage.common import config
from vitrage.entity_graph.graph_init import VitrageGraphInit
from vitrage.storage.sqlalchemy import models


@compiles(BigInteger, "sqlite")
def _integer(_type, _compiler, **_more):
    """SQLite counts only columns of the type INTEGER."""
    return "INTEGER"


class NoWorkers:
    """Takes whatever the workers would be told."""

    def __getattr__(self, name):
        return lambda *_args, **_more: None


def main():
    config.parse_config(["vitrage-graph", *sys.argv[1:]])
    storage.get_connection_from_config()
    models.Base.metadata.create_all(enginefacade.writer.get_engine())
    init = VitrageGraphInit(NoWorkers())
    ready = threading.Event()

    def run():
        init.run()
        ready.set()

    threading.Thread(target=run, daemon=True).start()
    for line in sys.stdin:
        word = line.strip()
        if word == "ready":
            answer = ready.wait(60)
        elif word == "graph":
            answer = plain(init.graph.copy())
        elif word == "drivers":
            from vitrage.datasources import utils  # noqa: PLC0415

            answer = {name: len(each._held) for name, each in utils.drivers.items()}
        print(json.dumps(answer, default=str), flush=True)


main()
