"""What several nodes tell each other and hold, and the names of their images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from imagedepot.database.tables import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("writer", sa.BigInteger(), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_writer", "changes", ["writer"])
    op.create_table(
        "claims",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key", name="pk_claims"),
    )
    op.create_table(
        "images",
        sa.Column("store", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store", "name", name="pk_images"),
    )
    op.create_table(
        "active_downloads",
        sa.Column("download", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("image", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home", sa.String(32), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("until", UtcTime()),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("download", name="pk_active_downloads"),
        sa.UniqueConstraint("image", name="uq_active_downloads_image"),
    )


def downgrade() -> None:
    for table in ("active_downloads", "images", "claims", "changes"):
        op.drop_table(table)
