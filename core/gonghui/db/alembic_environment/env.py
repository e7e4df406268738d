"""Alembic's entry: runs the revisions of one component on the connection that `migrations` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], **context.config.attributes["options"])
with context.begin_transaction():
    context.run_migrations()
