"""May this email leave now? What is asked again when a worker claims it, and last at the data mark.

The answer is either nothing, or what keeps the email back: for good (its address, its person, its time), or until an
instant. A reason is recorded in either case.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select

from rulekit.clock import format_duration, show_instant
from rulekit.limits import Cap, QuietHours
from rulekit.outbox.database.execution import COLUMNS, Work, in_batches
from rulekit.outbox.database.tables import outbox, people, personas, sending
from rulekit.outbox.lifecycle.preconditions import may_go_again
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.transition import Given, Transition
from rulekit.outbox.lifecycle.transitions import DEFER, FORBID, OUTLAST, RECALL, WITHHOLD
from rulekit.outbox.rows.memberships import is_in, octet_of
from rulekit.outbox.rows.suppressions import REASON
from rulekit.outbox.sending.caps import next_within
from rulekit.outbox.sending.quiet import next_allowed
from rulekit.records import Edge
from rulekit.uncertainty import HOLD, Uncertainty

NOT_ALLOWED = "not on sender.allow"
LEFT_MEANWHILE = "its person left the persona before it was sent"
ABSENT = "its person is not in the source now"
# an email of the same person that is being sent may fail yet, so it is asked again soon
ANOTHER_IN_HAND = timedelta(minutes=5)
HALTED_FOR = ABSENT_FOR = timedelta(minutes=1)

_ASKED = (
    select(
        *(outbox.c.id, outbox.c.person, outbox.c.address, outbox.c.edge, outbox.c.keep, outbox.c.recipient),
        *(outbox.c.zone, outbox.c.expires_at, outbox.c.not_before),
        *(outbox.c.uncertain, outbox.c.left_at, outbox.c.doubted_at),
        octet_of(outbox.c.person).label("octet"),
        COLUMNS.absent.label("absent"),
        REASON.label("suppressed"),
        select(sending.c.halt_reason).where(sending.c.halted_at.is_not(None)).scalar_subquery().label("halt"),
    )
    .select_from(outbox.join(personas, personas.c.id == outbox.c.persona))
    .where(outbox.c.id.in_(bindparam("rows", expanding=True)))
    .order_by(outbox.c.id)
)
_OTHERS = outbox.c.id.not_in(bindparam("rows", expanding=True))
# one mailbox is one reader, whatever keys it has; so is one person, at whatever address. Each has an index of its own
_SAME_READER = tuple(column.in_(bindparam("some", expanding=True)) for column in (outbox.c.person, outbox.c.address))
_LEFT = tuple(
    select(outbox.c.id, outbox.c.person, outbox.c.address, outbox.c.left_at)
    .where(same, _OTHERS)
    .where(outbox.c.left_at > bindparam("since", type_=outbox.c.left_at.type))
    for same in _SAME_READER
)
_IN_HAND = tuple(
    select(outbox.c.person, outbox.c.address).where(same, _OTHERS, outbox.c.phase == Phase.CLAIMED.value)
    for same in _SAME_READER
)
_PEOPLE_AT = select(outbox.c.person).where(_SAME_READER[1]).distinct()
_LOCKED = select(people.c.ordinal).order_by(people.c.ordinal).with_for_update(key_share=True)


def _anybody(address: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Gates:
    """What the settings say about when an email may leave; `zone` is for people without one of their own.

    `uncertainty` is about emails that may have arrived before.
    """

    allowed: Callable[[str], bool] = _anybody
    caps: tuple[Cap, ...] = ()
    quiet: QuietHours | None = None
    zone: str = "UTC"
    uncertainty: Uncertainty = HOLD


@dataclass(frozen=True, slots=True)
class Held:
    """Why an email may not leave now, and the transition that says so; `until` when it may be asked again.

    `uncertainty` is what it was asked by.
    """

    reason: str
    transition: Transition
    until: datetime | None = None
    uncertainty: Uncertainty = HOLD

    def given(self, now: datetime, who: str, token: int) -> Given:
        """Returns what the transition is given."""
        return Given(now, who, self.reason, token=token, not_before=self.until, uncertainty=self.uncertainty)


class _Readers:
    """When emails left, or are about to, by who reads them: a person and a mailbox are known by either."""

    def __init__(self, lines: Iterable[Any]) -> None:
        self._by_reader: dict[int | str, dict[int, datetime]] = {}
        for line in lines:
            self.add(line, line.left_at)

    def add(self, line: Any, at: datetime) -> None:
        """Counts an email."""
        for reader in (line.person, line.address):
            self._by_reader.setdefault(reader, {})[line.id] = at

    def left(self, line: Any) -> list[datetime]:
        """Returns when emails left to whoever reads this one, each once."""
        known = self._by_reader
        return list({**known.get(line.person, {}), **known.get(line.address, {})}.values())


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is known of all emails that are asked together; `in_hand` are the people and addresses of others."""

    gates: Gates
    now: datetime
    left: _Readers
    in_hand: frozenset[int | str] = field(default_factory=frozenset)


def ask(work: Work, rows: Sequence[int], now: datetime, gates: Gates, *, at_the_mark: bool) -> dict[int, Held]:
    """Returns what keeps emails back, for those that may not leave now.

    Of several emails to one reader the earlier ones count for the caps of the later ones. At the mark only emails that
    left count, and no other worker may ask about the same readers at the same time; at a claim also those in hand.
    """
    asked = [line for some in in_batches(rows) for line in work.connection.execute(_ASKED, {"rows": some})]
    readers = ({line.person for line in asked}, {line.address for line in asked}) if gates.caps else (set(), set())
    if at_the_mark:
        _lock(work, *readers)
    asking = _Asking(
        gates,
        now,
        _find_left(work, readers, rows, now, gates.caps),
        frozenset() if at_the_mark else _find_in_hand(work, readers, rows),
    )
    answers = ((line.id, _answer(asking, line)) for line in asked)
    return {row: held for row, held in answers if held is not None}


def _answer(asking: _Asking, line: Any) -> Held | None:
    """Returns what keeps one email back; one that may leave counts for those after it."""
    held = _for_good(asking, line) or _until_later(asking, line)
    if held is None:
        asking.left.add(line, asking.now)
    elif held.until is not None and held.until >= line.expires_at:
        reason = f"{held.reason}, and it expires at {show_instant(line.expires_at)}"
        return Held(reason, OUTLAST, held.until)
    return held


def _for_good(asking: _Asking, line: Any) -> Held | None:
    if line.suppressed is not None:
        return Held(line.suppressed, FORBID)
    if not asking.gates.allowed(line.recipient):
        return Held(NOT_ALLOWED, FORBID)
    if not line.keep and is_in(line.octet, line.person) is not (line.edge == Edge.TAGGED.value):
        return Held(LEFT_MEANWHILE, RECALL)
    return _held_uncertain(asking, line)


def _held_uncertain(asking: _Asking, line: Any) -> Held | None:
    uncertainty = asking.gates.uncertainty
    if line.doubted_at is None or may_go_again(line, Given(asking.now, "", uncertainty=uncertainty)):
        return None
    why = "and is not sent again by itself any more"
    if (line.uncertain or uncertainty.policy) == "idempotent" and uncertainty.window:
        why = f"and the provider drops a repeat for {format_duration(uncertainty.window)} only"
    return Held(f"it may have arrived at {show_instant(line.doubted_at)}, {why}", WITHHOLD, uncertainty=uncertainty)


def _until_later(asking: _Asking, line: Any) -> Held | None:
    now, gates = asking.now, asking.gates
    if line.halt is not None:
        return Held(f"sending is halted: {line.halt}", DEFER, now + HALTED_FOR)
    if line.absent:
        return Held(ABSENT, DEFER, now + ABSENT_FOR)
    # None where the email has left this worker's hands meanwhile, and asks for approval again
    if line.not_before is not None and line.not_before > now:
        return Held("its time has not come by this clock", DEFER, line.not_before)
    if gates.quiet is not None:
        morning = next_allowed(now, gates.quiet, line.zone or gates.zone)
        if morning > now:
            return Held("it is night for its person (delivery.quiet_hours)", DEFER, morning)
    return _capped(asking, line)


def _capped(asking: _Asking, line: Any) -> Held | None:
    now, caps, left = asking.now, asking.gates.caps, asking.left.left(line)
    free = next_within(now, caps, left)
    if free > now:
        return Held("its person had as many emails as delivery.cap allows", DEFER, free)
    if not asking.in_hand.isdisjoint((line.person, line.address)) and next_within(now, caps, [*left, now]) > now:
        return Held("another email to its person is being sent (delivery.cap)", DEFER, now + ANOTHER_IN_HAND)
    return None


Readers = tuple[set[int], set[str]]


def _lock(work: Work, persons: set[int], addresses: set[str]) -> None:
    """Keeps others from asking about these people, and about whoever else has one of these addresses, until the end.

    All are locked in one order, so that no two wait for each other.
    """
    known = set(persons)
    for some in in_batches(sorted(addresses)):
        known.update(work.connection.execute(_PEOPLE_AT, {"some": some}).scalars())
    for batch in in_batches(sorted(known)):
        work.connection.execute(_LOCKED.where(people.c.ordinal.in_(batch))).all()


def _find_left(work: Work, readers: Readers, rows: Sequence[int], now: datetime, caps: Iterable[Cap]) -> _Readers:
    """Returns when earlier emails left, as far back as a cap looks."""
    since = now - max((cap.window for cap in caps), default=timedelta(0))
    return _Readers(_ask_of_each(work, _LEFT, readers, rows, since=since))


def _find_in_hand(work: Work, readers: Readers, rows: Sequence[int]) -> frozenset[int | str]:
    lines = _ask_of_each(work, _IN_HAND, readers, rows)
    return frozenset(reader for line in lines for reader in (line.person, line.address))


def _ask_of_each(
    work: Work, questions: Iterable[Select[Any]], readers: Iterable[set[Any]], rows: Sequence[int], **values: Any
) -> Iterator[Any]:
    for question, some_readers in zip(questions, readers, strict=True):
        for some in in_batches(sorted(some_readers)):
            yield from work.connection.execute(question, {"some": some, "rows": list(rows), **values})
