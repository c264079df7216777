"""Which fields of a collection's bodies are not state."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the declared paths; the next start of a sampler fills them in."""
    op.add_column("collection", sa.Column("volatile", sa.Text))
