"""Suppressions that are a person's as well as an address's; and what has left for an address, found fast."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.migrations.versions.first import ID

revision = "0005"
down_revision = "0004"

# how those who asked for it were written down so far: by the page, by notices, and by `suppress add`
_ASKED = """actor_name = 'the recipient' OR reason LIKE 'unsubscribed%' OR reason LIKE 'complained%'
    OR reason LIKE 'asked for it%'"""


def upgrade() -> None:
    """Adds a column, a table and an index; what is stored stays."""
    op.drop_index(op.f("ix_outbox_address"), "outbox")
    op.create_index(op.f("ix_outbox_address_left_at"), "outbox", ["address", "left_at"])
    _tell_who_asked()
    op.create_table(
        "suppressed_people",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("stream", ID, autoincrement=False, nullable=False),
        sa.Column("person", ID, autoincrement=False, nullable=False),
        sa.Column("last_line", ID, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.ordinal"], name=op.f("fk_suppressed_people_person")),
        sa.ForeignKeyConstraint(
            ["address", "stream"],
            ["suppressions.address", "suppressions.stream"],
            name=op.f("fk_suppressed_people_address_stream"),
        ),
        sa.PrimaryKeyConstraint("address", "stream", "person", name=op.f("pk_suppressed_people")),
    )
    op.create_index(op.f("ix_suppressed_people_person_stream"), "suppressed_people", ["person", "stream"])
    _find_people()


def _tell_who_asked() -> None:
    # made anew in SQLite alone, as in the third revision
    recreate: Literal["always", "never"] = "always" if op.get_context().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("suppressions", recreate=recreate) as suppressions:
        suppressions.add_column(sa.Column("asked", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(f"UPDATE suppressions SET asked = true WHERE {_ASKED}")  # noqa: S608 - all of it is ours


def _find_people() -> None:
    """Finds who was mailed at the addresses of those who asked; what has left before was not promised not to."""
    op.execute(
        """
        INSERT INTO suppressed_people (address, stream, person, last_line)
        SELECT DISTINCT s.address, s.stream, o.person, (SELECT coalesce(max(id), 0) FROM audit)
        FROM suppressions s JOIN outbox o ON o.address = s.address WHERE s.asked
        """
    )
