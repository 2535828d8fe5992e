"""Reading the outbox: rows with their names, filtered; their messages and their history."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from rulekit.errors import StoreError
from rulekit.outbox.database.execution import NAMED, NAMES, in_batches
from rulekit.outbox.database.tables import audit, messages, outbox, people, personas, triggers
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.rows.suppressions import normalise
from rulekit.records import Edge, State, Tagging
from rulekit.uncertainty import Policy

# the digest of an email without a message: it could not be made, or its person was erased
NO_DIGEST = sha256(b"").hexdigest()
# an email in one of these states left, or still may: it counts for a trigger's `every`
COUNTED = (State.UNAPPROVED, State.APPROVED, State.SENDING, State.RETRYING, State.UNCERTAIN, State.SENT)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows to list; a field that is None or empty does not filter.

    `address` is a part of the address that an email goes to, however it is written; `after` an id that comes before.
    """

    trigger: str | None = None
    persona: str | None = None
    person: str | None = None
    states: Collection[State] = ()
    ids: Collection[int] = ()
    address: str | None = None
    after: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An email in the outbox, with everything that is known of it but its bytes.

    `absent_since` is the first tick whose source did not have its person any more: until they are back it is held.
    """

    id: int
    trigger: str
    tagging: Tagging
    state: State
    phase: Phase | None
    template: str
    recipient: str
    subject: str
    message_id: str
    digest: str
    auto: bool
    keep: bool
    origin: str
    rules_digest: str
    template_digest: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    not_before: datetime | None
    attempts: int
    token: int
    worker: str | None
    lease_until: datetime | None
    left_at: datetime | None
    doubted_at: datetime | None
    dated_at: datetime | None
    reply: str | None
    reason: str | None
    finished_at: datetime | None
    zone: str | None
    uncertain: Policy | None
    copy: int
    absent_since: datetime | None
    because: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """An email that waits to be approved or sent and cannot have arrived: for whom, and where it would go."""

    id: int
    trigger: str
    tagging: Tagging
    state: State
    address: str
    auto: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One transition of a row; `source` None when it was made."""

    at: datetime
    transition: str
    source: State | None
    source_phase: Phase | None
    target: State
    target_phase: Phase | None
    actor: str
    actor_name: str
    reason: str


# every tick asks for it, so it is written once: to write a statement takes longer than to run it
_WAITING_FOR_LEAVERS = (
    select(*NAMES)
    .select_from(NAMED)
    .where(outbox.c.state.in_([state.value for state in (State.UNAPPROVED, State.APPROVED, State.RETRYING)]))
    .where(outbox.c.edge == Edge.UNTAGGED.value, outbox.c.keep.is_(False))
    .order_by(outbox.c.id)
)
_AS_STORED = [name for name in OutboxRow.__slots__ if name not in ("trigger", "tagging", "state", "phase")]


def find_rows(connection: Connection, wanted: RowFilter = RowFilter()) -> list[OutboxRow]:
    """Returns the rows that pass the filter, in the order in which they were made."""
    statement = _filtered(select(outbox, *NAMES, people.c.absent_since), wanted)
    lines = connection.execute(statement.order_by(outbox.c.id).limit(wanted.limit))
    return [_row(line) for line in lines]


def count_rows(connection: Connection, wanted: RowFilter = RowFilter()) -> int:
    """Returns how many rows pass the filter, whatever it says of `limit`."""
    statement = _filtered(select(func.count()), wanted)
    return int(connection.execute(statement).scalar_one())


def _filtered(statement: Select[Any], wanted: RowFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (triggers.c.name, wanted.trigger),
            (personas.c.name, wanted.persona),
            (people.c.key, wanted.person),
        )
        if value is not None
    ]
    if wanted.states:
        conditions.append(outbox.c.state.in_([state.value for state in wanted.states]))
    if wanted.ids:
        conditions.append(outbox.c.id.in_(list(wanted.ids)))
    if wanted.address:
        conditions.append(outbox.c.address.contains(normalise(wanted.address), autoescape=True))
    if wanted.after is not None:
        conditions.append(outbox.c.id > wanted.after)
    return statement.select_from(NAMED).where(*conditions)


def get_row(connection: Connection, row: int) -> OutboxRow:
    """Returns one row; raises StoreError when there is none of that number."""
    found = find_rows(connection, RowFilter(ids=(row,)))
    if not found:
        raise StoreError(f"there is no email {row}", help="list them with `rulekit outbox list`")
    return found[0]


def get_message(connection: Connection, row: int) -> bytes:
    """Returns the bytes of a row's message; raises StoreError when there is no such row."""
    message: bytes | None = connection.execute(select(messages.c.message).where(messages.c.row == row)).scalar()
    if message is None:
        raise StoreError(f"there is no email {row}", help="list them with `rulekit outbox list`")
    return message


def history(connection: Connection, row: int) -> list[AuditLine]:
    """Returns every transition of a row, oldest first."""
    lines = connection.execute(select(audit).where(audit.c.row == row).order_by(audit.c.id))
    return [
        AuditLine(
            at=line.at,
            transition=line.transition,
            source=State(line.source) if line.source else None,
            source_phase=Phase(line.source_phase) if line.source_phase else None,
            target=State(line.target),
            target_phase=Phase(line.target_phase) if line.target_phase else None,
            actor=line.actor,
            actor_name=line.actor_name,
            reason=line.reason,
        )
        for line in lines
    ]


def counts(connection: Connection) -> dict[State, int]:
    """Returns how many rows stand in each state that has any."""
    lines = connection.execute(select(outbox.c.state, func.count().label("n")).group_by(outbox.c.state))
    found = {State(line.state): line.n for line in lines}
    return {state: found[state] for state in State if state in found}


def waiting_for_leavers(connection: Connection) -> list[tuple[str, str]]:
    """Returns trigger and person of the emails for leaving that have not left and are not to be kept."""
    return [(line.trigger_name, line.person_key) for line in connection.execute(_WAITING_FOR_LEAVERS)]


def last_emails(connection: Connection, trigger: str, keys: Iterable[str]) -> dict[str, datetime]:
    """Returns when the trigger last made an email for each person that left or still may (`COUNTED`)."""
    states = [state.value for state in COUNTED]
    latest: dict[str, datetime] = {}
    for some in in_batches(keys):
        lines = connection.execute(
            select(people.c.key, func.max(outbox.c.created_at).label("at"))
            .select_from(NAMED)
            .where(triggers.c.name == trigger, people.c.key.in_(some), outbox.c.state.in_(states))
            .group_by(people.c.key)
        )
        latest.update((line.key, line.at) for line in lines)
    return latest


def last_emails_to(connection: Connection, trigger: str, addresses: Iterable[str]) -> dict[str, datetime]:
    """Returns when the trigger last made an email for each normalised address that left or still may (`COUNTED`)."""
    states = [state.value for state in COUNTED]
    latest: dict[str, datetime] = {}
    for some in in_batches(addresses):
        lines = connection.execute(
            select(outbox.c.address, func.max(outbox.c.created_at).label("at"))
            .select_from(outbox.join(triggers, triggers.c.id == outbox.c.trigger))
            .where(triggers.c.name == trigger, outbox.c.address.in_(some), outbox.c.state.in_(states))
            .group_by(outbox.c.address)
        )
        latest.update((line.address, line.at) for line in lines)
    return latest


def _row(line: Row[Any]) -> OutboxRow:
    return OutboxRow(
        trigger=line.trigger_name,
        tagging=Tagging(line.persona_name, line.person_key, line.episode, Edge(line.edge)),
        state=State(line.state),
        phase=Phase(line.phase) if line.phase else None,
        **{name: line._mapping[name] for name in _AS_STORED},
    )
