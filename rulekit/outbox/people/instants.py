"""When a person decides: an instant that is not given from outside of the time that the store knows."""

from datetime import datetime

from sqlalchemy import select

from rulekit.clock import show_instant
from rulekit.errors import TransitionRefused
from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.opening import clock_of
from rulekit.outbox.database.tables import last_tick, sending
from rulekit.outbox.sending.throttle import CLOCK_TOLERANCE, LEAP

_DONE_AT = select(sending.c.clock_at, select(last_tick.c.at).scalar_subquery())


def decided_at(work: Work, now: datetime) -> datetime:
    """Returns the instant at which something is decided: `now`, and no earlier than what was done here before.

    Otherwise a hold could be over before it began. Something that was done by a clock that was ahead counts only as far
    as the clock has come since. Raises TransitionRefused when `now` lies more than a minute before that, or weeks ahead
    of both.
    """
    latest = max((at for at in work.connection.execute(_DONE_AT).one() if at is not None), default=now)
    clock = clock_of(work.connection)
    earliest = min(latest, clock).replace(microsecond=0)
    if now < earliest - CLOCK_TOLERANCE:
        raise TransitionRefused(
            f"nothing can be decided at {show_instant(now)}: there was a run at {show_instant(earliest)}",
            help="leave `--now` out, give a later one, or mend the machine's clock",
        )
    if now - max(latest, clock) > LEAP:
        raise TransitionRefused(
            f"nothing can be decided at {show_instant(now)}: that is {(now - max(latest, clock)).days} days ahead",
            help="leave `--now` out, give an earlier one, or mend the machine's clock",
        )
    return max(now, earliest)
