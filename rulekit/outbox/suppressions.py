"""Addresses that may not be mailed, and what happens to the emails that wait for them.

An address is compared in its normalised form only: `normalise` is called before anything is stored or looked up. It is
suppressed for all mail, or for the emails of one trigger.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, bindparam, delete, func, select

from rulekit.outbox.execution import COLUMNS, FORBIDDING, Work, candidates, in_batches, insert_or_leave, move_many
from rulekit.outbox.tables import ALL_MAIL, audit, outbox, suppressions, triggers
from rulekit.outbox.transition import Actor, Given
from rulekit.outbox.transitions import SUPPRESS

SUPPRESSED = "its address is suppressed"
_REASONS = select(suppressions.c.address, suppressions.c.stream, suppressions.c.reason).where(
    suppressions.c.address.in_(bindparam("addresses", expanding=True))
)
# the same for one row of the outbox, as a column of a statement about it
REASON = (
    select(suppressions.c.reason)
    .where(*FORBIDDING)
    .order_by(suppressions.c.stream)
    .limit(1)
    .correlate(outbox)
    .scalar_subquery()
)
_LAST_LINE = select(func.coalesce(func.max(audit.c.id), 0))


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that may not be mailed, since when, why and by whom; `trigger` None means all mail."""

    address: str
    reason: str
    at: datetime
    actor: str
    trigger: str | None = None


def normalise(address: str) -> str:
    """Returns the form in which two spellings of one mailbox are equal: no case, one form of letters, ASCII domain.

    The part before the @ is folded too (RFC 5321 section 2.4 lets servers tell case apart; none in use does).
    """
    if address.isascii():
        # nothing to convert, and to ask takes long where a list holds a million
        return address.strip().casefold()
    try:
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address.strip().casefold()
    return f"{valid.local_part}@{valid.ascii_domain}".casefold()


def reasons(connection: Connection, addresses: Collection[str]) -> Mapping[tuple[str, int], str]:
    """Returns why these normalised addresses are suppressed, by address and stream; the others are missing."""
    found: dict[tuple[str, int], str] = {}
    for some in in_batches(sorted(set(addresses))):
        lines = connection.execute(_REASONS, {"addresses": some})
        found.update(((line.address, line.stream), line.reason) for line in lines)
    return found


def why_suppressed(found: Mapping[tuple[str, int], str], address: str, trigger: int) -> str | None:
    """Returns why an email of a trigger may not go to an address, or None; `found` is what `reasons` returned."""
    return explain(found.get((address, ALL_MAIL)) or found.get((address, trigger)))


def explain(reason: str | None) -> str | None:
    """Returns why an email may not go to an address that is suppressed for that reason, or None where it is not."""
    return None if reason is None else f"{SUPPRESSED}: {reason}"


def is_suppressed(connection: Connection, row: int) -> bool:
    """Returns whether an email may not leave because of its address."""
    return bool(connection.execute(select(COLUMNS.suppressed).where(outbox.c.id == row)).scalar())


def add(work: Work, addresses: Collection[str], reason: str, given: Given, trigger: str | None = None) -> int:
    """Puts addresses on the list and suppresses the emails that wait for them; returns how many those are.

    A trigger that nobody knows (any more) stands for all mail: who asks not to be mailed is not mailed.
    """
    _, ended = add_each(work, {normalise(address): reason for address in addresses}, given, trigger)
    return len(ended)


def add_each(
    work: Work, reasons: Mapping[str, str], given: Given, trigger: str | None = None
) -> tuple[frozenset[str], frozenset[int]]:
    """Puts normalised addresses on the list, each for its reason, as `add` does.

    Returns those that were not on it, and the emails that ended.
    """
    stream = _stream(work, trigger)
    # whoever forbids an address is alone, so no email is between its mark and this
    last_line = work.connection.execute(_LAST_LINE).scalar()
    added: set[str] = set()
    ended: set[int] = set()
    for some in in_batches(reasons):
        known = {
            line.address for line in work.connection.execute(_REASONS, {"addresses": some}) if line.stream == stream
        }
        new = [address for address in some if address not in known]
        told = {"stream": stream, "at": given.now, "actor_name": given.who, "last_line": last_line}
        lines = [{"address": address, "reason": reasons[address], **told} for address in new]
        if lines:
            work.connection.execute(insert_or_leave(work.connection)(suppressions).on_conflict_do_nothing(), lines)
        waiting = candidates(work, SUPPRESS, given, outbox.c.address.in_(some))
        ended.update(move_many(work, SUPPRESS, _each_for_its_reason(work, waiting, reasons, given), Actor.SWEEP))
        added.update(new)
    return frozenset(added), frozenset(ended)


def _each_for_its_reason(
    work: Work, rows: Collection[int], reasons: Mapping[str, str], given: Given
) -> list[tuple[int, Given]]:
    """Returns what to tell of each of these emails when it ends: why its address is on the list."""
    found: list[tuple[int, Given]] = []
    for some in in_batches(rows):
        lines = work.connection.execute(select(outbox.c.id, outbox.c.address).where(outbox.c.id.in_(some)))
        found += [(line.id, replace(given, reason=reasons[line.address])) for line in lines]
    return found


def remove(work: Work, address: str, trigger: str | None = None) -> bool:
    """Takes an address off the list, of all mail or of one trigger; returns whether it was on it."""
    listed_there = (suppressions.c.address == normalise(address), suppressions.c.stream == _stream(work, trigger))
    return work.connection.execute(delete(suppressions).where(*listed_there)).rowcount == 1


def listed(work: Work) -> list[Suppression]:
    """Returns every suppressed address in order."""
    lines = (
        select(suppressions, triggers.c.name)
        .select_from(suppressions.outerjoin(triggers, triggers.c.id == suppressions.c.stream))
        .order_by(suppressions.c.address, suppressions.c.stream)
    )
    return [
        Suppression(line.address, line.reason, line.at, line.actor_name, line.name)
        for line in work.connection.execute(lines)
    ]


def knows_trigger(work: Work, trigger: str) -> bool:
    """Returns whether a run ever met a trigger of that name."""
    return _stream(work, trigger) != ALL_MAIL


def _stream(work: Work, trigger: str | None) -> int:
    known = (
        work.connection.execute(select(triggers.c.id).where(triggers.c.name == trigger)).scalar() if trigger else None
    )
    return ALL_MAIL if known is None else int(known)
