"""What the data of ticks was like, as far back as it is compared: one line for each day."""

from datetime import UTC, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.tables import profiles
from rulekit.outbox.lifecycle.tick_values import KeptProfile, TickRecord

KEPT = timedelta(days=90)
_ALL = select(profiles).order_by(profiles.c.at)


def read_profiles(connection: Connection) -> list[KeptProfile]:
    """Returns what is kept of the data of ticks, the latest last."""
    return [KeptProfile(line.at, line.believed, line.profile, line.latest) for line in connection.execute(_ALL)]


def keep_profile(work: Work, tick: TickRecord) -> None:
    """Writes what a tick's data was like in the place of what its day's ticks have written, and drops old lines."""
    kept = tick.profile
    if kept is None:
        return
    day = kept.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    work.connection.execute(delete(profiles).where(or_(profiles.c.at >= day, profiles.c.at < kept.at - KEPT)))
    work.connection.execute(update(profiles).where(profiles.c.latest.is_not(None)).values(latest=None))
    line = {"tick": tick.sequence + 1, "at": kept.at, "believed": kept.believed}
    work.connection.execute(insert(profiles).values({**line, "profile": kept.peaks, "latest": kept.latest}))
