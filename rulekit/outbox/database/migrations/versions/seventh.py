"""How fast messages leave, beside how fast emails are claimed, and what was refused again and again."""

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.database.migrations.versions.third import sending_as_counted

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds three columns to the line that says how sending goes; what is stored stays."""
    with op.batch_alter_table("sending", copy_from=sending_as_counted()) as sending:
        sending.add_column(sa.Column("next_mark_at", Instant(), nullable=True))
        sending.add_column(sa.Column("refusals", sa.Integer(), nullable=False, server_default=sa.text("0")))
        sending.add_column(sa.Column("refusal", sa.Text(), nullable=True))
        sending.create_check_constraint(op.f("ck_sending_refusals"), "refusals >= 0")
