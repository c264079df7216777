"""Of which declaration the digests of a collection are: who declares otherwise must know."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Leave it open for what is there: the first who samples it looks."""
    op.add_column("collection", sa.Column("declaration", sa.Text))
