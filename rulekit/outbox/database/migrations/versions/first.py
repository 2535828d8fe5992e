"""The first schema: people, personas, the change log, the outbox and its audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Instant

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INDEXED = (["address"], ["message_id"], ["state", "not_before"])


def upgrade() -> None:
    """Makes every table."""
    _make_ticks()
    _make_memberships()
    _make_triggers()
    op.create_table("outbox", *_outbox_columns(), *_outbox_constraints())
    for columns in _INDEXED:
        op.create_index(op.f(f"ix_outbox_{'_'.join(columns)}"), "outbox", columns)
    _make_beside_outbox()


def _make_ticks() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "last_tick",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("rules_digest", sa.String(length=64), nullable=False),
        sa.Column("present", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_last_tick_one_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_last_tick")),
    )
    op.create_table(
        "ticks",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rules_digest", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ticks")),
    )


def _make_memberships() -> None:
    op.create_table(
        "people",
        sa.Column("ordinal", ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.CheckConstraint("ordinal >= 0", name=op.f("ck_people_ordinal")),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_people")),
        sa.UniqueConstraint("key", name=op.f("uq_people_key")),
    )
    op.create_table(
        "personas",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=True),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.CheckConstraint("bits IS NOT NULL OR members = 0", name=op.f("ck_personas_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personas")),
        sa.UniqueConstraint("name", name=op.f("uq_personas_name")),
    )
    op.create_table(
        "baselines",
        sa.Column("persona", ID, nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["persona"], ["personas.id"], name=op.f("fk_baselines_persona")),
        sa.PrimaryKeyConstraint("persona", "tick", name=op.f("pk_baselines")),
    )
    op.create_table(
        "change_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("persona", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("edge", sa.String(length=8), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.CheckConstraint("edge IN ('tagged', 'untagged')", name=op.f("ck_change_log_edge")),
        sa.CheckConstraint("episode >= 1", name=op.f("ck_change_log_episode")),
        sa.ForeignKeyConstraint(["person"], ["people.ordinal"], name=op.f("fk_change_log_person")),
        sa.ForeignKeyConstraint(["persona"], ["personas.id"], name=op.f("fk_change_log_persona")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_log")),
        sa.UniqueConstraint(
            "persona", "person", "edge", "episode", name=op.f("uq_change_log_persona_person_edge_episode")
        ),
    )


def _make_triggers() -> None:
    op.create_table(
        "triggers",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
        sa.UniqueConstraint("name", name=op.f("uq_triggers_name")),
    )
    op.create_table(
        "waiting",
        sa.Column("id", ID, nullable=False),
        sa.Column("trigger", ID, nullable=False),
        sa.Column("persona", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("edge", sa.String(length=8), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.CheckConstraint("edge IN ('tagged', 'untagged')", name=op.f("ck_waiting_edge")),
        sa.ForeignKeyConstraint(["person"], ["people.ordinal"], name=op.f("fk_waiting_person")),
        sa.ForeignKeyConstraint(["persona"], ["personas.id"], name=op.f("fk_waiting_persona")),
        sa.ForeignKeyConstraint(["trigger"], ["triggers.id"], name=op.f("fk_waiting_trigger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint(
            "trigger", "person", "episode", "edge", name=op.f("uq_waiting_trigger_person_episode_edge")
        ),
    )
    op.create_table(
        "no_email",
        sa.Column("id", ID, nullable=False),
        sa.Column("trigger", ID, nullable=False),
        sa.Column("persona", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("edge", sa.String(length=8), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("edge IN ('tagged', 'untagged')", name=op.f("ck_no_email_edge")),
        sa.ForeignKeyConstraint(["person"], ["people.ordinal"], name=op.f("fk_no_email_person")),
        sa.ForeignKeyConstraint(["persona"], ["personas.id"], name=op.f("fk_no_email_persona")),
        sa.ForeignKeyConstraint(["trigger"], ["triggers.id"], name=op.f("fk_no_email_trigger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_no_email")),
        sa.UniqueConstraint(
            "trigger", "person", "episode", "edge", name=op.f("uq_no_email_trigger_person_episode_edge")
        ),
    )


def _outbox_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", ID, nullable=False),
        sa.Column("trigger", ID, nullable=False),
        sa.Column("persona", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("edge", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("auto", sa.Boolean(), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("rules_digest", sa.String(length=64), nullable=False),
        sa.Column("template_digest", sa.String(length=64), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
    ]


def _outbox_constraints() -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_outbox_lease_while_sending")
        ),
        sa.CheckConstraint("(state = 'sending') = (worker IS NOT NULL)", name=op.f("ck_outbox_worker_while_sending")),
        sa.CheckConstraint(
            "(state IN ('cancelled', 'erased', 'expired', 'failed', 'sent', 'suppressed', 'withdrawn'))"
            " = (finished_at IS NOT NULL)",
            name=op.f("ck_outbox_finished_at_the_end"),
        ),
        sa.CheckConstraint("edge IN ('tagged', 'untagged')", name=op.f("ck_outbox_edge")),
        sa.CheckConstraint(
            "phase IS NULL AND state <> 'sending' OR state = 'sending' AND phase IN ('claimed', 'data')",
            name=op.f("ck_outbox_phase_while_sending"),
        ),
        sa.CheckConstraint("state <> 'sent' OR reply IS NOT NULL", name=op.f("ck_outbox_sent_needs_a_reply")),
        sa.CheckConstraint(
            "state IN ('approved', 'cancelled', 'erased', 'expired', 'failed', 'retrying', 'sending', 'sent',"
            " 'suppressed', 'unapproved', 'uncertain', 'withdrawn')",
            name=op.f("ck_outbox_state"),
        ),
        sa.CheckConstraint(
            "state IN ('unapproved', 'approved', 'sending', 'sent') OR reason IS NOT NULL",
            name=op.f("ck_outbox_reason_is_told"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'sending', 'retrying', 'uncertain', 'sent') OR approved_at IS NOT NULL",
            name=op.f("ck_outbox_nothing_leaves_unapproved"),
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)", name=op.f("ck_outbox_approved_by_somebody")
        ),
        sa.CheckConstraint("(approved_at IS NULL) = (not_before IS NULL)", name=op.f("ck_outbox_approved_with_a_time")),
        sa.CheckConstraint("attempts >= 0 AND token >= 0", name=op.f("ck_outbox_counters")),
        sa.CheckConstraint("episode >= 1", name=op.f("ck_outbox_episode")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_outbox_digest")),
        sa.ForeignKeyConstraint(["person"], ["people.ordinal"], name=op.f("fk_outbox_person")),
        sa.ForeignKeyConstraint(["persona"], ["personas.id"], name=op.f("fk_outbox_persona")),
        sa.ForeignKeyConstraint(["trigger"], ["triggers.id"], name=op.f("fk_outbox_trigger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("trigger", "person", "episode", "edge", name=op.f("uq_outbox_trigger_person_episode_edge")),
    ]


def outbox_as_made() -> sa.Table:
    """Returns the outbox as this revision made it, for a revision that makes it anew from there."""
    table = sa.Table("outbox", sa.MetaData(), *_outbox_columns(), *_outbox_constraints())
    for columns in _INDEXED:
        sa.Index(f"ix_outbox_{'_'.join(columns)}", *(table.c[name] for name in columns))
    return table


def _make_beside_outbox() -> None:
    op.create_table(
        "messages",
        sa.Column("row", ID, autoincrement=False, nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["row"], ["outbox.id"], name=op.f("fk_messages_row")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_messages")),
    )
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("row", ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("transition", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.Column("source_phase", sa.String(length=16), nullable=True),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("target_phase", sa.String(length=16), nullable=True),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["row"], ["outbox.id"], name=op.f("fk_audit_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_row"), "audit", ["row"])
    op.create_table(
        "suppressions",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressions")),
    )
