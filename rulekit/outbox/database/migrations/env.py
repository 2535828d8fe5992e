"""Alembic's entry: runs revisions on the connection of `upgrade`, in its transaction."""

from alembic import context

from rulekit.outbox.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
