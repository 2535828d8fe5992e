"""What a log may say of why nothing is sent, beside what the store says."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds two columns to the line that says how sending goes; what is stored stays."""
    for name in ("fault_text", "halt_text"):
        op.add_column("sending", sa.Column(name, sa.Text(), nullable=True))
