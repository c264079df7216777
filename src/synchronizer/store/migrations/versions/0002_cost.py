"""What sampling cost from one sweep to the next."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_big = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the cost of the last cycle, unknown yet, and what the counters were at its end."""
    added = (
        sa.Column("cycle_calls", _big),
        sa.Column("cycle_call_seconds", sa.Double),
        sa.Column("cycle_call_bytes", _big),
        sa.Column("marked_calls", _big, nullable=False, server_default="0"),
        sa.Column("marked_call_seconds", sa.Double, nullable=False, server_default="0"),
        sa.Column("marked_call_bytes", _big, nullable=False, server_default="0"),
    )
    for column in added:
        op.add_column("collection", column)
    op.execute(
        "UPDATE collection SET marked_calls = calls, "
        "marked_call_seconds = call_seconds, marked_call_bytes = call_bytes"
    )
