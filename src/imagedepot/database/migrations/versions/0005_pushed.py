"""Repositories that are pushed here, and uploads on their way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from imagedepot.database.tables import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repositories",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_repositories"),
    )
    op.create_table(
        "pushed_manifests",
        sa.Column("repository", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(140), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(140), nullable=False),
        sa.Column("pushed", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_pushed_manifests"),
    )
    op.create_table(
        "pushed_tags",
        sa.Column("repository", sa.String(255), nullable=False),
        sa.Column("tag", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(140), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("pushed", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "tag", name="pk_pushed_tags"),
    )
    op.create_table(
        "pushed_blobs",
        sa.Column("repository", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(140), nullable=False),
        sa.Column("pushed", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_pushed_blobs"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("repository", sa.String(255), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("begun", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )


def downgrade() -> None:
    for table in ("uploads", "pushed_blobs", "pushed_tags", "pushed_manifests", "repositories"):
        op.drop_table(table)
