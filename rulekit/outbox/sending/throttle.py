"""How fast emails leave, over all workers: one line in the store says what was sent, what failed and who stopped it.

A claim is a turn: it begins by locking that line and ends by writing what it took.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from rulekit.clock import show_instant
from rulekit.limits import Rate
from rulekit.outbox.database import identity
from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.tables import last_tick, outbox, sending
from rulekit.outbox.sending.breaker import Breaker, Refusals
from rulekit.outbox.sending.rates import take
from rulekit.records import Later, Outcome, Reason, RefusalClass, Refused, Sent, State

# workers whose clocks differ by less than this go on together
CLOCK_TOLERANCE = timedelta(minutes=1)
# time that passes without a tick, beyond which the clock is to be doubted; a month of cron is never longer
LEAP = timedelta(days=32)
# how long before its turn an email is claimed, so that its connection is ready by then
AHEAD = timedelta(milliseconds=250)
_MANY = 1_000_000
# who halts sending where no person did
ITSELF = "rulekit"
_TICKED_AT = select(last_tick.c.at).scalar_subquery()
_LOOKED_AT = select(sending, identity.STORE_ID.scalar_subquery().label("store_id"), _TICKED_AT.label("ticked_at"))
_LINE = _LOOKED_AT.with_for_update(of=sending)
_ON_THEIR_WAY = select(func.count()).select_from(outbox).where(outbox.c.state == State.SENDING.value)


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many emails may leave, and how many be on their way at once, over all workers; None means any number.

    `waits` says that time goes on while messages wait for their turn, so they get ready ahead of it.
    """

    rate: Rate | None = None
    concurrency: int | None = None
    waits: bool = False

    @property
    def ahead(self) -> timedelta:
        """Returns how long before its turn an email may be claimed."""
        return AHEAD if self.waits else timedelta(0)


@dataclass(frozen=True, slots=True)
class SendingState:
    """How sending goes: who halted it, if anybody did, and what the breaker has seen.

    `faults` are the sender's in a row; until `open_until` nothing is tried; `fault` is what the last one said.
    `mismatch` says why this may not be the store that last sent, which halts the next claim. Where no tick was ever
    written to such a store, all that another one knew `is_lost`: a tick would begin anew.
    """

    halted_at: datetime | None
    halted_by: str | None
    halt_reason: Reason | None
    faults: int
    open_until: datetime | None
    fault: Reason | None
    mismatch: Reason | None = None
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One claim: its fencing token and the `most` emails that it may take.

    `throttled` says that the rate lets no more be taken; `first` that the store never sent; `reason` why it may take
    none.
    """

    token: int
    most: int
    breaker: Breaker
    next_at: datetime | None
    throttled: bool = False
    first: bool = False
    reason: Reason | None = None
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Early:
    """A message that is ready and may not leave before `until`, because the rate lets others go first."""

    until: datetime


def take_turn(work: Work, now: datetime, throttle: Throttle) -> Turn:
    """Begins a claim; until its transaction ends no other claim begins.

    In a store that may not be the one that last sent it halts all sending.
    """
    line = work.connection.execute(_LINE).one()
    if line.halted_at is None and (mismatch := identity.mismatch(work.connection, line)) is not None:
        halt(work, mismatch, now, ITSELF)
        line = work.connection.execute(_LINE).one()
    breaker = Breaker(line.faults, line.open_until, line.trips)
    token = line.claims + 1
    reason = _why_not(line, breaker, now)
    if reason is not None:
        return Turn(token, 0, breaker, line.next_at, reason=reason)
    most = _MANY
    if throttle.concurrency is not None:
        most = max(0, throttle.concurrency - work.connection.execute(_ON_THEIR_WAY).scalar_one())
    probe = breaker.may_send(now) == 1
    if probe:
        most = min(most, 1)
    granted = most if throttle.rate is None else take(now, line.next_at, throttle.rate, most, throttle.ahead).granted
    return Turn(token, granted, breaker, line.next_at, granted < most, line.place is None, probe=probe)


def _why_not(line: Any, breaker: Breaker, now: datetime) -> Reason | None:
    if (halt := _halt_of(line)) is not None:
        said = f"sending is halted until `rulekit sending resume`: {halt}"
        return Reason(halt.behind("sending is halted").text, sentence=said)
    if line.clock_at is not None and now < line.clock_at - CLOCK_TOLERANCE:
        behind = f"this clock is behind: emails were already sent at {show_instant(line.clock_at)}"
        return Reason(behind, sentence=f"{behind}; mend it, or say `rulekit run --accept` when it is right")
    latest = max((at for at in (line.clock_at, line.ticked_at) if at is not None), default=now)
    if now - latest > LEAP:
        ahead = f"this clock is {(now - latest).days} days ahead of all that was done here, at {show_instant(latest)}"
        return Reason(ahead, sentence=f"{ahead}: mend it, or say `rulekit run --accept` when it is right")
    if breaker.may_send(now) == 0:
        fault = _fault_of(line) or Reason("")
        return fault.behind(f"nothing is tried until {show_instant(line.open_until)}, after {line.faults} faults")
    return None


def _halt_of(line: Any) -> Reason | None:
    return None if line.halt_reason is None else Reason(line.halt_text or "", sentence=line.halt_reason)


def _fault_of(line: Any) -> Reason | None:
    return None if line.fault is None else Reason(line.fault_text or "", sentence=line.fault)


def end_turn(work: Work, turn: Turn, claimed: int, leaving: int, now: datetime, throttle: Throttle) -> None:
    """Writes what a claim took; `leaving` are those that no gate kept back, and which the rate counts."""
    if not claimed:
        return
    values: dict[str, object] = {"claims": turn.token, "clock_at": now, "attempts": sending.c.attempts + leaving}
    if turn.first:
        values["place"] = identity.settle_in(work.connection, work.connection.execute(_LINE).one())["place"]
    if throttle.rate is not None:
        values["next_at"] = take(now, turn.next_at, throttle.rate, leaving, throttle.ahead).next_at
    if leaving:
        values |= _written(turn.breaker.probing(now))
    work.connection.execute(update(sending).values(values))


def when_next(turn: Turn, leaving: int, now: datetime, throttle: Throttle) -> datetime | None:
    """Returns when the rate lets the next email be claimed after a claim; None without a rate."""
    return None if throttle.rate is None else take(now, turn.next_at, throttle.rate, leaving, throttle.ahead).wait_until


def mark(work: Work, wanted: int, now: datetime, throttle: Throttle) -> tuple[int, Early | None]:
    """Returns how many of the `wanted` messages may leave now, and when the next one may.

    Between a claim and the moment at which its message leaves, connections are made and servers take their time: what
    was claimed one after another would leave together.
    """
    if throttle.rate is None or not throttle.waits or not wanted:
        return wanted, None
    taken = take(now, work.connection.execute(_LINE).one().next_mark_at, throttle.rate, wanted)
    work.connection.execute(update(sending).values(next_mark_at=taken.next_at))
    return taken.granted, Early(taken.wait_until)


def _written(breaker: Breaker) -> dict[str, object]:
    return {"faults": breaker.faults, "open_until": breaker.open_until, "trips": breaker.trips}


def _fault_written(fault: Reason | None) -> dict[str, str | None]:
    return {"fault": fault, "fault_text": fault.text if fault else None}


# nearly every email asks for it, so it is written once
_CLOSED = {**_written(Breaker()), **_fault_written(None), "refusals": 0, "refusal": None}
_CLOSE = update(sending).where((sending.c.faults > 0) | (sending.c.refusals > 0)).values(_CLOSED)


def note(work: Work, outcomes: Sequence[Outcome], now: datetime) -> list[Outcome]:
    """Tells the breaker what the sender met, and returns what each outcome means by what came before it.

    A refusal for good is about one email, unless one email after another meets the same: then it is the sender's fault.
    """
    if not any(isinstance(one, Refused) or is_fault(one) for one in outcomes):
        if any(isinstance(one, Sent) for one in outcomes):
            work.connection.execute(_CLOSE)
        return list(outcomes)
    line = work.connection.execute(_LINE).one()
    breaker, fault = Breaker(line.faults, line.open_until, line.trips), _fault_of(line)
    refusals, meant = Refusals(line.refusals, line.refusal), list[Outcome]()
    for outcome in outcomes:
        refusals = refusals.after(outcome)
        one = refusals.blame(outcome)
        if isinstance(one, Later | Refused) and is_fault(one):
            breaker, fault = breaker.after_fault(now, certain=one is not outcome), Reason.of(one.reason)
        elif isinstance(one, Sent | Refused):
            breaker, fault = breaker.after_success(), None
        meant.append(one)
    counted = {**_fault_written(fault), "refusals": refusals.count, "refusal": refusals.kind}
    met = sending.c.faults_ever + sum(map(is_fault, meant))
    work.connection.execute(update(sending).values({**_written(breaker), **counted, "faults_ever": met}))
    return meant


def is_fault(outcome: Outcome) -> bool:
    """Says whether an outcome is about the sender, and not about an email."""
    return isinstance(outcome, Later | Refused) and outcome.about is RefusalClass.SENDER


def state(connection: Connection) -> SendingState:
    """Returns how sending goes."""
    line = connection.execute(_LOOKED_AT).one()
    halted = (line.halted_at, line.halted_by, _halt_of(line))
    mismatch = identity.mismatch(connection, line)
    is_lost = mismatch is not None and line.ticked_at is None
    return SendingState(*halted, line.faults, line.open_until, _fault_of(line), mismatch, is_lost)


def halt(work: Work, reason: str, now: datetime, actor: str) -> None:
    """Stops all sending until `resume`; who halted it first stays on record."""
    halted = {"halted_at": now, "halted_by": actor, "halt_reason": reason, "halt_text": Reason.of(reason).text}
    work.connection.execute(update(sending).where(sending.c.halted_at.is_(None)).values(halted))


def resume(work: Work, now: datetime) -> bool:
    """Lets emails leave again and forgets the faults; returns whether anything had kept them back.

    A store that may not be the one that last sent is then the one that sends. Where that was not shown yet, because
    there was another halt or none, sending is halted for it first.
    """
    was, line = state(work.connection), work.connection.execute(_LINE).one()
    halt_ends = dict.fromkeys(("halted_at", "halted_by", "halt_reason", "halt_text"))
    ended: dict[str, object] = {**halt_ends, "clock_at": None, **_CLOSED}
    if was.mismatch is not None:
        ended |= identity.settle_in(work.connection, line)
    work.connection.execute(update(sending).values(ended))
    if was.mismatch is not None and was.mismatch != was.halt_reason:
        halt(work, was.mismatch, now, ITSELF)
    return was.halted_at is not None or was.open_until is not None or was.mismatch is not None
