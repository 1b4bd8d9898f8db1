"""Users have a role in place of a flag: users who were not administrators become viewers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("role", sa.String(16), nullable=False, server_default="viewer"))
    op.execute("UPDATE users SET role = 'administrator' WHERE is_admin")
    with op.batch_alter_table("users") as users:
        users.alter_column("role", server_default=None)
        users.drop_column("is_admin")


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("is_admin", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE users SET is_admin = (role = 'administrator')")
    with op.batch_alter_table("users") as users:
        users.alter_column("is_admin", server_default=None)
        users.drop_column("role")
