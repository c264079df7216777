"""What was known before a commit's answer was asked for: it may vouch for what goes missing."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Of commits from before, nobody knows."""
    op.add_column("commits", sa.Column("ticket", sa.BigInteger))
