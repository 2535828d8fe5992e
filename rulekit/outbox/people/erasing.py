"""Forgetting people: what names them is taken out of the store, and what counts them stays.

An email keeps its number, its state and its place in the history, so that it cannot be made again and every tagging
still has its answer. Whom it was for, where it went and what it said is gone. The key of the person becomes a
tombstone, under which the history goes on without a name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Text, case, cast, delete, insert, literal, or_, select, update

from rulekit.clock import format_instant
from rulekit.errors import TransitionRefused
from rulekit.outbox.database import locks
from rulekit.outbox.database.execution import Work, at_any, in_batches, move_many
from rulekit.outbox.database.tables import (
    audit,
    events,
    last_tick,
    messages,
    no_email,
    outbox,
    passages,
    people,
    sending,
    suppressed_people,
    suppressions,
    ticks,
    triggers,
    waiting,
)
from rulekit.outbox.lifecycle.states import END_STATES
from rulekit.outbox.lifecycle.transition import Actor, Given
from rulekit.outbox.lifecycle.transitions import ERASE
from rulekit.outbox.people.persons import addresses_of, find_person, is_present
from rulekit.outbox.rows.suppressions import add_each
from rulekit.outbox.ticks.recording import ALREADY

ERASED = "its person was erased"
ASKED = "asked to be forgotten"
KEPT = "kept when its person was erased"
_ENDS = [state.value for state in END_STATES]
# nobody waits for the return of somebody who was erased
EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NO_MESSAGE = b""
_BLANK: Mapping[str, object] = {
    "recipient": "",
    "address": "",
    "subject": "",
    "message_id": "",
    "digest": sha256(_NO_MESSAGE).hexdigest(),
    "because": {},
    "zone": None,
}


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing one person does. As long as a worker has emails of theirs `in_hand`, the person is not forgotten.

    `ended` counts the emails that can leave no more because of it, `emails` all that were blanked, `waits` the places
    on the waiting list. `message_ids` are what files elsewhere may be called; `suppressed` are addresses that stay on
    the list of those that may not be mailed.
    """

    person: str
    ended: int
    emails: int
    waits: int
    in_hand: tuple[int, ...]
    message_ids: tuple[str, ...]
    suppressed: tuple[str, ...]


def erase(
    work: Work, keys: Collection[str], now: datetime, actor: str, *, suppress: bool = False, dry_run: bool = False
) -> list[Erasure]:
    """Forgets people, given by their keys; `Store.clear_leftovers` then takes their bytes out of the files.

    Emails that a worker has in hand stay, and so does their person: ask again. Whom the source had at the last tick
    would come back as a new person and be mailed again. So that is refused, unless `suppress` puts the addresses on the
    list of those that may not be mailed. A dry run takes everything back again. Raises RulekitError for somebody who is
    not known, and TransitionRefused for somebody who would be mailed again; then nobody is forgotten.
    """
    given = Given(now, actor, ERASED)
    number = _take_turn(work)
    locks.forbidding(work)
    found = [find_person(work.connection, key, lock=True) for key in dict.fromkeys(keys)]
    erased = [_erase(work, person, number, given, suppress=suppress) for person in found]
    _write_turn(work, number, given)
    if dry_run:
        work.connection.rollback()
    return erased


def _take_turn(work: Work) -> int:
    """Takes the turn of a tick: one that was computed before knows the people by their keys, and must begin anew."""
    work.connection.execute(update(last_tick).values(sequence=last_tick.c.sequence + 1))
    return int(work.connection.execute(select(last_tick.c.sequence)).scalar_one())


def _write_turn(work: Work, number: int, given: Given) -> None:
    digest = select(last_tick.c.rules_digest).scalar_subquery()
    line = {"sequence": number, "at": given.now, "rules_digest": digest, "changes": 0, "rows": len(work.changes)}
    work.connection.execute(insert(ticks).values(line))


def _erase(work: Work, person: Row[Any], number: int, given: Given, *, suppress: bool) -> Erasure:
    addresses = addresses_of(work.connection, person.ordinal)
    if is_present(work.connection, person.ordinal):
        _refuse_to_mail_again(person.key, addresses, suppress=suppress)
    ended = move_many(work, ERASE, _open_to_it(work, person.ordinal, given), Actor.OPERATOR)
    waits = _end_waits(work, person.ordinal, number, given)
    _keep_what_they_asked(work, person.ordinal, addresses, given)
    if suppress:
        add_each(work, dict.fromkeys(addresses, ASKED), given, asked=False)
    rows = _rows(work, person.ordinal)
    over = [row for row in rows if row.state in _ENDS]
    _blank(work, [row.id for row in over])
    listed = _shorten_suppressions(work, addresses)
    _forget_what_was_said(work, [person.key, *addresses])
    in_hand = tuple(row.id for row in rows if row.state not in _ENDS)
    if not in_hand:
        _bury(work, person.ordinal, given)
    return Erasure(
        person=person.key,
        ended=len(ended),
        emails=len(over),
        waits=waits,
        in_hand=in_hand,
        message_ids=tuple(row.message_id for row in over if row.message_id),
        suppressed=listed,
    )


def _rows(work: Work, person: int) -> Sequence[Any]:
    rows = select(outbox.c.id, outbox.c.state, outbox.c.message_id).where(outbox.c.person == person)
    return work.connection.execute(rows.order_by(outbox.c.id)).all()


def _refuse_to_mail_again(key: str, addresses: list[str], *, suppress: bool) -> None:
    if suppress and addresses:
        return
    problem = f"the source still had `{key}` at the last tick, so the next one would make a new person of them"
    if suppress:
        raise TransitionRefused(
            f"{problem}, and no address is known here that could be kept from being mailed",
            help="take the person out of the source and run `rulekit run`, then erase them",
        )
    raise TransitionRefused(
        f"{problem}, and might mail them again",
        help="take the person out of the source, run `rulekit run` and erase them then; or add `--suppress`, which"
        " keeps their address, and that alone, so that it is never mailed",
    )


def _open_to_it(work: Work, person: int, given: Given) -> list[tuple[int, Given]]:
    rows = select(outbox.c.id).where(outbox.c.person == person, at_any(ERASE.sources)).order_by(outbox.c.id)
    return [(row, given) for row in work.connection.execute(rows).scalars()]


def _end_waits(work: Work, person: int, number: int, given: Given) -> int:
    """Turns what the person waits for into reasons for no email, so that every tagging keeps an answer."""
    matched = ("trigger", "persona", "person", "episode", "edge")
    values = {"tick": literal(number), "at": literal(given.now, no_email.c.at.type), "reason": literal(ERASED)}
    waits = select(*(waiting.c[name] for name in matched), *values.values()).where(waiting.c.person == person)
    work.connection.execute(insert(no_email).from_select([*matched, *values], waits))
    return work.connection.execute(delete(waiting).where(waiting.c.person == person)).rowcount


def _blank(work: Work, rows: Sequence[int]) -> None:
    """Takes out of emails, and of what is said about them, all that could name their person."""
    for some in in_batches(rows):
        said = {name: case((outbox.c[name].is_(None), None), else_=literal(ERASED)) for name in ("reply", "reason")}
        work.connection.execute(update(outbox).where(outbox.c.id.in_(some)).values(**_BLANK, **said))
        work.connection.execute(update(messages).where(messages.c.row.in_(some)).values(message=_NO_MESSAGE))
        work.connection.execute(update(audit).where(audit.c.row.in_(some), audit.c.reason != "").values(reason=ERASED))
        identity = literal("erased ") + cast(events.c.id, Text)
        work.connection.execute(
            update(events).where(events.c.row.in_(some)).values(detail="", source="erased", identity=identity)
        )


def _keep_what_they_asked(work: Work, person: int, addresses: list[str], given: Given) -> None:
    """Lists every address of somebody who is suppressed as a person: without the person, nothing else would tell."""
    theirs = suppressed_people.c.person == person
    of_triggers = select(suppressed_people.c.stream, triggers.c.name).outerjoin(
        triggers, triggers.c.id == suppressed_people.c.stream
    )
    for line in work.connection.execute(of_triggers.where(theirs).distinct()).all():
        add_each(work, dict.fromkeys(addresses, KEPT), given, line.name, asked=False)


def _shorten_suppressions(work: Work, addresses: list[str]) -> tuple[str, ...]:
    """Keeps of listed addresses no more than that they are listed; returns those that are."""
    listed: set[str] = set()
    for some in in_batches(addresses):
        there = suppressions.c.address.in_(some)
        listed.update(work.connection.execute(select(suppressions.c.address).where(there)).scalars())
        work.connection.execute(update(suppressions).where(there, suppressions.c.reason != ASKED).values(reason=KEPT))
    return tuple(sorted(listed))


def _forget_what_was_said(work: Work, names: Sequence[str]) -> None:
    """Takes out why sending is halted, or what went wrong last, where that names the person."""
    for said in (sending.c.fault, sending.c.fault_text, sending.c.halt_reason, sending.c.halt_text):
        named = or_(*(said.icontains(name, autoescape=True) for name in names))
        work.connection.execute(update(sending).where(named).values({said.name: ERASED}))


def _bury(work: Work, person: int, given: Given) -> None:
    """Puts a tombstone in the place of the key, and takes out notes, and what plugins may have said in reasons."""
    stone = f"(erased {person} at {format_instant(given.now)})"
    forgotten = {"key": stone, "mailbox": "", "absent_since": EVER}
    work.connection.execute(update(people).where(people.c.ordinal == person).values(forgotten))
    for noted in (suppressed_people, passages):
        work.connection.execute(delete(noted).where(noted.c.person == person))
    reasons = update(no_email).where(no_email.c.person == person, no_email.c.reason != ALREADY)
    work.connection.execute(reasons.values(reason=ERASED))
