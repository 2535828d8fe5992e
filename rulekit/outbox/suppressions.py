"""Addresses that may not be mailed, and what happens to the emails that wait for them.

An address is compared in its normalised form only: `normalise` is called before anything is stored or looked up.
"""

from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select

from rulekit.outbox.execution import Work, candidates, insert_or_leave, move
from rulekit.outbox.tables import outbox, suppressions
from rulekit.outbox.transitions import SUPPRESS, Actor, Given


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that may not be mailed, since when, why and by whom."""

    address: str
    reason: str
    at: datetime
    actor: str


def normalise(address: str) -> str:
    """Returns the form in which two spellings of one mailbox are equal: no case, one form of letters, ASCII domain.

    The part before the @ is folded too (RFC 5321 section 2.4 lets servers tell case apart; none in use does).
    """
    try:
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address.strip().casefold()
    return f"{valid.local_part}@{valid.ascii_domain}".casefold()


def add(work: Work, address: str, reason: str, given: Given) -> int:
    """Puts an address on the list and suppresses the emails that wait for it; returns how many those are."""
    normalised = normalise(address)
    line = {"address": normalised, "reason": reason, "at": given.now, "actor_name": given.who}
    work.connection.execute(insert_or_leave(work.connection)(suppressions).values(line).on_conflict_do_nothing())
    waiting = candidates(work, SUPPRESS, given, outbox.c.address == normalised)
    return sum(move(work, SUPPRESS, row, Actor.SWEEP, given) for row in waiting)


def remove(work: Work, address: str) -> bool:
    """Takes an address off the list; returns whether it was on it. Emails already suppressed stay so."""
    return (
        work.connection.execute(delete(suppressions).where(suppressions.c.address == normalise(address))).rowcount == 1
    )


def listed(work: Work) -> list[Suppression]:
    """Returns every suppressed address in order."""
    found = work.connection.execute(select(suppressions).order_by(suppressions.c.address))
    return [Suppression(line.address, line.reason, line.at, line.actor_name) for line in found]
