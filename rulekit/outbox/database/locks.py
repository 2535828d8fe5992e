"""What may forbid an email to leave, and its leaving, one after the other.

A transaction lets emails leave (`leaving`), with others that do, or may forbid some (`forbidding`), alone. So what is
forbidden when a data mark begins is seen by it, and what comes later waits until that mark is committed. In SQLite one
transaction writes at a time anyway. Taken first in a transaction, and held until it ends.
"""

from sqlalchemy import func, select

from rulekit.outbox.database.execution import Work

# any number that nothing else in the database uses: "mail" in ASCII
_MAIL = 0x6D61696C
_LEAVING = select(func.pg_advisory_xact_lock_shared(_MAIL))
_FORBIDDING = select(func.pg_advisory_xact_lock(_MAIL))


def leaving(work: Work) -> None:
    """Waits until nobody forbids anything any more, and keeps it so until the transaction ends."""
    if work.connection.dialect.name == "postgresql":
        work.connection.execute(_LEAVING)


def forbidding(work: Work) -> None:
    """Waits until no email is about to leave, and keeps it so until the transaction ends."""
    if work.connection.dialect.name == "postgresql":
        work.connection.execute(_FORBIDDING)
