"""${message}."""

import sqlalchemy as sa
from alembic import op

from rulekit.outbox.database.columns import Instant

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Brings the schema from the revision before to this one."""
    ${upgrades if upgrades else "pass"}
