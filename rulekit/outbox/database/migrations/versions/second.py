"""Streams of suppression, how sending goes, what is heard afterwards, the ledger; and what a gate asks of a row."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.database.migrations.versions.first import ID, outbox_as_made

revision = "0002"
down_revision = "0001"

_CHECKS = {
    "ck_outbox_copy": "copy >= 0",
    "ck_outbox_left_at_when_it_left": (
        "left_at IS NOT NULL OR state NOT IN ('uncertain', 'sent') AND (phase IS NULL OR phase <> 'data')"
    ),
}


def upgrade() -> None:
    """Adds the tables and columns; what is stored stays."""
    _extend_outbox()
    _split_suppressions()
    _make_sending()
    _make_events()
    _make_ledger()


def _extend_outbox() -> None:
    op.add_column("outbox", sa.Column("left_at", Instant(), nullable=True))
    # a row says when it changed last, and that is when it left; an earlier instant was not kept
    op.execute("UPDATE outbox SET left_at = changed_at WHERE state IN ('sent', 'uncertain') OR phase = 'data'")
    table = outbox_as_made()
    table.append_column(sa.Column("left_at", Instant(), nullable=True))
    with op.batch_alter_table("outbox", copy_from=table) as outbox:
        outbox.add_column(sa.Column("copy", sa.Integer(), nullable=False, server_default=sa.text("0")))
        outbox.add_column(sa.Column("zone", sa.Text(), nullable=True))
        outbox.drop_constraint("uq_outbox_trigger_person_episode_edge", type_="unique")
        outbox.create_unique_constraint(
            op.f("uq_outbox_trigger_person_episode_edge_copy"), ["trigger", "person", "episode", "edge", "copy"]
        )
        for name, condition in _CHECKS.items():
            outbox.create_check_constraint(op.f(name), condition)
    op.create_index(op.f("ix_outbox_person_left_at"), "outbox", ["person", "left_at"])


def outbox_as_extended() -> sa.Table:
    """Returns the outbox as this revision left it, for a revision that makes it anew from there."""
    table = outbox_as_made()
    for constraint in list(table.constraints):
        if constraint.name == "uq_outbox_trigger_person_episode_edge":
            table.constraints.remove(constraint)
    for column in (
        sa.Column("left_at", Instant(), nullable=True),
        sa.Column("copy", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("zone", sa.Text(), nullable=True),
    ):
        table.append_column(column)
    key = ("trigger", "person", "episode", "edge", "copy")
    table.append_constraint(sa.UniqueConstraint(*key, name=op.f(f"uq_outbox_{'_'.join(key)}")))
    for name, condition in _CHECKS.items():
        table.append_constraint(sa.CheckConstraint(condition, name=op.f(name)))
    sa.Index("ix_outbox_person_left_at", table.c.person, table.c.left_at)
    return table


def _split_suppressions() -> None:
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.add_column(sa.Column("stream", ID, nullable=False, server_default=sa.text("0")))
        suppressions.drop_constraint("pk_suppressions", type_="primary")
        suppressions.create_primary_key(op.f("pk_suppressions"), ["address", "stream"])


def _make_sending() -> None:
    op.create_table("sending", *_sending_parts())


def sending_as_made() -> sa.Table:
    """Returns the table as this revision made it, for a revision that makes it anew from there."""
    return sa.Table("sending", sa.MetaData(), *_sending_parts())


def _sending_parts() -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("clock_at", Instant(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("open_until", Instant(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("halted_at", Instant(), nullable=True),
        sa.Column("halted_by", sa.Text(), nullable=True),
        sa.Column("halt_reason", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_sending_one_line")),
        sa.CheckConstraint("claims >= 0 AND faults >= 0 AND trips >= 0", name=op.f("ck_sending_counters")),
        sa.CheckConstraint(
            "(halted_at IS NULL) = (halted_by IS NULL) AND (halted_at IS NULL) = (halt_reason IS NULL)",
            name=op.f("ck_sending_halted_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending")),
    ]


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("row", ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["row"], ["outbox.id"], name=op.f("fk_events_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("row", "identity", name=op.f("uq_events_row_identity")),
    )


def _make_ledger() -> None:
    """Makes the ledger; what matched before it was kept is counted from what became of it."""
    op.create_table(
        "ledger",
        sa.Column("tick", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trigger", ID, autoincrement=False, nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["trigger"], ["triggers.id"], name=op.f("fk_ledger_trigger")),
        sa.PrimaryKeyConstraint("tick", "trigger", name=op.f("pk_ledger")),
    )
    op.execute(
        """
        INSERT INTO ledger (tick, "trigger", matched)
        SELECT 0, "trigger", count(*) FROM (
            SELECT "trigger", person, episode, edge FROM outbox
            UNION SELECT "trigger", person, episode, edge FROM no_email
            UNION SELECT "trigger", person, episode, edge FROM waiting
        ) AS answered GROUP BY "trigger"
        """
    )
