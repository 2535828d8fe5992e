"""What a trigger says of emails that may have arrived, and since when one may have that was sent again in doubt."""

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.database.migrations.versions.second import outbox_as_extended

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds two columns to the outbox; what is stored stays."""
    table = outbox_as_extended()
    sa.Index("ix_outbox_trigger_state_copy", *(table.c[name] for name in ("trigger", "state", "copy")))
    with op.batch_alter_table("outbox", copy_from=table) as outbox:
        outbox.add_column(sa.Column("uncertain", sa.String(length=16), nullable=True))
        outbox.add_column(sa.Column("doubted_at", Instant(), nullable=True))
        outbox.create_check_constraint(
            op.f("ck_outbox_uncertain"), "uncertain IS NULL OR uncertain IN ('hold', 'idempotent', 'resend')"
        )
        outbox.create_check_constraint(
            op.f("ck_outbox_doubted_at_when_it_left"), "doubted_at IS NULL OR left_at IS NOT NULL"
        )
    _remember_doubts()


def _remember_doubts() -> None:
    """Fills in what was sent again by `delivery.uncertain` before, and is not refused, cancelled or ended otherwise.

    Its history says when it may have left first; an attempt that was put off since has emptied `left_at`.
    """
    first = """(
        SELECT min(a.at) FROM audit a WHERE a."row" = outbox.id AND a.target_phase = 'data'
    )"""
    op.execute(
        f"""
        UPDATE outbox SET left_at = coalesce(left_at, {first}), doubted_at = coalesce({first}, left_at)
        WHERE state IN ('retrying', 'sending', 'uncertain', 'sent')
            AND id IN (SELECT "row" FROM audit WHERE transition = 'resend')
        """  # noqa: S608 - all of it is ours
    )
