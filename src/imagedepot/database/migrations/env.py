"""Alembic's entry: migrates the connection that it is given (`Database`); there is no migration without one."""

from __future__ import annotations

from alembic import context

from imagedepot.database.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
