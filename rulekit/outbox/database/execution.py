"""A transaction on the outbox, and the one way in which it changes the state of a row.

Every change is one conditional UPDATE (or INSERT, for a new row) and one line in `audit`, in the same transaction. A
group of rows goes through the same transition together: `move_many` says which of them did.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from itertools import islice
from typing import TypeVar, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Insert,
    Integer,
    Row,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from rulekit.errors import StoreError
from rulekit.outbox.database.columns import FreeText, Instant
from rulekit.outbox.database.tables import (
    ALL_MAIL,
    audit,
    messages,
    outbox,
    people,
    personas,
    sending,
    suppressed_people,
    suppressions,
    triggers,
)
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.transition import Actor, EmailRow, Given, Place, Transition
from rulekit.records import OutboxChange, State

NAMED = (
    outbox.join(triggers, triggers.c.id == outbox.c.trigger)
    .join(personas, personas.c.id == outbox.c.persona)
    .join(people, people.c.ordinal == outbox.c.person)
)
NAMES = (triggers.c.name.label("trigger_name"), personas.c.name.label("persona_name"), people.c.key.label("person_key"))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a row of the outbox stands, and the names of its trigger and person."""

    place: Place
    names: tuple[str, str]


@dataclass(slots=True)
class Work:
    """An open transaction, and the changes to announce once it is committed.

    `standing` are the rows that it has locked: until it ends, nobody else can move them.
    """

    connection: Connection
    changes: list[OutboxChange] = field(default_factory=list)
    standing: dict[int, Standing] = field(default_factory=dict)


# what forbids a row of the outbox, for all mail and for its trigger's: its address, or what its person has asked for
LISTED = (
    suppressions.c.address == outbox.c.address,
    suppressions.c.stream.in_((ALL_MAIL, outbox.c.trigger)),
)
LISTED_PERSON = (
    suppressed_people.c.person == outbox.c.person,
    suppressed_people.c.stream.in_((ALL_MAIL, outbox.c.trigger)),
)


class _Columns:
    """The row as guards see it: the columns of the outbox, and what other tables say at the same moment."""

    suppressed = or_(exists().where(*LISTED).correlate(outbox), exists().where(*LISTED_PERSON).correlate(outbox))
    halted = exists().where(sending.c.halted_at.is_not(None))
    absent = exists().where(people.c.ordinal == outbox.c.person, people.c.absent_since.is_not(None)).correlate(outbox)

    def __getattr__(self, name: str) -> ColumnElement[object]:
        return outbox.c[name]


@dataclass(frozen=True, slots=True)
class NewValues:
    """A row before it is made, as guards and writes see it; `suppressed` is what the list says of it."""

    values: Mapping[str, object]
    suppressed: bool

    def __getattr__(self, name: str) -> object:
        return self.values[name]


COLUMNS = cast(EmailRow, _Columns())


class _AnyGiven:
    """What is given as a statement sees it that is written before it is known."""

    now = bindparam("given_now", type_=Instant)
    who = bindparam("given_who", type_=FreeText)
    reason = bindparam("given_reason", type_=FreeText)
    digest = bindparam("given_digest", type_=String)
    token = bindparam("given_token", type_=Integer)
    reply = bindparam("given_reply", type_=FreeText)
    lease_until = bindparam("given_lease_until", type_=Instant)
    not_before = bindparam("given_not_before", type_=Instant)
    held_until = bindparam("given_held_until", type_=Instant)
    even_kept = bindparam("given_even_kept", type_=Boolean)
    allowed = bindparam("given_allowed", type_=Boolean)
    uncertain = bindparam("given_uncertain", type_=String)
    window_began = bindparam("given_window_began", type_=Instant)


ANY_GIVEN = cast(Given, _AnyGiven)
_GIVEN = tuple(name for name in vars(_AnyGiven) if not name.startswith("_"))

# id, state, phase, not_before, token, and the names of trigger, persona and person
_Line = tuple[int, str, str | None, datetime | None, int, str, str, str]
# what every tick and every email asks is written once: to write a statement takes longer than to run it
_STANDING: Select[_Line] = select(
    *(outbox.c[name] for name in ("id", "state", "phase", "not_before", "token")), *NAMES
).select_from(NAMED)
_LOCK = _STANDING.where(outbox.c.id.in_(bindparam("rows", expanding=True))).with_for_update(of=outbox, key_share=True)
_INSERT_HISTORY = insert(audit)
_OPEN_TO: dict[tuple[str, Place, tuple[str, ...]], Select[_Line]] = {}
_UPDATES: dict[str, Update] = {}

# SQLite before 3.32 takes 999 bound values in a statement
IN_ONE_STATEMENT = 900

T = TypeVar("T")


def in_batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Returns the values in lists that fit into one statement."""
    remaining = iter(values)
    while some := list(islice(remaining, IN_ONE_STATEMENT)):
        yield some


def insert_or_leave(connection: Connection, table: Table) -> Insert:
    """Returns an INSERT that leaves what is there already as it is."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # slow to import, and the default store does without

    return postgresql.insert(table).on_conflict_do_nothing()


def make(
    work: Work,
    transition: Transition,
    row: NewValues,
    message: bytes,
    names: tuple[str, str],
    given: Given,
    actor: Actor = Actor.TICK,
) -> int | None:
    """Makes a row and returns its id, or None when this tagging already has one for this trigger."""
    _require(transition, actor)
    values = cast(EmailRow, row)
    if transition.sources or not transition.condition(values, given):
        raise StoreError(f"a row cannot be made by `{transition.name}`")
    content = {**row.values, **transition.written(values, given)}
    statement = insert_or_leave(work.connection, outbox).returning(outbox.c.id)
    made: int | None = work.connection.execute(statement, content).scalar()
    if made is not None:
        work.connection.execute(insert(messages), {"row": made, "message": message})
        _note(work, transition, actor, [Moved(made, None, names, given)])
    return made


@dataclass(frozen=True, slots=True)
class Moved:
    """A row that went through a transition: where it stood before, the names of its trigger and person."""

    row: int
    source: Place | None
    names: tuple[str, str]
    given: Given


def move(work: Work, transition: Transition, row: int, actor: Actor, given: Given) -> bool:
    """Takes a row through a transition; returns False, having written nothing, when the row does not allow it."""
    return bool(move_many(work, transition, [(row, given)], actor))


def move_many(work: Work, transition: Transition, rows: Sequence[tuple[int, Given]], actor: Actor) -> list[int]:
    """Takes rows through a transition; returns those that went, in order. The others are as they were."""
    _require(transition, actor)
    lock_rows(work, [row for row, _ in rows])
    standing = work.standing
    open_to_it = [
        Moved(row, standing[row].place, standing[row].names, given)
        for row, given in rows
        if row in standing and standing[row].place in transition.sources
    ]
    moved = _update(work, transition, open_to_it)
    standing.update((one.row, Standing(transition.target, one.names)) for one in moved)
    _note(work, transition, actor, moved)
    return [one.row for one in moved]


def lock_rows(work: Work, rows: Iterable[int]) -> None:
    """Locks rows, and learns where they stand; asks for none twice."""
    for some in in_batches(row for row in rows if row not in work.standing):
        _learn(work, work.connection.execute(_LOCK, {"rows": some}).all())


def _learn(work: Work, lines: Iterable[Row[_Line]]) -> None:
    work.standing.update(
        (line.id, Standing(_place(line.state, line.phase), (line.trigger_name, line.person_key))) for line in lines
    )


def _update(work: Work, transition: Transition, moves: list[Moved]) -> list[Moved]:
    """Updates locked rows, each where the guard allows it; returns those that were updated."""
    if not moves:
        return []
    statement = _update_of(transition)
    values = [{"given_row": one.row, **_bound(one.given)} for one in moves]
    if transition.target in transition.sources or len({one.row for one in moves}) < len(moves):
        # where such a row stands afterwards does not tell which of them went
        each = zip(moves, values, strict=True)
        return [one for one, bound in each if work.connection.execute(statement, bound).rowcount == 1]
    if work.connection.execute(statement, values).rowcount == len(moves):
        return moves
    arrived = _find_arrived(work, transition.target, [one.row for one in moves])
    return [one for one in moves if one.row in arrived]


def _find_arrived(work: Work, target: Place, rows: list[int]) -> frozenset[int]:
    there = (select(outbox.c.id).where(outbox.c.id.in_(some), at_place(target)) for some in in_batches(rows))
    return frozenset(row for statement in there for row in work.connection.execute(statement).scalars())


def _update_of(transition: Transition) -> Update:
    if transition.name not in _UPDATES:
        _UPDATES[transition.name] = (
            update(outbox)
            .where(outbox.c.id == bindparam("given_row", type_=Integer), at_any(transition.sources))
            .where(transition.condition(COLUMNS, ANY_GIVEN))
            .values(transition.written(COLUMNS, ANY_GIVEN))
        )
    return _UPDATES[transition.name]


def _bound(given: Given) -> dict[str, object]:
    return {f"given_{name}": getattr(given, name) for name in _GIVEN}


@cache
def _place(state: str, phase: str | None) -> Place:
    return Place(State(state), Phase(phase) if phase else None)


def at_place(place: Place) -> ColumnElement[bool]:
    """Returns the SQL condition that a row of the outbox stands there."""
    phase = outbox.c.phase.is_(None) if place.phase is None else outbox.c.phase == place.phase.value
    return and_(outbox.c.state == place.state.value, phase)


def at_any(places: tuple[Place, ...]) -> ColumnElement[bool]:
    """Returns the SQL condition that a row of the outbox stands at one of these places."""
    return or_(*(at_place(place) for place in places))


# the orders of `candidates`: by when it may leave, and by when it was tried last (a token only grows)
BY_TIME = ("not_before", "id")
BY_ATTEMPT = ("token", "not_before", "id")


def candidates(
    work: Work,
    transition: Transition,
    given: Given,
    *conditions: ColumnElement[bool],
    limit: int | None = None,
    order: tuple[str, ...] = BY_TIME,
) -> list[int]:
    """Locks the rows that the transition is open to, and returns their ids in that order.

    Rows that another transaction has in hand are left out where the database can tell.
    """
    found: list[Row[_Line]] = []
    # one place after the other, so that each is read from the index in this order, and no further than the limit
    for source in transition.sources:
        statement = _open_to(transition, source, order)
        if conditions or limit is not None:
            statement = statement.where(*conditions).limit(limit)
        found += work.connection.execute(statement, _bound(given))
    _learn(work, found)
    return [line.id for line in sorted(found, key=partial(_place_in, order))[:limit]]


def _place_in(order: tuple[str, ...], line: Row[_Line]) -> list[tuple[bool, object]]:
    values = (getattr(line, name) for name in order)
    return [(value is not None, value) for value in values]


def _open_to(transition: Transition, source: Place, order: tuple[str, ...]) -> Select[_Line]:
    key = (transition.name, source, order)
    if key not in _OPEN_TO:
        condition = transition.condition(COLUMNS, ANY_GIVEN)
        open_to_it = _STANDING.where(at_place(source), condition).order_by(*(outbox.c[name] for name in order))
        _OPEN_TO[key] = open_to_it.with_for_update(skip_locked=True, of=outbox, key_share=True)
    return _OPEN_TO[key]


def _require(transition: Transition, actor: Actor) -> None:
    if actor not in transition.actors:
        raise StoreError(f"`{transition.name}` is not for the {actor.value}")


def _note(work: Work, transition: Transition, actor: Actor, moved: list[Moved]) -> None:
    """Writes the history of rows that went through a transition, and keeps what to announce of them."""
    if not moved:
        return
    target, target_phase = _columns(transition.target)
    work.changes += [_change(target, one) for one in moved]
    same = {"transition": transition.name, "actor": actor.value, "target": target, "target_phase": target_phase}
    work.connection.execute(_INSERT_HISTORY, [{**same, **_history(one)} for one in moved])


def _change(target: str, moved: Moved) -> OutboxChange:
    source = moved.source.state.value if moved.source else None
    return OutboxChange(moved.row, *moved.names, source, target, moved.given.now, moved.given.reason)


def _history(moved: Moved) -> dict[str, object]:
    source, source_phase = _columns(moved.source) if moved.source else (None, None)
    given = moved.given
    return {
        "row": moved.row,
        "at": given.now,
        "source": source,
        "source_phase": source_phase,
        "actor_name": given.who,
        "reason": given.reason,
    }


@cache
def _columns(place: Place) -> tuple[str, str | None]:
    """Returns a place as columns of a database hold it."""
    return place.state.value, place.phase.value if place.phase else None
