"""How many sweeps of a collection began: a ticket names it, a commit compares it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Count from here on."""
    op.add_column(
        "collection", sa.Column("begun", sa.BigInteger, nullable=False, server_default="0")
    )
