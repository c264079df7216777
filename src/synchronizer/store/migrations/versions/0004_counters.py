"""What concerns a whole plugin of a cloud is counted: the notifications that were heard."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_name = sa.String(255)


def upgrade() -> None:
    """Add the counters, all at nothing."""
    op.create_table(
        "counter",
        sa.Column("cloud", _name, primary_key=True),
        sa.Column("plugin", _name, primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
