"""What the `Date` of an email says, which is no part of the message that was made and approved."""

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds a column to the outbox; what is stored stays, and what left with a Date of its own keeps that one."""
    op.add_column("outbox", sa.Column("dated_at", Instant(), nullable=True))
