"""A transaction on the outbox, and the one way in which it changes the state of a row.

Every change is one conditional UPDATE (or INSERT, for a new row) and one line in `audit`, in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    Select,
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
from rulekit.outbox.states import Phase, State
from rulekit.outbox.tables import audit, messages, outbox, people, personas, suppressions, triggers
from rulekit.outbox.transitions import Actor, Given, Place, Transition
from rulekit.records import OutboxChange

NAMED = (
    outbox.join(triggers, triggers.c.id == outbox.c.trigger)
    .join(personas, personas.c.id == outbox.c.persona)
    .join(people, people.c.ordinal == outbox.c.person)
)
NAMES = (triggers.c.name.label("trigger_name"), personas.c.name.label("persona_name"), people.c.key.label("person_key"))


@dataclass(slots=True)
class Work:
    """An open transaction, and the changes to tell of once it is committed."""

    connection: Connection
    changes: list[OutboxChange] = field(default_factory=list)


class _Columns:
    """The row as guards see it: the columns of the outbox, and `suppressed`, which asks the list of addresses."""

    suppressed = exists().where(suppressions.c.address == outbox.c.address).correlate(outbox)

    def __getattr__(self, name: str) -> Any:
        return outbox.c[name]


@dataclass(frozen=True, slots=True)
class NewValues:
    """A row before it is made, as guards and writes see it; `suppressed` is what the list says of its address."""

    values: Mapping[str, Any]
    suppressed: bool

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


COLUMNS = _Columns()


class _AnyGiven:
    """What is given as a condition sees it that is written before it is known: of an instant only."""

    now: BindParameter[Any] = bindparam("now")


# what every tick and every email asks is written once: to write a statement takes longer than to run it
_FIND_PLACE = (
    select(outbox.c.state, outbox.c.phase, *NAMES).select_from(NAMED).where(outbox.c.id == bindparam("row_id"))
)
_OPEN_TO: dict[str, Select[Any]] = {}


def insert_or_leave(connection: Connection) -> Any:
    """Returns the INSERT of the database in use, which knows `on_conflict_do_nothing`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # slow to import, and the default store does without

    return postgresql.insert


def make(
    work: Work, transition: Transition, row: NewValues, message: bytes, names: tuple[str, str], given: Given
) -> int | None:
    """Makes a row and returns its id, or None when this tagging already has one for this trigger."""
    _require(transition, Actor.TICK)
    if transition.sources or not transition.condition(row, given):
        raise StoreError(f"a row cannot be made by `{transition.name}`")
    content = {**row.values, **transition.written(row, given)}
    statement = insert_or_leave(work.connection)(outbox).on_conflict_do_nothing().returning(outbox.c.id)
    made: int | None = work.connection.execute(statement, content).scalar()
    if made is not None:
        work.connection.execute(insert(messages), {"row": made, "message": message})
        _note(work, made, transition, Actor.TICK, None, names, given)
    return made


def move(work: Work, transition: Transition, row: int, actor: Actor, given: Given) -> bool:
    """Takes a row through a transition; returns False, having written nothing, when the row does not allow it."""
    _require(transition, actor)
    found = work.connection.execute(_FIND_PLACE, {"row_id": row}).one_or_none()
    place = place_of(found._mapping) if found else None
    if found is None or place not in transition.sources:
        return False
    statement = (
        update(outbox)
        .where(outbox.c.id == row, at_place(place), transition.condition(COLUMNS, given))
        .values(transition.written(COLUMNS, given))
    )
    if work.connection.execute(statement).rowcount != 1:
        return False
    _note(work, row, transition, actor, place, (found.trigger_name, found.person_key), given)
    return True


def place_of(row: RowMapping) -> Place:
    """Returns where a row of the outbox stands."""
    return Place(State(row["state"]), Phase(row["phase"]) if row["phase"] else None)


def at_place(place: Place) -> Any:
    """Returns the SQL condition that a row of the outbox stands there."""
    phase = outbox.c.phase.is_(None) if place.phase is None else outbox.c.phase == place.phase.value
    return and_(outbox.c.state == place.state.value, phase)


def at_any(places: tuple[Place, ...]) -> Any:
    """Returns the SQL condition that a row of the outbox stands at one of these places."""
    return or_(*(at_place(place) for place in places))


def candidates(
    work: Work, transition: Transition, given: Given, *conditions: Any, limit: int | None = None
) -> list[int]:
    """Returns the ids of rows that the transition is open to, in the order of their time and id."""
    statement = _open_to(transition)
    if conditions or limit is not None:
        statement = statement.where(*conditions).limit(limit)
    return list(work.connection.execute(statement, {"now": given.now}).scalars().all())


def _open_to(transition: Transition) -> Select[Any]:
    if transition.name not in _OPEN_TO:
        condition = transition.condition(COLUMNS, cast(Given, _AnyGiven))
        order = (outbox.c.not_before, outbox.c.id)
        _OPEN_TO[transition.name] = select(outbox.c.id).where(at_any(transition.sources), condition).order_by(*order)
    return _OPEN_TO[transition.name]


def is_suppressed(connection: Connection, address: str) -> bool:
    """Returns whether a normalised address is on the list."""
    return bool(connection.execute(select(exists().where(suppressions.c.address == address))).scalar())


def _require(transition: Transition, actor: Actor) -> None:
    if actor not in transition.actors:
        raise StoreError(f"`{transition.name}` is not for the {actor.value}")


def _note(
    work: Work,
    row: int,
    transition: Transition,
    actor: Actor,
    source: Place | None,
    names: tuple[str, str],
    given: Given,
) -> None:
    target = transition.target
    left = source.state.value if source else None
    line = {
        "row": row,
        "at": given.now,
        "transition": transition.name,
        "source": left,
        "source_phase": source.phase.value if source and source.phase else None,
        "target": target.state.value,
        "target_phase": target.phase.value if target.phase else None,
        "actor": actor.value,
        "actor_name": given.who,
        "reason": given.reason,
    }
    work.connection.execute(insert(audit), line)
    work.changes.append(OutboxChange(row, *names, left, target.state.value, given.now, given.reason))
