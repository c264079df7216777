"""What an entity's service itself orders its states by: older answers are known by it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add it, unknown for what is there: that is judged from its next version on."""
    op.add_column("record", sa.Column("stamp", sa.Text))
