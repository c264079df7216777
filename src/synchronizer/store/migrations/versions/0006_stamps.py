"""When commits were made, without trust in one clock; when the log and completeness began."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_big = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Stamp the commits that there are, in order; what was swept has been complete."""
    op.add_column("head", sa.Column("began_at", sa.Double))
    op.add_column("collection", sa.Column("complete_to", sa.Double))
    op.add_column("collection", sa.Column("complete_at", _big))
    for name in ("clock", "elapsed"):
        op.add_column("commits", sa.Column(name, sa.Double, nullable=False, server_default="0"))
    _order_times()
    op.execute("UPDATE commits SET clock = committed_at, elapsed = committed_at")
    op.execute("UPDATE head SET began_at = (SELECT MIN(committed_at) FROM commits)")
    op.execute(
        "UPDATE collection SET complete_to = sampled_at, "
        "complete_at = (SELECT oldest FROM head) WHERE sampled_at IS NOT NULL"
    )


def _order_times() -> None:
    """Raise every commit time that goes back to the latest before it."""
    commits = sa.table("commits", sa.column("revision"), sa.column("committed_at"))
    connection = op.get_bind()
    latest, raised = 0.0, []
    for number, when in connection.execute(sa.select(commits).order_by(commits.c.revision)).all():
        if when < latest:
            raised.append({"number": number, "latest": latest})
        latest = max(latest, when)
    if raised:
        connection.execute(
            sa.update(commits)
            .where(commits.c.revision == sa.bindparam("number"))
            .values(committed_at=sa.bindparam("latest")),
            raised,
        )
