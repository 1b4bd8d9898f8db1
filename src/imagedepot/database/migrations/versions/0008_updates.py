"""Updates: what upstreams said last, the rules, and the versions that rules keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from imagedepot.database.tables import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "update_checks",
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("tag", sa.String(140), nullable=False),
        sa.Column("digest", sa.String(140), nullable=False),
        sa.Column("upstream", sa.String(140), nullable=False),
        sa.Column("version", sa.String(128), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("checked", UtcTime(), nullable=True),
        sa.Column("tried", UtcTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("seen", UtcTime(), nullable=True),
        sa.Column("due", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("type", "name", "tag", name="pk_update_checks"),
    )
    op.create_table(
        "update_rules",
        sa.Column("pattern", sa.String(400), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("keep", sa.Integer(), nullable=False),
        sa.Column("versions", sa.String(100), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(100), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pattern", name="pk_update_rules"),
    )
    op.create_table(
        "update_versions",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("label", sa.String(140), nullable=False),
        sa.Column("follows", sa.String(140), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "label", name="pk_update_versions"),
    )


def downgrade() -> None:
    for table in ("versions", "rules", "checks"):
        op.drop_table(f"update_{table}")
