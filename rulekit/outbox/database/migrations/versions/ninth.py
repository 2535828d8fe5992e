"""What a tick knows of its data, and of people who are not in it or cannot be judged."""

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Id, Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds columns that may be empty, and tables of what data was like and whom parking hid; what is stored stays."""
    op.add_column("last_tick", sa.Column("anonymous", sa.JSON(), nullable=True))
    op.add_column("last_tick", sa.Column("not_judged", sa.JSON(), nullable=True))
    op.add_column("ticks", sa.Column("explained", sa.JSON(), nullable=True))
    op.add_column("people", sa.Column("absent_since", Instant(), nullable=True))
    op.add_column("people", sa.Column("mailbox", sa.String(32), nullable=True))
    op.add_column("personas", sa.Column("condition", sa.String(64), nullable=True))
    op.add_column("personas", sa.Column("unjudged", sa.LargeBinary(), nullable=True))
    op.add_column("personas", sa.Column("parked_at", Instant(), nullable=True))
    op.add_column("personas", sa.Column("parked_because", sa.Text(), nullable=True))
    op.add_column("personas", sa.Column("passed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "profiles",
        sa.Column("tick", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("believed", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("latest", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("tick", name="pk_profiles"),
    )
    op.create_table(
        "passages",
        sa.Column("persona", Id, autoincrement=False, nullable=False),
        sa.Column("person", Id, autoincrement=False, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("member", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["persona"], ["personas.id"], name="fk_passages_persona"),
        sa.ForeignKeyConstraint(["person"], ["people.ordinal"], name="fk_passages_person"),
        sa.PrimaryKeyConstraint("persona", "person", "since", name="pk_passages"),
    )
    op.create_index("ix_passages_person", "passages", ["person"])
