"""Makes Vitrage's tables in an SQLite file. SQLite counts only columns of the type INTEGER.

Usage: python schema.py --config-file FILE
"""

import sys

from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from vitrage import storage
from vitrage.common import config
from vitrage.storage.sqlalchemy import models


@compiles(BigInteger, "sqlite")
def integer(_type, _compiler, **_more):
    return "INTEGER"


if __name__ == "__main__":
    config.parse_config(sys.argv)
    storage.get_connection_from_config()
    models.Base.metadata.create_all(enginefacade.writer.get_engine())
