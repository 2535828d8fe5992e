"""What the store knows, as plain values: all of it about one person, or the outbox line by line.

Both are read in one transaction, so they show one moment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, literal, select

from rulekit.clock import format_instant
from rulekit.outbox.database.execution import in_batches
from rulekit.outbox.database.tables import (
    audit,
    change_log,
    events,
    messages,
    no_email,
    outbox,
    passages,
    people,
    personas,
    suppressed_people,
    suppressions,
    ticks,
    triggers,
    waiting,
)
from rulekit.outbox.people.persons import addresses_of, find_person, is_present
from rulekit.outbox.rows.memberships import is_in, octet_of

Record = Mapping[str, Any]
# so many lines are in memory at a time
_AT_ONCE = 1000

_TRIGGER, _PERSONA, _PERSON = triggers.c.name.label("trigger"), personas.c.name.label("persona"), people.c.key
_WHOM = (_PERSONA, _PERSON.label("person"))


def _with_names(table: Any, *columns: Any, with_trigger: bool = True) -> Select[Any]:
    """Returns a SELECT of columns of a table of taggings, after the names that its ids stand for."""
    joined = table.join(personas, personas.c.id == table.c.persona).join(people, people.c.ordinal == table.c.person)
    names: tuple[Any, ...] = _WHOM
    if with_trigger:
        joined = joined.join(triggers, triggers.c.id == table.c.trigger)
        names = (_TRIGGER, *names)
    return select(*names, table.c.edge, table.c.episode, *columns).select_from(joined)


_O = outbox.c
_EMAIL = _with_names(
    outbox,
    *(_O.id, _O.copy, _O.state, _O.template, _O.origin, _O.auto, _O.keep, _O.uncertain, _O.attempts, _O.tick),
    *(_O.created_at, _O.changed_at, _O.expires_at, _O.approved_at, _O.approved_by, _O.not_before),
    *(_O.left_at, _O.doubted_at, _O.dated_at, _O.finished_at, _O.reason, _O.rules_digest, _O.template_digest),
)
_STEP = select(
    audit.c.row.label("email"),
    audit.c.at,
    audit.c.transition,
    audit.c.source.label("from"),
    audit.c.target.label("to"),
    audit.c.actor,
    audit.c.actor_name.label("by"),
    audit.c.reason,
)
_NOTICE = select(
    events.c.row.label("email"), events.c.at, events.c.kind.label("notice"), events.c.source, events.c.detail
)
_CHANGE = _with_names(change_log, change_log.c.tick, change_log.c.at, change_log.c.reason, with_trigger=False)
_NO_EMAIL = _with_names(no_email, no_email.c.tick, no_email.c.at, no_email.c.reason)
_WAITING = _with_names(waiting, waiting.c.due)
_PASSAGE = select(*_WHOM, passages.c.since.label("from"), passages.c.until, passages.c.member).select_from(
    passages.join(personas, personas.c.id == passages.c.persona).join(people, people.c.ordinal == passages.c.person)
)
_TICK = select(ticks.c.sequence.label("tick"), ticks.c.at, ticks.c.changes, ticks.c.rules_digest)


def write_lines(connection: Connection, write: Callable[[Record], object], since: datetime | None = None) -> None:
    """Writes the outbox and its history, a few lines in memory at a time; without addresses, subjects and messages.

    With `since`, only what is new or changed from that instant on.
    """
    for line in _lines(connection, since):
        write(line)


def _lines(connection: Connection, since: datetime | None) -> Iterator[Record]:
    for kind, statement, at, order in (
        ("tick", _TICK, ticks.c.at, ticks.c.sequence),
        ("change", _CHANGE, change_log.c.at, change_log.c.id),
        ("no email", _NO_EMAIL, no_email.c.at, no_email.c.id),
        ("email", _EMAIL, outbox.c.changed_at, outbox.c.id),
        ("transition", _STEP, audit.c.at, audit.c.id),
        ("notice", _NOTICE, events.c.at, events.c.id),
    ):
        wanted = statement if since is None else statement.where(at >= since)
        found = connection.execute(wanted.order_by(order).execution_options(yield_per=_AT_ONCE))
        for line in found:
            yield {"kind": kind, **_plain(line)}


def about(connection: Connection, key: str) -> Record:
    """Returns everything that is kept of one person; raises RulekitError for somebody unknown."""
    person = find_person(connection, key)
    ordinal = person.ordinal
    return {
        "person": key,
        "in_source": is_present(connection, ordinal),
        "personas": _personas(connection, ordinal),
        "changes": _all(connection, _of(_CHANGE, change_log, ordinal), change_log.c.id),
        "passages": _all(connection, _of(_PASSAGE, passages, ordinal), passages.c.since, passages.c.persona),
        "emails": _emails(connection, ordinal),
        "waiting": _all(connection, _of(_WAITING, waiting, ordinal), waiting.c.id),
        "no_emails": _all(connection, _of(_NO_EMAIL, no_email, ordinal), no_email.c.id),
        "suppressions": _suppressions(connection, ordinal),
    }


def _of(statement: Select[Any], table: Any, person: int) -> Select[Any]:
    return statement.where(table.c.person == person)


def _all(connection: Connection, statement: Select[Any], *order: Any) -> list[Record]:
    return [_plain(line) for line in connection.execute(statement.order_by(*order))]


def _personas(connection: Connection, person: int) -> list[str]:
    kept = select(personas.c.name, octet_of(literal(person))).where(personas.c.bits.is_not(None))
    return sorted(name for name, octet in connection.execute(kept) if is_in(octet, person))


def _emails(connection: Connection, person: int) -> list[Record]:
    content = (_O.recipient, _O.subject, _O.message_id, _O.digest, _O.zone, _O.because, _O.reply, messages.c.message)
    whole = _of(_EMAIL, outbox, person).add_columns(*content).join(messages, messages.c.row == _O.id)
    found = _all(connection, whole, _O.id)
    ids = [email["id"] for email in found]
    history = _by_email(connection, _STEP, audit.c.row, audit.c.id, ids)
    notices = _by_email(connection, _NOTICE, events.c.row, events.c.id, ids)
    return [{**one, "history": history.get(one["id"], []), "notices": notices.get(one["id"], [])} for one in found]


def _by_email(
    connection: Connection, statement: Select[Any], row: Any, order: Any, ids: Sequence[int]
) -> Mapping[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for some in in_batches(ids):
        for line in _all(connection, statement.where(row.in_(some)), order):
            found.setdefault(line["email"], []).append({k: v for k, v in line.items() if k != "email"})
    return found


def _suppressions(connection: Connection, person: int) -> list[Record]:
    s = suppressions.c
    everywhere = exists().where(
        *(suppressed_people.c[name] == s[name] for name in ("address", "stream")), suppressed_people.c.person == person
    )
    listed = (
        select(s.address, _TRIGGER, s.reason, s.at, s.actor_name.label("by"), everywhere.label("everywhere"))
        .select_from(suppressions.outerjoin(triggers, triggers.c.id == s.stream))
        .order_by(s.address, s.stream)
    )
    return [
        line
        for some in in_batches(addresses_of(connection, person))
        for line in _all(connection, listed.where(s.address.in_(some)))
    ]


def _plain(line: Row[Any]) -> dict[str, Any]:
    """Returns a line as JSON can hold it; the bytes of a message are UTF-8, and what is not is escaped."""
    return {name: _value(value) for name, value in line._mapping.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
