"""A download that failed says what helps, and when it is tried again; those that failed before do not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("downloads", sa.Column("remedy", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("downloads") as downloads:
        downloads.drop_column("remedy")
