"""The tables of the log.

A record's *position* is ``revision << 10 | ordinal``: its revision and its place within
the commit (at most 1000 changes) in one integer. So the primary key is the log's own
order, commits append to the end of the tree, and "everything after revision R" is a
range of keys.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

ORDINAL_BITS = 10

SEAL_BYTES = 20

ID_CHUNK = 500
"""Values of one IN (...): below every database's limit of parameters."""

metadata = sa.MetaData()

_big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_blob = sa.LargeBinary().with_variant(mysql.LONGBLOB, "mysql", "mariadb")
_digest = sa.LargeBinary(16)
# Ids are compared byte by byte: "a" and "A" are two entities.
_name = sa.String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_id = sa.String(1024).with_variant(mysql.VARCHAR(700, collation="utf8mb4_bin"), "mysql", "mariadb")

head = sa.Table(
    "head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", _big, nullable=False),
    sa.Column("oldest", _big, nullable=False),
    sa.Column("epoch", sa.String(32), nullable=False),
    sa.Column("began_at", sa.Double),
    sa.Column("digest", _digest),  # of the log up to the revision
)

collection = sa.Table(
    "collection",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("cloud", _name, nullable=False),
    sa.Column("region", _name, nullable=False),  # "" stands for no region
    sa.Column("type", _name, nullable=False),
    sa.Column("entities", sa.Integer, nullable=False, default=0),
    sa.Column("revision", _big, nullable=False, default=0),
    sa.Column("sampled_at", sa.Double),
    sa.Column("polled_at", sa.Double),
    sa.Column("complete_to", sa.Double),
    sa.Column("complete_at", _big),
    sa.Column("stale_after", sa.Double, nullable=False),
    sa.Column("scope", sa.Text),
    sa.Column("fault", sa.Text),
    sa.Column("rejected", sa.Text),
    sa.Column("calls", _big, nullable=False, default=0),
    sa.Column("call_seconds", sa.Double, nullable=False, default=0.0),
    sa.Column("call_bytes", _big, nullable=False, default=0),
    sa.Column("sweeps", _big, nullable=False, default=0),
    sa.Column("begun", _big, nullable=False, default=0),
    sa.Column("concluded", _big, nullable=False, default=0),
    sa.Column("faults", _big, nullable=False, default=0),
    # The cost of the last cycle, and the counters at its end, from which the next is reckoned.
    sa.Column("cycle_calls", _big),
    sa.Column("cycle_call_seconds", sa.Double),
    sa.Column("cycle_call_bytes", _big),
    sa.Column("marked_calls", _big, nullable=False, default=0),
    sa.Column("marked_call_seconds", sa.Double, nullable=False, default=0.0),
    sa.Column("marked_call_bytes", _big, nullable=False, default=0),
    sa.Column("relations", sa.Text),  # JSON, as declared
    sa.Column("volatile", sa.Text),  # JSON, paths of fields
    sa.Column("declaration", sa.Text),  # JSON, of which the digests are
    sa.Column("content", _digest),  # of what lives
    sa.UniqueConstraint("cloud", "region", "type", name="collection_name"),
)

dictionary = sa.Table(
    "dictionary",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("collection", sa.Integer, nullable=False),
    sa.Column("content", _blob, nullable=False),
)

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("cloud", _name, primary_key=True),
    sa.Column("plugin", _name, primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", _big, nullable=False),
)

sink = sa.Table(
    "sink",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("revision", _big, nullable=False),
    sa.Column("priors", sa.Text, nullable=False),  # JSON, entity type to revision
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("beat", _big, nullable=False),
)

# What of a collection is absent, without anything that proves it deleted.
held = sa.Table(
    "held",
    metadata,
    sa.Column("collection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("revision", _big, nullable=False),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("ids", _blob, nullable=False),  # JSON
)

# What was taken out of bodies: usage, heartbeats; as of the last complete sweep.
measurement = sa.Table(
    "measurement",
    metadata,
    sa.Column("collection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", _id, primary_key=True),
    sa.Column("measured", _blob, nullable=False),  # JSON, dotted path to value
)

commits = sa.Table(
    "commits",
    metadata,
    sa.Column("revision", _big, primary_key=True, autoincrement=False),
    sa.Column("committed_at", sa.Double, nullable=False),
    sa.Column("clock", sa.Double, nullable=False, default=0.0),
    sa.Column("elapsed", sa.Double, nullable=False, default=0.0),
    sa.Column("digest", _digest),  # of the log up to here
    sa.Column("content", _digest),  # of its collection as it was then
    sa.Column("ticket", _big),  # what was known before it was asked for; none of what was told
    sa.Index("commits_time", "committed_at"),
)

record = sa.Table(
    "record",
    metadata,
    sa.Column("position", _big, primary_key=True, autoincrement=False),
    sa.Column("collection", sa.Integer, nullable=False),
    sa.Column("id", _id, nullable=False),
    sa.Column("superseded", _big),
    sa.Column("op", sa.SmallInteger, nullable=False),
    sa.Column("previous", _big),
    sa.Column("digest", sa.LargeBinary(16), nullable=False),
    sa.Column("sampled_at", sa.Double, nullable=False),
    sa.Column("stamp", sa.Text),  # JSON; by it an older answer is known
    sa.Column("changed", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("dictionary", sa.Integer),
    sa.Column("body", _blob, nullable=False),
    sa.Column("seal", sa.LargeBinary(SEAL_BYTES)),  # goes with body and digest, see sealing
    # A walk over one collection at any revision decides on this index alone.
    sa.Index("record_walk", "collection", "position", "superseded", "op"),
    sa.Index("record_entity", "collection", "id", "position", unique=True),
)


def first_position(revision: int) -> int:
    """Return the lowest position of a revision."""
    return revision << ORDINAL_BITS


def revision_of(position: int) -> int:
    """Return the revision that a position belongs to."""
    return position >> ORDINAL_BITS
