"""Which fields of a collection's bodies refer to other entities."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the declared relations; the next start of a sampler fills them in."""
    op.add_column("collection", sa.Column("relations", sa.Text))
