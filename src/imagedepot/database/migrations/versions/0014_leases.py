"""What no clean-up of any node may delete just now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from imagedepot.database.tables import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("lease", sa.String(32), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("lease", "key", name="pk_leases"),
    )


def downgrade() -> None:
    op.drop_table("leases")
