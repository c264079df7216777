"""Alembic's entry: runs on the connection that `upgrade` hands it."""

from alembic import context

from synchronizer.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()
