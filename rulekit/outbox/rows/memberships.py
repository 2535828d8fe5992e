"""Who is in which persona, as the store keeps it: dense numbers for people, packed bits for memberships; reading."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, case, cast, func, select

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.database.execution import in_batches
from rulekit.outbox.database.tables import baselines, change_log, last_tick, people, personas, ticks, triggers, waiting
from rulekit.outbox.lifecycle.bits import Bits, everybody, unpack
from rulekit.outbox.lifecycle.tick_values import Ahead, Crossed, Parked, TickState, Waiting
from rulekit.records import Edge, Tagging

# what every tick asks is written once: to write a statement takes longer than to run it
_LAST_TICK = select(last_tick)
_PEOPLE = select(people.c.key).order_by(people.c.ordinal)
_PERSONAS = select(personas).where(personas.c.bits.is_not(None))
_PARKED = select(personas).where(personas.c.parked_at.is_not(None)).order_by(personas.c.name)
_KEPT_AT = select(func.max(ticks.c.at)).where(ticks.c.at < bindparam("parked_at", type_=Instant()))
_ABSENT = select(people.c.ordinal, people.c.absent_since).where(people.c.absent_since.is_not(None))
_UNMARKED = select(people.c.ordinal).where(people.c.mailbox.is_(None), people.c.absent_since.is_(None))
_TRIGGERS = select(triggers.c.name)
_WAITING = (
    select(
        *(waiting.c.episode, waiting.c.edge, waiting.c.due),
        *(triggers.c.name.label("trigger_name"), personas.c.name.label("persona_name"), people.c.key),
    )
    .select_from(
        waiting.join(triggers, triggers.c.id == waiting.c.trigger)
        .join(personas, personas.c.id == waiting.c.persona)
        .join(people, people.c.ordinal == waiting.c.person)
    )
    .order_by(waiting.c.id)
)
_ORDINALS = select(people.c.key, people.c.ordinal).where(people.c.key.in_(bindparam("keys", expanding=True)))
_MAILBOXES = select(people.c.key, people.c.mailbox).where(people.c.key.in_(bindparam("keys", expanding=True)))
_BASELINES = (
    select(baselines.c.bits)
    .select_from(baselines.join(personas, personas.c.id == baselines.c.persona))
    .where(personas.c.name == bindparam("persona_name"))
)
_JOINS = (
    select(change_log.c.person, func.count().label("joins"))
    .select_from(change_log.join(personas, personas.c.id == change_log.c.persona))
    .where(personas.c.name == bindparam("persona_name"), change_log.c.edge == Edge.TAGGED.value)
    .where(change_log.c.person.in_(bindparam("ordinals", expanding=True)))
    .group_by(change_log.c.person)
)


_NOW, _FIRST = bindparam("now", type_=Instant()), bindparam("first", type_=Integer())
_TICKS_AHEAD = select(func.max(ticks.c.at).label("at"), func.min(ticks.c.sequence).label("first")).where(
    ticks.c.at > _NOW
)
_LATEST = (
    select(func.max(change_log.c.id))
    .where(change_log.c.tick >= _FIRST)
    .group_by(change_log.c.persona, change_log.c.person)
)
_CROSSED_AHEAD = (
    select(personas.c.name, change_log.c.person)
    .select_from(change_log.join(personas, personas.c.id == change_log.c.persona))
    .where(change_log.c.id.in_(_LATEST), change_log.c.at > _NOW)
)
_BEGUN_AHEAD = (
    select(personas.c.name)
    .select_from(
        baselines.join(personas, personas.c.id == baselines.c.persona).join(ticks, ticks.c.sequence == baselines.c.tick)
    )
    .where(ticks.c.at > _NOW)
)


_SINCE = bindparam("since", type_=Instant())
_EXPLAINED = select(ticks.c.sequence, ticks.c.explained).where(ticks.c.at >= _SINCE, ticks.c.explained.is_not(None))
_CROSSED = (
    select(personas.c.id, personas.c.name, change_log.c.tick, func.min(change_log.c.at, type_=Instant()).label("at"))
    .add_columns(
        func.sum(case((change_log.c.reason == "joined", 1), else_=0)).label("joined"),
        func.sum(case((change_log.c.reason == "left", 1), else_=0)).label("left"),
    )
    .select_from(change_log.join(personas, personas.c.id == change_log.c.persona))
    .where(personas.c.name.in_(bindparam("names", expanding=True)), change_log.c.at >= _SINCE)
    .where(change_log.c.reason.in_(["joined", "left"]))
    .group_by(personas.c.id, personas.c.name, change_log.c.tick)
    .order_by(change_log.c.tick)
)


def octet_of(person: ColumnElement[int]) -> ColumnElement[bytes]:
    """Returns the SQL expression of the one byte of `personas.bits` that holds a person's bit."""
    return func.substr(personas.c.bits, cast(person // 8 + 1, Integer), 1)


def is_in(octet: bytes | None, person: int) -> bool:
    """Returns a person's bit out of what `octet_of` found; beyond the end of the bits it is false."""
    # as `pack` lays bits out: the first one is the highest
    return bool(octet) and bool((octet or b"\0")[0] >> 7 - person % 8 & 1)


def read_state(connection: Connection) -> TickState:
    """Returns what the store remembers, as the next tick finds it."""
    last = connection.execute(_LAST_TICK).one()
    keys = list(connection.execute(_PEOPLE).scalars())
    known = connection.execute(_PERSONAS).all()
    return TickState(
        sequence=last.sequence,
        at=last.at,
        people=keys,
        present=unpack(last.present, len(keys)),
        members={line.name: unpack(line.bits, len(keys)) for line in known},
        triggers=frozenset(connection.execute(_TRIGGERS).scalars()),
        waiting=tuple(_waiting(connection)),
        kinds=frozenset(last.kinds),
        conditions={line.name: line.condition for line in known if line.condition is not None},
        parked={line.name: _parked(connection, line) for line in known if line.parked_at is not None},
        absent_since={line.ordinal: line.absent_since for line in connection.execute(_ABSENT)},
        unjudged={line.name: unpack(line.unjudged, len(keys)) for line in known if line.unjudged},
        passed={line.name: unpack(line.passed, len(keys)) for line in known if line.passed},
        unmarked=frozenset(connection.execute(_UNMARKED).scalars()),
        anonymous=None if last.anonymous is None else frozenset(last.anonymous),
    )


def _parked(connection: Connection, line: Any) -> Parked:
    kept_at = connection.execute(_KEPT_AT, {"parked_at": line.parked_at}).scalar()
    return Parked(line.parked_at, line.parked_because, kept_at or line.parked_at)


def read_parked(connection: Connection) -> dict[str, Parked]:
    """Returns the personas that are parked, in the order of their names."""
    lines = connection.execute(_PARKED)
    return {line.name: _parked(connection, line) for line in lines}


def crossed(connection: Connection, names: Collection[str], since: datetime) -> dict[str, list[Crossed]]:
    """Returns how many people joined and left each of these personas, by tick, in the order of time.

    Who crossed by time alone is left out as far as the ticks asked.
    """
    explained = {line.sequence: line.explained for line in connection.execute(_EXPLAINED, {"since": since})}
    found: dict[str, list[Crossed]] = {}
    for line in connection.execute(_CROSSED, {"names": list(names), "since": since}):
        joined, left = explained.get(line.tick, {}).get(str(line.id), (0, 0))
        crossed = Crossed(line.at, max(int(line.joined) - joined, 0), max(int(line.left) - left, 0))
        found.setdefault(line.name, []).append(crossed)
    return found


def read_ahead(connection: Connection, now: datetime) -> Ahead | None:
    """Returns what ticks ahead of an instant did, or None when there was none.

    Of a persona that was first seen there everybody counts as crossed.
    """
    found = connection.execute(_TICKS_AHEAD, {"now": now}).one()
    if found.at is None:
        return None
    count = connection.execute(select(func.count()).select_from(people)).scalar_one()
    crossed = {name: everybody(count) for name in connection.execute(_BEGUN_AHEAD, {"now": now}).scalars()}
    for line in connection.execute(_CROSSED_AHEAD, {"now": now, "first": found.first}):
        crossed.setdefault(line.name, unpack(b"", count))[line.person] = True
    return Ahead(found.at, crossed)


def _waiting(connection: Connection) -> Iterator[Waiting]:
    for line in connection.execute(_WAITING):
        tagging = Tagging(line.persona_name, line.key, line.episode, Edge(line.edge))
        yield Waiting(line.trigger_name, tagging, line.due)


def ordinals(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Returns the ordinals of those people that the store knows."""
    found: dict[str, int] = {}
    for some in in_batches(keys):
        lines = connection.execute(_ORDINALS, {"keys": some})
        found.update((line.key, line.ordinal) for line in lines)
    return found


def mailboxes(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Returns the digests of the mailboxes that people had at first sight, as far as they had one."""
    lines = (line for some in in_batches(keys) for line in connection.execute(_MAILBOXES, {"keys": some}))
    return {line.key: line.mailbox for line in lines if line.mailbox}


def episodes(connection: Connection, persona: str, keys: Collection[str]) -> dict[str, int]:
    """Returns how often each person has joined a persona: baselines that hold them, and joins in the log."""
    found = ordinals(connection, keys)
    if not found:
        return dict.fromkeys(keys, 0)
    sets = _baselines(connection, persona, max(found.values()) + 1)
    joins = _joins(connection, persona, found)
    return {
        key: joins.get(ordinal, 0) + sum(bool(bits[ordinal]) for bits in sets) for key, ordinal in found.items()
    } | dict.fromkeys((key for key in keys if key not in found), 0)


def _baselines(connection: Connection, persona: str, count: int) -> list[Bits]:
    """Returns the first `count` bits of each baseline of a persona."""
    return [unpack(bits, count) for bits in connection.execute(_BASELINES, {"persona_name": persona}).scalars()]


def _joins(connection: Connection, persona: str, found: Mapping[str, int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for some in in_batches(found):
        lines = connection.execute(_JOINS, {"persona_name": persona, "ordinals": [found[key] for key in some]})
        counts.update((line.person, line.joins) for line in lines)
    return counts
