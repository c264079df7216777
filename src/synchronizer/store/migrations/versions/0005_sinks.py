"""A message bus is a sink of the log: how far it has been told, and who tells it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the sinks, none yet."""
    op.create_table(
        "sink",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("priors", sa.Text, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
    )
