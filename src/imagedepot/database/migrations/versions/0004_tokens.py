"""Access tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from imagedepot.database.tables import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("hashed", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("repositories", sa.Text(), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("expires", UtcTime(), nullable=True),
        sa.Column("last_used", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hashed", name="uq_tokens_hashed"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tokens_username", "tokens", ["username"])


def downgrade() -> None:
    op.drop_table("tokens")
