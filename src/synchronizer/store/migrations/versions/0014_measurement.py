"""What is measured of entities, beside the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0014"
down_revision = "0013"

_blob = sa.LargeBinary().with_variant(mysql.LONGBLOB, "mysql", "mariadb")
_id = sa.String(1024).with_variant(mysql.VARCHAR(700, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    """Add the table; the next complete sweeps fill it."""
    op.create_table(
        "measurement",
        sa.Column("collection", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", _id, primary_key=True),
        sa.Column("measured", _blob, nullable=False),
    )
