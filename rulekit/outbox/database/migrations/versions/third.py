"""What tells the order of suppressions and emails, and what counts for those who watch; answers of every persona."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.migrations.versions.first import ID
from rulekit.outbox.database.migrations.versions.second import sending_as_made

revision = "0003"
down_revision = "0002"
_COUNTED = ("attempts", "faults_ever")
_TOTALS = "attempts >= 0 AND faults_ever >= 0"


def upgrade() -> None:
    """Adds columns, and takes the persona into what makes an answer of a tagging unique; what is stored stays."""
    _order_suppressions()
    _count_sending()
    _tell_answers_apart()
    op.create_index(op.f("ix_outbox_trigger_state_copy"), "outbox", ["trigger", "state", "copy"])


def _order_suppressions() -> None:
    """Leaves the new column empty: after which emails an older suppression came is not known."""
    # made anew in SQLite alone: in PostgreSQL its constraints would keep the names of the copy
    recreate: Literal["always", "never"] = "always" if op.get_context().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("suppressions", recreate=recreate) as suppressions:
        suppressions.add_column(sa.Column("last_line", ID, nullable=True))


def sending_as_counted() -> sa.Table:
    """Returns the table as this revision left it, for a revision that makes it anew from there."""
    table = sending_as_made()
    for name in _COUNTED:
        table.append_column(sa.Column(name, ID, nullable=False, server_default=sa.text("0")))
    table.append_constraint(sa.CheckConstraint(_TOTALS, name=op.f("ck_sending_totals")))
    return table


def _count_sending() -> None:
    with op.batch_alter_table("sending", copy_from=sending_as_made()) as sending:
        for name in _COUNTED:
            sending.add_column(sa.Column(name, ID, nullable=False, server_default=sa.text("0")))
        sending.create_check_constraint(op.f("ck_sending_totals"), _TOTALS)
    op.execute("UPDATE sending SET attempts = (SELECT count(*) FROM audit WHERE transition = 'claim')")


def _tell_answers_apart() -> None:
    """One trigger may be told to look at another persona, and then both have a first episode of one person."""
    for name in ("no_email", "waiting"):
        with op.batch_alter_table(name) as table:
            table.drop_constraint(f"uq_{name}_trigger_person_episode_edge", type_="unique")
            table.create_unique_constraint(
                op.f(f"uq_{name}_trigger_persona_person_episode_edge"),
                ["trigger", "persona", "person", "episode", "edge"],
            )
