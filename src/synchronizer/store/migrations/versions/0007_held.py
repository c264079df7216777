"""Deletes without a control are held until an operator decides on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add what is held, nothing yet."""
    op.create_table(
        "held",
        sa.Column("collection", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column(
            "ids",
            sa.LargeBinary().with_variant(mysql.LONGBLOB, "mysql", "mariadb"),
            nullable=False,
        ),
    )
