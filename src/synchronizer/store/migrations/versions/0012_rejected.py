"""Records that a sweep could not take stand with their collection."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Begin with none."""
    op.add_column("collection", sa.Column("rejected", sa.Text))
