"""What notices say of emails after they left, and addresses that others say may not be mailed.

A notice may be forged, so it counts only when it names the id of an email that left for the very address that it is
about. Then it is one line in `events`, however often it comes. What an email became is not changed by it, except
where nobody knew: it is uncertain, or waits to be sent again because it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, or_, select

from rulekit.outbox.database.execution import IN_ONE_STATEMENT, Work, in_batches, insert_or_leave, move_many
from rulekit.outbox.database.tables import audit, events, outbox
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.transition import Actor, Given
from rulekit.outbox.lifecycle.transitions import CONFIRM_FAILED, CONFIRM_SENT
from rulekit.outbox.rows.suppressions import add_each, normalise
from rulekit.records import Notice, NoticeKind

# a reason to mail the address no more, in the words of the list
_REASONS = {
    NoticeKind.BOUNCED: "bounced",
    NoticeKind.COMPLAINED: "complained",
    NoticeKind.UNSUBSCRIBED: "unsubscribed at the provider",
}

# these are a person's wish, and not only something about an address
_ASKED = (NoticeKind.COMPLAINED, NoticeKind.UNSUBSCRIBED)

# a mark in its history stays where `left_at` is empty again: a server may refuse a message and report on it as well
_LEFT = or_(
    outbox.c.left_at.is_not(None),
    exists().where(audit.c.row == outbox.c.id, audit.c.target_phase == Phase.DATA.value).correlate(outbox),
)
_BY_MESSAGE_ID = (
    select(outbox.c.id, outbox.c.message_id, outbox.c.address, outbox.c.state)
    .where(outbox.c.message_id.in_(bindparam("message_ids", expanding=True)), outbox.c.address != "", _LEFT)
    .order_by(outbox.c.id)
)
_KNOWN = select(events.c.row, events.c.identity).where(
    events.c.row.in_(bindparam("rows", expanding=True)), events.c.identity.in_(bindparam("names", expanding=True))
)
# each takes two of the values that fit into one statement
_PAIRS = IN_ONE_STATEMENT // 2
_OF_A_ROW = select(events).where(events.c.row == bindparam("row_id")).order_by(events.c.at, events.c.id)


@dataclass(frozen=True, slots=True)
class Event:
    """A notice about an email, as it is kept."""

    at: datetime
    kind: NoticeKind
    detail: str
    source: str


@dataclass(frozen=True, slots=True)
class Intake:
    """What some notices, or lines of a list, brought; `recorded` is by email and notice, `again` was known before."""

    recorded: frozenset[tuple[int, str]] = frozenset()
    again: int = 0
    not_ours: int = 0
    sent: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    suppressed: frozenset[str] = frozenset()
    already: int = 0
    ended: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Email:
    """An email that left, as far as a notice concerns it."""

    id: int
    message_id: str
    address: str
    state: str


def record_notices(
    work: Work, notices: Sequence[Notice], now: datetime, actor: str, *, dry_run: bool = False
) -> Intake:
    """Writes down notices about emails that left for the addresses that they are about; the others do nothing.

    Who complains or is dead is suppressed, and an uncertain email is settled. Heard again, it changes nothing. A dry
    run takes everything back again.
    """
    intake = _record(work, notices, Given(now, actor))
    if dry_run:
        work.connection.rollback()
    return intake


def _record(work: Work, notices: Sequence[Notice], given: Given) -> Intake:
    ours = [(row, notice) for notice, row in zip(notices, _find(work.connection, notices), strict=True) if row]
    known = _already_known(work.connection, ours)
    new = {(row.id, notice.identity): (row, notice) for row, notice in ours if (row.id, notice.identity) not in known}
    if new:
        lines = [_line(row, notice, given) for row, notice in new.values()]
        work.connection.execute(insert_or_leave(work.connection, events), lines)
    failed = _confirm(work, list(new.values()), given, failed=True)
    sent = _confirm(work, list(new.values()), given, failed=False)
    added, ended, forbidden = _suppress(work, list(new.values()), given)
    return Intake(
        recorded=frozenset(new),
        again=len(ours) - len(new),
        not_ours=len(notices) - len(ours),
        sent=sent,
        failed=failed,
        suppressed=added,
        already=forbidden - len(added),
        ended=ended,
    )


def _suppress(
    work: Work, new: Sequence[tuple[_Email, Notice]], given: Given
) -> tuple[frozenset[str], frozenset[int], int]:
    """Suppresses the addresses that notices forbid; returns those that are new, what ended, and how many they are."""
    forbidding = [(row, notice) for row, notice in new if _forbids(notice)]
    added: frozenset[str] = frozenset()
    ended: frozenset[int] = frozenset()
    for asked in (True, False):
        reasons = {row.address: _reason(notice) for row, notice in forbidding if (notice.kind in _ASKED) is asked}
        more, also = add_each(work, reasons, given, asked=asked)
        added, ended = added | more, ended | also
    return added, ended, len({row.address for row, _ in forbidding})


def suppress_listed(
    work: Work,
    reasons: Mapping[str, str],
    now: datetime,
    actor: str,
    trigger: str | None = None,
    *,
    asked: bool = True,
    dry_run: bool = False,
) -> Intake:
    """Suppresses every address of a list, whose value is why, as `suppressions.add`; a dry run takes it back again."""
    normalised = {normalise(address): reason for address, reason in reasons.items()}
    added, ended = add_each(work, normalised, Given(now, actor), trigger, asked=asked)
    if dry_run:
        work.connection.rollback()
    return Intake(suppressed=added, already=len(normalised) - len(added), ended=ended)


def notices_of(connection: Connection, row: int) -> list[Event]:
    """Returns what notices said of an email after it left, oldest first."""
    lines = connection.execute(_OF_A_ROW, {"row_id": row})
    return [Event(line.at, NoticeKind(line.kind), line.detail, line.source) for line in lines]


def _find(connection: Connection, notices: Iterable[Notice]) -> list[_Email | None]:
    """Returns the email that each notice is about, the last copy of it that left, or None when it is not ours."""
    ids = {notice.message_id for notice in notices if notice.message_id}
    rows = (
        _Email(*row)
        for some in in_batches(sorted(ids))
        for row in connection.execute(_BY_MESSAGE_ID, {"message_ids": some})
    )
    found = {(row.message_id, row.address): row for row in rows}
    return [
        next(filter(None, (found.get((notice.message_id, normalise(name))) for name in notice.addresses)), None)
        for notice in notices
    ]


def _already_known(connection: Connection, ours: Sequence[tuple[_Email, Notice]]) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for start in range(0, len(ours), _PAIRS):
        some = ours[start : start + _PAIRS]
        names = {"rows": [row.id for row, _ in some], "names": [notice.identity for _, notice in some]}
        found.update((line.row, line.identity) for line in connection.execute(_KNOWN, names))
    return found


def _line(row: _Email, notice: Notice, given: Given) -> dict[str, object]:
    return {
        "row": row.id,
        # a date comes from outside, and nothing is heard before it happens
        "at": min(notice.at or given.now, given.now),
        "kind": notice.kind.value,
        "detail": _detail(notice),
        "source": notice.source,
        "identity": notice.identity,
    }


def _detail(notice: Notice) -> str:
    return ": ".join(text for text in (notice.status, notice.detail) if text)


def _reason(notice: Notice) -> str:
    detail = _detail(notice)
    return _REASONS[notice.kind] + (f": {detail}" if detail else "")


def _forbids(notice: Notice) -> bool:
    """Returns whether the address that a notice is about may not be mailed any more."""
    return notice.dead or notice.kind in _ASKED


def _confirm(work: Work, new: Sequence[tuple[_Email, Notice]], given: Given, *, failed: bool) -> frozenset[int]:
    """Ends the uncertain emails that a notice settles; of several about one email, a bounce settles it."""
    transition = CONFIRM_FAILED if failed else CONFIRM_SENT
    open_to_it = {place.state.value for place in transition.sources}
    rows = {
        row.id: _as_given(notice, given)
        for row, notice in new
        if row.state in open_to_it and (notice.kind is NoticeKind.BOUNCED) is failed
    }
    return frozenset(move_many(work, transition, sorted(rows.items(), key=lambda item: item[0]), Actor.EVIDENCE))


def _as_given(notice: Notice, given: Given) -> Given:
    """Returns what a transition writes down as its reason, and as the reply that stands for the one that never came."""
    detail = _detail(notice)
    word = f"{notice.source}: {notice.kind.value}" + (f" ({detail})" if detail else "")
    return Given(given.now, given.who, word, reply=word)
