"""The log of revisions."""

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

_big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_blob = sa.LargeBinary().with_variant(mysql.LONGBLOB, "mysql", "mariadb")
_name = sa.String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_id = sa.String(1024).with_variant(mysql.VARCHAR(700, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    """Make the five tables, and the one row of head."""
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", _big, nullable=False),
        sa.Column("oldest", _big, nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
    )
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("cloud", _name, nullable=False),
        sa.Column("region", _name, nullable=False),
        sa.Column("type", _name, nullable=False),
        sa.Column("entities", sa.Integer, nullable=False),
        sa.Column("revision", _big, nullable=False),
        sa.Column("sampled_at", sa.Double),
        sa.Column("polled_at", sa.Double),
        sa.Column("stale_after", sa.Double, nullable=False),
        sa.Column("scope", sa.Text),
        sa.Column("fault", sa.Text),
        sa.Column("calls", _big, nullable=False),
        sa.Column("call_seconds", sa.Double, nullable=False),
        sa.Column("call_bytes", _big, nullable=False),
        sa.Column("sweeps", _big, nullable=False),
        sa.Column("faults", _big, nullable=False),
        sa.UniqueConstraint("cloud", "region", "type", name="collection_name"),
    )
    op.create_table(
        "dictionary",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("collection", sa.Integer, nullable=False),
        sa.Column("content", _blob, nullable=False),
    )
    op.create_table(
        "commits",
        sa.Column("revision", _big, primary_key=True, autoincrement=False),
        sa.Column("committed_at", sa.Double, nullable=False),
    )
    op.create_index("commits_time", "commits", ["committed_at"])
    op.create_table(
        "record",
        sa.Column("position", _big, primary_key=True, autoincrement=False),
        sa.Column("collection", sa.Integer, nullable=False),
        sa.Column("id", _id, nullable=False),
        sa.Column("superseded", _big),
        sa.Column("op", sa.SmallInteger, nullable=False),
        sa.Column("previous", _big),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("sampled_at", sa.Double, nullable=False),
        sa.Column("changed", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("dictionary", sa.Integer),
        sa.Column("body", _blob, nullable=False),
    )
    op.create_index("record_walk", "record", ["collection", "position", "superseded", "op"])
    op.create_index("record_entity", "record", ["collection", "id", "position"], unique=True)
    op.bulk_insert(head, [{"id": 1, "revision": 0, "oldest": 0, "epoch": uuid.uuid4().hex}])
