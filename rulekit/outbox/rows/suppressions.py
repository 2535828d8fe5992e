"""Addresses that may not be mailed, and what happens to the emails that wait for them.

An address is compared in its normalised form only: `normalise` is called before anything is stored or looked up. It is
suppressed for all mail, or for the emails of one trigger. Where somebody asked for it (who unsubscribed, complained or
wrote), the people who were mailed there are suppressed with it, and stay so at any other address.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)

from rulekit.outbox.database import locks
from rulekit.outbox.database.execution import (
    COLUMNS,
    LISTED,
    LISTED_PERSON,
    Work,
    candidates,
    in_batches,
    insert_or_leave,
    move_many,
)
from rulekit.outbox.database.tables import ALL_MAIL, audit, outbox, people, suppressed_people, suppressions, triggers
from rulekit.outbox.lifecycle.transition import Actor, Given
from rulekit.outbox.lifecycle.transitions import SUPPRESS

SUPPRESSED = "its address is suppressed"
SUPPRESSED_PERSON = "its person is suppressed, by another of their addresses"
_REASONS = select(suppressions.c.address, suppressions.c.stream, suppressions.c.reason).where(
    suppressions.c.address.in_(bindparam("addresses", expanding=True))
)
_LINKED = suppressed_people.join(
    suppressions,
    and_(suppressions.c.address == suppressed_people.c.address, suppressions.c.stream == suppressed_people.c.stream),
)
_REASONS_OF_PEOPLE = (
    select(suppressed_people.c.person, suppressed_people.c.stream, suppressions.c.reason)
    .select_from(_LINKED)
    .where(suppressed_people.c.person.in_(bindparam("people", expanding=True)))
    .order_by(suppressed_people.c.address.desc())
)


def _why(what: str, reason: Select[tuple[str]], stream: ColumnElement[int]) -> ColumnElement[str]:
    one = reason.order_by(stream).limit(1).correlate(outbox).scalar_subquery()
    return literal(f"{what}: ").concat(one)


# the same for one row of the outbox, as a column of a statement about it
REASON = func.coalesce(
    _why(SUPPRESSED, select(suppressions.c.reason).where(*LISTED), suppressions.c.stream),
    _why(
        SUPPRESSED_PERSON,
        select(suppressions.c.reason).select_from(_LINKED).where(*LISTED_PERSON),
        suppressed_people.c.stream,
    ),
)
_LAST_LINE = select(func.coalesce(func.max(audit.c.id), 0))


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that may not be mailed, since when, why and by whom; `trigger` None means all mail.

    `people` are the keys of those who are not mailed at any other address either because of it.
    """

    address: str
    reason: str
    at: datetime
    actor: str
    trigger: str | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Why some normalised addresses and some people may not be mailed, by stream; the others are missing."""

    addresses: Mapping[tuple[str, int], str]
    people: Mapping[tuple[int, int], str]

    def why_not(self, address: str, person: int, trigger: int) -> str | None:
        """Returns why an email of a trigger may not go to a person at an address, or None."""
        reason = self.addresses.get((address, ALL_MAIL)) or self.addresses.get((address, trigger))
        if reason is not None:
            return f"{SUPPRESSED}: {reason}"
        reason = self.people.get((person, ALL_MAIL)) or self.people.get((person, trigger))
        return None if reason is None else f"{SUPPRESSED_PERSON}: {reason}"


@dataclass(frozen=True, slots=True)
class Which:
    """Which lines of the list are meant: those of all mail or of one trigger, that all that is said is true of.

    `addresses` are normalised; `since` and `until` are the first and the last instant.
    """

    addresses: frozenset[str] | None = None
    trigger: str | None = None
    reason: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def normalise(address: str) -> str:
    """Returns the form in which two spellings of one mailbox are equal: no case, one form of letters, ASCII domain.

    The part before the @ is folded too (RFC 5321 section 2.4 lets servers tell case apart; none in use does).
    """
    if address.isascii():
        # nothing to convert, and to ask takes long where a list holds a million
        return address.strip().casefold()
    from email_validator import EmailNotValidError, validate_email  # slow to import, and few addresses need it

    try:
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address.strip().casefold()
    return f"{valid.local_part}@{valid.ascii_domain}".casefold()


def read_forbidden(connection: Connection, addresses: Collection[str], people: Collection[int]) -> Forbidden:
    """Returns what the list says of these normalised addresses and of the people with these ordinals."""
    found: dict[tuple[str, int], str] = {}
    for some in in_batches(sorted(set(addresses))):
        lines = connection.execute(_REASONS, {"addresses": some})
        found.update(((line.address, line.stream), line.reason) for line in lines)
    of_people: dict[tuple[int, int], str] = {}
    for batch in in_batches(sorted(set(people))):
        lines = connection.execute(_REASONS_OF_PEOPLE, {"people": batch})
        of_people.update(((line.person, line.stream), line.reason) for line in lines)
    return Forbidden(found, of_people)


def is_suppressed(connection: Connection, row: int) -> bool:
    """Returns whether an email may not leave because of its address or its person."""
    return bool(connection.execute(select(COLUMNS.suppressed).where(outbox.c.id == row)).scalar())


def suppress(work: Work, address: str, reason: str, now: datetime, actor: str, trigger: str | None = None) -> int:
    """Forbids an address, as its owner asked, for all mail or for one trigger's, as `add` does."""
    return add(work, [address], reason, Given(now, actor, reason), trigger, asked=True)


def add(
    work: Work,
    addresses: Collection[str],
    reason: str,
    given: Given,
    trigger: str | None = None,
    *,
    asked: bool,
) -> int:
    """Puts addresses on the list and suppresses the emails that wait for them; returns how many those are.

    What somebody `asked` for holds for the people who were mailed there, too, whatever address they have now; that an
    address is dead says nothing of them. A trigger that nobody knows (any more) stands for all mail: who asks not to be
    mailed is not mailed.
    """
    _, ended = add_each(work, {normalise(address): reason for address in addresses}, given, trigger, asked=asked)
    return len(ended)


def add_each(
    work: Work, reasons: Mapping[str, str], given: Given, trigger: str | None = None, *, asked: bool
) -> tuple[frozenset[str], frozenset[int]]:
    """Puts normalised addresses on the list, each for its reason, as `add` does.

    Returns those that were not on it, and the emails that ended.
    """
    stream = _stream(work.connection, trigger)
    # whoever forbids an address is alone, so no email is between its mark and this
    last_line = work.connection.execute(_LAST_LINE).scalar()
    added: set[str] = set()
    ended: set[int] = set()
    for some in in_batches(reasons):
        known = {
            line.address for line in work.connection.execute(_REASONS, {"addresses": some}) if line.stream == stream
        }
        new = [address for address in some if address not in known]
        values = {"stream": stream, "at": given.now, "actor_name": given.who, "last_line": last_line, "asked": asked}
        lines = [{"address": address, "reason": reasons[address], **values} for address in new]
        if lines:
            work.connection.execute(insert_or_leave(work.connection, suppressions), lines)
        ended.update(_end_waiting(work, outbox.c.address.in_(some), reasons, given))
        if asked:
            _note_that_they_asked(work, known, stream)
            suppress_people(work, some)
            theirs = select(suppressed_people.c.person).where(suppressed_people.c.address.in_(some))
            ended.update(_end_waiting(work, outbox.c.person.in_(theirs), reasons, given))
        added.update(new)
    return frozenset(added), frozenset(ended)


def _note_that_they_asked(work: Work, addresses: Collection[str], stream: int) -> None:
    """Notes it of addresses that were on the list for another reason."""
    there = (suppressions.c.address.in_(list(addresses)), suppressions.c.stream == stream)
    work.connection.execute(update(suppressions).where(*there).values(asked=True))


def suppress_people(work: Work, addresses: Collection[str]) -> None:
    """Suppresses the people for whom emails were made to these addresses, where that was asked for."""
    last_line = work.connection.execute(_LAST_LINE).scalar()
    for some in in_batches(addresses):
        who = (
            select(suppressions.c.address, suppressions.c.stream, outbox.c.person, literal(last_line))
            .join(outbox, outbox.c.address == suppressions.c.address)
            .where(suppressions.c.asked, suppressions.c.address.in_(some))
            .distinct()
        )
        columns = ["address", "stream", "person", "last_line"]
        work.connection.execute(insert_or_leave(work.connection, suppressed_people).from_select(columns, who))


def suppress_comers(work: Work, addresses: Collection[str]) -> None:
    """Suppresses whoever was to be mailed where somebody had asked not to be: they may have another address one day."""
    if addresses:
        locks.forbidding(work)
        suppress_people(work, sorted(addresses))


def _end_waiting(work: Work, concerned: ColumnElement[bool], reasons: Mapping[str, str], given: Given) -> list[int]:
    waiting = candidates(work, SUPPRESS, given, concerned)
    return move_many(work, SUPPRESS, _each_for_its_reason(work, waiting, reasons, given), Actor.SWEEP)


def _each_for_its_reason(
    work: Work, rows: Collection[int], reasons: Mapping[str, str], given: Given
) -> list[tuple[int, Given]]:
    """Returns what is written of each of these emails at its end: why its address, or its person's, is on the list."""
    found: list[tuple[int, Given]] = []
    for some in in_batches(rows):
        lines = work.connection.execute(
            select(outbox.c.id, outbox.c.address, suppressed_people.c.address.label("other"))
            .select_from(outbox.outerjoin(suppressed_people, suppressed_people.c.person == outbox.c.person))
            .where(outbox.c.id.in_(some))
        )
        reason_of = {
            line.id: reasons.get(line.address) or reasons[line.other]
            for line in lines
            if line.address in reasons or line.other in reasons
        }
        found += [(row, replace(given, reason=reason)) for row, reason in reason_of.items()]
    return found


def remove(work: Work, which: Which, *, dry_run: bool = False) -> list[Suppression]:
    """Takes what is meant off the list, and returns it in order; a dry run only returns it.

    The people of an address are mailed again with it, unless they asked for the same at another one.
    """
    found: list[Suppression] = []
    for there in _places(which):
        found += listed(work.connection, *there)
        if not dry_run:
            meant = select(suppressions.c.address, suppressions.c.stream).where(*there)
            theirs = tuple_(suppressed_people.c.address, suppressed_people.c.stream).in_(meant)
            work.connection.execute(delete(suppressed_people).where(theirs))
            work.connection.execute(delete(suppressions).where(*there))
    return found


def _places(which: Which) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Yields the conditions of the lines that are meant, for some of the addresses after the others."""
    c = suppressions.c
    named = select(triggers.c.id).where(triggers.c.name == which.trigger).scalar_subquery()
    said = [c.stream == (ALL_MAIL if which.trigger is None else named)]
    said += [] if which.reason is None else [c.reason == which.reason]
    said += [] if which.actor is None else [c.actor_name == which.actor]
    said += [] if which.since is None else [c.at >= which.since]
    said += [] if which.until is None else [c.at <= which.until]
    if which.addresses is None:
        yield tuple(said)
        return
    for some in in_batches(sorted(which.addresses)):
        yield (*said, c.address.in_(some))


def listed(connection: Connection, *there: ColumnElement[bool]) -> list[Suppression]:
    """Returns every suppressed address in order, or those of which all conditions are true."""
    lines = (
        select(suppressions, triggers.c.name)
        .select_from(suppressions.outerjoin(triggers, triggers.c.id == suppressions.c.stream))
        .where(*there)
        .order_by(suppressions.c.address, suppressions.c.stream)
    )
    people = _people_of_each(connection)
    return [
        Suppression(
            *(line.address, line.reason, line.at, line.actor_name, line.name),
            people=tuple(people.get((line.address, line.stream), ())),
        )
        for line in connection.execute(lines)
    ]


def _people_of_each(connection: Connection) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    lines = (
        select(suppressed_people.c.address, suppressed_people.c.stream, people.c.key)
        .join(people, people.c.ordinal == suppressed_people.c.person)
        .order_by(people.c.key)
    )
    for line in connection.execute(lines):
        found.setdefault((line.address, line.stream), []).append(line.key)
    return found


def suppressed_among(connection: Connection, trigger: str, keys: Collection[str]) -> frozenset[str]:
    """Returns those of the people, by key, who asked not to get a trigger's emails, at whatever address."""
    found: set[str] = set()
    stream = select(triggers.c.id).where(triggers.c.name == trigger).scalar_subquery()
    for some in in_batches(keys):
        lines = (
            select(people.c.key)
            .join(suppressed_people, suppressed_people.c.person == people.c.ordinal)
            .where(people.c.key.in_(some), suppressed_people.c.stream.in_((ALL_MAIL, stream)))
        )
        found.update(connection.execute(lines).scalars())
    return frozenset(found)


def knows_trigger(connection: Connection, trigger: str) -> bool:
    """Returns whether a run ever met a trigger of that name."""
    return _stream(connection, trigger) != ALL_MAIL


def _stream(connection: Connection, trigger: str | None) -> int:
    known = connection.execute(select(triggers.c.id).where(triggers.c.name == trigger)).scalar() if trigger else None
    return ALL_MAIL if known is None else int(known)
