"""What must be true of the store as a whole: ticks, memberships, and the order in which emails leave."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, Executable, bindparam, case, func, literal, or_, select, union

from rulekit.outbox.database.execution import COLUMNS
from rulekit.outbox.database.tables import (
    baselines,
    change_log,
    last_tick,
    ledger,
    no_email,
    outbox,
    people,
    personas,
    sending,
    ticks,
)
from rulekit.outbox.lifecycle.bits import Bits, replay, unpack
from rulekit.outbox.reconcile.promises import RESTORE
from rulekit.outbox.reconcile.verdict import SHOWN, Finding
from rulekit.records import Edge, State

# what is due for less long may be in the hands of another transaction
PASSED_OVER = timedelta(hours=1)
_COPY = "compare the database with a copy of it; if somebody changed it by hand, restore it"
_RUN_AHEAD = "look at `rulekit outbox show ID`, and report it: other emails that were due later have left"

_MADE = select(change_log.c.tick, func.count().label("n")).group_by(change_log.c.tick).subquery("made")
_NAMED = union(
    *(select(table.c.tick) for table in (change_log, no_email, baselines)),
    select(ledger.c.tick).where(ledger.c.tick > 0),
).subquery("named")
_LISTED = select(func.count()).select_from(ticks).scalar_subquery()
_NEWEST = select(func.coalesce(func.max(ticks.c.sequence), 0)).scalar_subquery()
_TICKS: dict[str, Executable] = {
    "not as many changes of memberships are in the log as the tick made": (
        select(ticks.c.sequence)
        .outerjoin(_MADE, _MADE.c.tick == ticks.c.sequence)
        .where(ticks.c.changes != func.coalesce(_MADE.c.n, 0))
    ),
    "it is named by what it made, but not in the list of ticks": (
        select(_NAMED.c.tick).where(_NAMED.c.tick.not_in(select(ticks.c.sequence)))
    ),
    "the last tick is not the last one of the list, or one is missing in it": (
        select(last_tick.c.sequence)
        .where(or_(last_tick.c.sequence != _LISTED, last_tick.c.sequence != _NEWEST))
        .union_all(select(literal(0)).where(~select(last_tick.c.id).exists()))
    ),
}
_SENDING = select(func.count()).select_from(sending)
_PEOPLE = select(func.count()).select_from(people)
_KEPT = select(personas.c.id).where(personas.c.bits.is_not(None)).order_by(personas.c.name)
_BASELINE = (
    select(baselines.c.tick, baselines.c.bits)
    .where(baselines.c.persona == bindparam("persona", type_=BigInteger()))
    .order_by(baselines.c.tick.desc())
    .limit(1)
)
_CROSSED = (
    select(change_log.c.person, func.sum(case((change_log.c.edge == Edge.TAGGED.value, 1), else_=-1)).label("n"))
    .where(change_log.c.persona == bindparam("persona", type_=BigInteger()))
    .where(change_log.c.tick > bindparam("tick", type_=BigInteger()))
    .group_by(change_log.c.person)
)
_LATEST = (
    select(outbox.c.not_before, func.coalesce(outbox.c.left_at, outbox.c.changed_at).label("left"))
    .where(outbox.c.state == bindparam("state"))
    .order_by(outbox.c.not_before.desc())
    .limit(1)
)
_PASSED_OVER = (
    select(outbox.c.id)
    .where(outbox.c.state.in_([State.APPROVED.value, State.RETRYING.value]))
    .where(outbox.c.not_before < bindparam("due"), outbox.c.changed_at < bindparam("left"))
    .where(or_(outbox.c.state == State.APPROVED.value, outbox.c.expires_at > bindparam("now")), ~COLUMNS.absent)
    .order_by(outbox.c.id)
)


def findings(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Returns what breaks a promise of the ticks, or of the order in which emails leave."""
    for problem, query in _TICKS.items():
        yield from _found("I9", problem, _COPY, "tick", connection.execute(query).scalars())
    passed_over = _passed_over(connection, now)
    yield from _found("I10", "due, but others that were due later left before it", _RUN_AHEAD, "email", passed_over)
    if connection.execute(_SENDING).scalar() != 1:
        yield Finding("I4", "no email can leave: the line that says how sending goes is lost", RESTORE, "line", 1, ())


def _found(promise: str, problem: str, help: str, kind: str, wrong: Iterable[object]) -> Iterator[Finding]:
    """Returns a finding when there is anything wrong, which is counted, not kept."""
    first: list[str] = []
    count = 0
    for one in wrong:
        count += 1
        if len(first) < SHOWN:
            first.append(str(one))
    if count:
        yield Finding(promise, problem, help, kind, count, tuple(first))


def personas_in(connection: Connection) -> list[int]:
    """Returns the ids of the personas whose members are kept, in the order of their names."""
    return list(connection.execute(_KEPT).scalars())


def findings_of(connection: Connection, persona: int) -> Iterator[Finding]:
    """Returns a finding unless a persona's members are its baseline and everybody who has crossed since."""
    total = connection.execute(_PEOPLE).scalar_one()
    line = connection.execute(select(personas).where(personas.c.id == persona)).one()
    # it may have left the rules a moment ago
    members = unpack(line.bits or b"", total)
    replayed = _replayed(connection, persona, total) if line.bits is not None else members
    if not (members == replayed).all() or int(members.sum()) != line.members:
        problem = "its members are not those that the log of changes leads to"
        yield Finding("I9", problem, _COPY, "persona", 1, (line.name,))


def _replayed(connection: Connection, persona: int, total: int) -> Bits:
    """Returns who is in by the log: each crossing moves a person by one, and nobody is in twice."""
    baseline = connection.execute(_BASELINE, {"persona": persona}).one_or_none()
    values = {"persona": persona, "tick": baseline.tick if baseline else 0}
    lines = connection.execute(_CROSSED, values).yield_per(10_000)
    return replay(unpack(baseline.bits if baseline else b"", total), ((person, int(n)) for person, n in lines))


def _passed_over(connection: Connection, now: datetime) -> Iterable[int]:
    """Returns emails that were due long before the one that was due last of those that have left."""
    states = (State.SENT.value, State.SENDING.value)
    lines = [connection.execute(_LATEST, {"state": state}).one_or_none() for state in states]
    latest = max((line for line in lines if line is not None), key=lambda line: line.not_before, default=None)
    if latest is None:
        return []
    values = {"due": latest.not_before - PASSED_OVER, "left": latest.left - PASSED_OVER, "now": now}
    return connection.execute(_PASSED_OVER, values).scalars()
