"""The cache of the mirror: what came through `/v2/` from upstreams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from imagedepot.database.tables import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirror_tags",
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("tag", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(135), nullable=False),
        sa.Column("checked", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("repository", "tag", name="pk_mirror_tags"),
    )
    op.create_table(
        "mirror_manifests",
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(135), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("used", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_mirror_manifests"),
    )
    op.create_table(
        "mirror_blobs",
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(135), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("used", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_mirror_blobs"),
    )
    op.create_table(
        "mirror_lists",
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(135), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("checked", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("repository", "subject", name="pk_mirror_lists"),
    )
    op.create_table(
        "mirror_repositories",
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("repository", name="pk_mirror_repositories"),
    )
    op.create_table(
        "mirror_figures",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mirror_figures"),
    )


def downgrade() -> None:
    for table in ("figures", "repositories", "lists", "blobs", "manifests", "tags"):
        op.drop_table(f"mirror_{table}")
