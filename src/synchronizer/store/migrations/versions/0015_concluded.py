"""The newest sweep that has ended: one that ends behind it takes back nothing of what it noted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Any sweep is newer than those before this column."""
    op.add_column(
        "collection", sa.Column("concluded", sa.BigInteger, nullable=False, server_default="0")
    )
