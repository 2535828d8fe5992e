"""What a tick writes, table by table, in the one transaction of `record`.

A tick that brings nothing new writes nothing at all: its transaction is rolled back.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from rulekit.clock import format_instant
from rulekit.errors import StoreError, TickLost
from rulekit.outbox.database import locks
from rulekit.outbox.database.execution import (
    NAMED,
    NAMES,
    NewValues,
    Work,
    at_any,
    candidates,
    insert_or_leave,
    make,
    move_many,
)
from rulekit.outbox.database.tables import (
    baselines,
    change_log,
    last_tick,
    ledger,
    no_email,
    outbox,
    personas,
    ticks,
    triggers,
    waiting,
)
from rulekit.outbox.lifecycle.beginnings import MAKE, MAKE_APPROVED, MAKE_FAILED, MAKE_SUPPRESSED
from rulekit.outbox.lifecycle.bits import Bits, pack
from rulekit.outbox.lifecycle.tick_values import (
    MembershipChange,
    NewRow,
    NoEmail,
    TickOutcome,
    TickRecord,
    Waiting,
    Withdrawal,
)
from rulekit.outbox.lifecycle.transition import Actor, Given, Transition
from rulekit.outbox.lifecycle.transitions import EXPIRE, WITHDRAW
from rulekit.outbox.rows.memberships import ordinals
from rulekit.outbox.rows.suppressions import Forbidden, normalise, read_forbidden, suppress_comers
from rulekit.outbox.ticks.absences import add_people, write_presence
from rulekit.outbox.ticks.passages_kept import keep_passages
from rulekit.outbox.ticks.profiles_kept import keep_profile
from rulekit.outbox.ticks.readdressing import readdress
from rulekit.outbox.ticks.rewinding import rewind
from rulekit.records import State, Tagging

ALREADY = "an email for this tagging was already made"
EXPIRED = "not approved or sent before it expired"
AUTO = "auto=true"

# what every tick asks is written once: to write a statement takes longer than to run it
_LAST_TICK = select(last_tick)
_PERSONAS = select(personas)
_PERSONA_IDS = select(personas.c.name, personas.c.id)
_TRIGGERS = select(triggers.c.name, triggers.c.id)
# what is kept of a persona that the rules no longer have
_FORGOTTEN = {
    "bits": None,
    "members": 0,
    "unjudged": None,
    "condition": None,
    "parked_at": None,
    "parked_because": None,
    "passed": None,
}


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids that stand for names in this tick."""

    personas: dict[str, int]
    triggers: dict[str, int]
    people: dict[str, int]

    def of(self, tagging: Tagging) -> dict[str, Any]:
        return {
            "persona": self.personas[tagging.persona],
            "person": self.people[tagging.person],
            "episode": tagging.episode,
            "edge": tagging.edge.value,
        }

    def matched(self, trigger: str, tagging: Tagging) -> dict[str, Any]:
        return {"trigger": self.triggers[trigger], **self.of(tagging)}


def record(work: Work, tick: TickRecord) -> TickOutcome:
    """Writes a tick, or nothing when it brings nothing new; returns what it did.

    Raises TickLost when another tick came first, StoreError when the tick is earlier than the last one and nobody
    vouches for its instant.
    """
    again = _take_turn(work, tick)
    number = tick.sequence + 1
    written = rewind(work, tick.at) if tick.vouched else 0
    written += _rename(work, tick) + add_people(work, tick.new_people, tick.mailboxes)
    written += _write_personas(work, tick, number) + _write_triggers(work, tick) + keep_passages(work, tick)
    ids = _find_ids(work, tick)
    written += _write_changes(work, tick, number, ids)
    withdrawn, expired = _withdraw(work, tick, number), _expire(work, tick, number)
    # after it, so that who comes back gets nothing that was of no use any more by then
    written += write_presence(work, tick)
    readdressed = readdress(work, tick, ids.people, ids.triggers)
    made = _make_rows(work, tick, number, ids)
    written += _write_no_emails(work, tick, number, ids) + _write_waiting(work, tick, ids)
    _write_ledger(work, tick, number, ids)
    _write_tick(work, tick, number, len(work.changes))
    keep_profile(work, tick)
    # last, because a long tick must not keep workers waiting: what they do meanwhile came before it
    locks.forbidding(work)
    if again and not (written or made or work.changes):
        work.connection.rollback()
    return TickOutcome(
        rows=sum(state is not None for state in made),
        failed=made.count(State.FAILED),
        withdrawn=withdrawn,
        expired=expired,
        suppressed=made.count(State.SUPPRESSED),
        readdressed=readdressed,
    )


def _take_turn(work: Work, tick: TickRecord) -> bool:
    """Compares and sets the sequence; returns whether the last tick was at the same instant, of the same people."""
    last = work.connection.execute(_LAST_TICK).one()
    if last.sequence == tick.sequence and last.at is not None and tick.at < last.at and not tick.vouched:
        raise StoreError(
            f"the last tick was at {format_instant(last.at)}, which is after {format_instant(tick.at)}",
            help="run with a later `--now`; time in a store never runs backwards",
        )
    taken = work.connection.execute(
        update(last_tick)
        .where(last_tick.c.sequence == tick.sequence)
        .values(
            sequence=tick.sequence + 1,
            at=tick.at,
            rules_digest=tick.rules_digest,
            present=pack(tick.present),
            kinds=sorted(tick.kinds),
            anonymous=sorted(tick.anonymous),
            not_judged=[asdict(one) for one in tick.not_judged] or None,
        )
    )
    if taken.rowcount != 1:
        raise TickLost("another tick wrote first; this one wrote nothing", help="run again to see what is left to do")
    return bool((last.at, last.rules_digest, last.present) == (tick.at, tick.rules_digest, pack(tick.present)))


def _rename(work: Work, tick: TickRecord) -> int:
    renamed = ((personas, "persona", tick.personas_renamed), (triggers, "trigger", tick.triggers_renamed))
    return sum(_rename_one(work, table, kind, old, new) for table, kind, names in renamed for old, new in names.items())


def _rename_one(work: Work, table: Table, kind: str, old: str, new: str) -> int:
    taken = select(func.count()).select_from(table).where(table.c.name == new)
    if work.connection.execute(taken).scalar():
        raise StoreError(
            f"the {kind} {old} cannot be renamed to {new}: a {kind} {new} has a history of its own",
            help=f"choose another name, or take `was {old}` out",
        )
    return work.connection.execute(update(table).where(table.c.name == old).values(name=new)).rowcount


def _write_personas(work: Work, tick: TickRecord, number: int) -> int:
    stored = {line.name: line for line in work.connection.execute(_PERSONAS)}
    written = 0
    for name in tick.members:
        values = _persona_values(tick, name, stored[name].parked_at if name in stored else None)
        if name not in stored:
            work.connection.execute(insert(personas).values(name=name, **values))
        elif any(getattr(stored[name], column) != value for column, value in values.items()):
            work.connection.execute(update(personas).where(personas.c.name == name).values(values))
        else:
            continue
        written += 1
    for name, line in stored.items():
        if name not in tick.members and line.bits is not None:
            work.connection.execute(update(personas).where(personas.c.name == name).values(_FORGOTTEN))
            written += 1
    return written + sum(_write_baseline(work, tick, number, name) for name in sorted(tick.baselines))


def _persona_values(tick: TickRecord, name: str, since: datetime | None) -> dict[str, Any]:
    """Returns the columns of a persona that this tick has something to say about; `since` when it is parked."""
    bits, because = tick.members[name], tick.parked.get(name)
    values: dict[str, Any] = {
        "bits": pack(bits),
        "members": int(bits.sum()),
        "unjudged": _pack_some(tick.unjudged.get(name)),
        "parked_at": (since or tick.at) if because else None,
        "parked_because": because,
        "passed": _pack_some(tick.passed.get(name)),
    }
    if name in tick.conditions:
        values["condition"] = tick.conditions[name]
    return values


def _pack_some(bits: "Bits | None") -> bytes | None:
    """Returns bits as they are stored, and nothing for none."""
    return None if bits is None else pack(bits) or None


def _write_baseline(work: Work, tick: TickRecord, number: int, name: str) -> int:
    persona = select(personas.c.id).where(personas.c.name == name).scalar_subquery()
    line = {"persona": persona, "tick": number, "bits": pack(tick.members[name])}
    return work.connection.execute(insert(baselines).values(line)).rowcount


def _write_triggers(work: Work, tick: TickRecord) -> int:
    known = set(work.connection.execute(_TRIGGERS).scalars())
    new = [{"name": name, "seen_at": tick.at} for name in sorted(tick.triggers - known)]
    if new:
        work.connection.execute(insert(triggers), new)
    return len(new)


def _find_ids(work: Work, tick: TickRecord) -> _Ids:
    lines: list[MembershipChange | NewRow | NoEmail | Waiting] = [*tick.changes, *tick.rows]
    lines += [*tick.no_emails, *tick.waiting, *tick.waiting_done]
    lines += [one.row for one in tick.readdressings if one.row is not None]
    if not lines:
        return _Ids({}, {}, {})
    return _Ids(
        {line.name: line.id for line in work.connection.execute(_PERSONA_IDS)},
        {line.name: line.id for line in work.connection.execute(_TRIGGERS)},
        ordinals(work.connection, {line.tagging.person for line in lines}),
    )


def _write_changes(work: Work, tick: TickRecord, number: int, ids: _Ids) -> int:
    lines = [
        {**ids.of(change.tagging), "tick": number, "at": tick.at, "reason": change.reason} for change in tick.changes
    ]
    if lines:
        work.connection.execute(insert(change_log), lines)
    return len(lines)


def _withdraw(work: Work, tick: TickRecord, number: int) -> int:
    chosen = [
        (row.id, Given(tick.at, str(number), one.reason, even_kept=one.person is None))
        for row, one in _find_withdrawn(work.connection, tick.withdrawals)
    ]
    return len(move_many(work, WITHDRAW, chosen, Actor.TICK))


def count_withdrawn(connection: Connection, withdrawals: Collection[Withdrawal]) -> dict[str, int]:
    """Returns how many waiting emails withdrawals would end, by trigger."""
    found = _find_withdrawn(connection, withdrawals)
    return dict(Counter(row.trigger_name for row, one in found if one.person is None or not row.keep))


def _find_withdrawn(connection: Connection, withdrawals: Collection[Withdrawal]) -> list[tuple[Any, Withdrawal]]:
    """Returns each waiting row that a withdrawal reaches, with the first one that does."""
    pending = _find_pending(connection, {withdrawal.trigger for withdrawal in withdrawals})
    chosen: dict[int, tuple[Any, Withdrawal]] = {}
    for withdrawal in withdrawals:
        for row in pending.get((withdrawal.trigger, withdrawal.person), ()):
            chosen.setdefault(row.id, (row, withdrawal))
    return list(chosen.values())


def _find_pending(connection: Connection, names: set[str]) -> dict[tuple[str, str | None], list[Any]]:
    """Returns the rows that a withdrawal can reach, by trigger and person, and all of a trigger under no person."""
    found: dict[tuple[str, str | None], list[Any]] = {}
    if names:
        lines = select(outbox.c.id, outbox.c.keep, *NAMES).select_from(NAMED).where(at_any(WITHDRAW.sources))
        named = lines.where(triggers.c.name.in_(sorted(names))).order_by(outbox.c.id)
        for line in connection.execute(named):
            found.setdefault((line.trigger_name, line.person_key), []).append(line)
            found.setdefault((line.trigger_name, None), []).append(line)
    return found


def _expire(work: Work, tick: TickRecord, number: int) -> int:
    given = Given(tick.at, str(number), EXPIRED)
    return len(move_many(work, EXPIRE, [(row, given) for row in candidates(work, EXPIRE, given)], Actor.TICK))


def _make_rows(work: Work, tick: TickRecord, number: int, ids: _Ids) -> list[State | None]:
    addresses = [normalise(row.recipient) for row in tick.rows]
    forbidden = read_forbidden(work.connection, addresses, [ids.people[row.tagging.person] for row in tick.rows])
    made = [_make_row(work, tick, number, ids, row, forbidden) for row in tick.rows]
    born = zip(addresses, made, strict=True)
    suppress_comers(work, {address for address, state in born if state is State.SUPPRESSED})
    return made


def _make_row(work: Work, tick: TickRecord, number: int, ids: _Ids, row: NewRow, forbidden: Forbidden) -> State | None:
    matched = ids.matched(row.trigger, row.tagging)
    why_not = forbidden.why_not(normalise(row.recipient), matched["person"], matched["trigger"])
    transition, reason = _birth(row, why_not)
    values = {**matched, **new_values(row, tick.at), "tick": number}
    given = Given(tick.at, AUTO if transition is MAKE_APPROVED else str(number), reason)
    new = NewValues(values, why_not is not None)
    if make(work, transition, new, row.message, (row.trigger, row.tagging.person), given) is None:
        _note_no_email(work, [{**matched, "tick": number, "at": tick.at, "reason": ALREADY}])
        return None
    return transition.target.state


def new_values(row: NewRow, now: datetime) -> dict[str, Any]:
    """Returns the columns of an email that is made, but for those that say which tagging it is for."""
    return {
        **{name: getattr(row, name) for name in _COPIED},
        "address": normalise(row.recipient),
        "because": dict(row.because),
        "created_at": now,
        "attempts": 0,
        "token": 0,
    }


_COPIED = (
    *("template", "recipient", "subject", "message_id", "digest", "auto", "keep", "expires_at", "zone"),
    *("uncertain", "origin", "rules_digest", "template_digest"),
)


def _birth(row: NewRow, suppressed: str | None) -> tuple[Transition, str]:
    if row.failure is not None:
        return MAKE_FAILED, row.failure
    if suppressed is not None:
        return MAKE_SUPPRESSED, suppressed
    return (MAKE_APPROVED, AUTO) if row.auto else (MAKE, "")


def _write_no_emails(work: Work, tick: TickRecord, number: int, ids: _Ids) -> int:
    lines = [
        {**ids.matched(line.trigger, line.tagging), "tick": number, "at": tick.at, "reason": line.reason}
        for line in tick.no_emails
    ]
    return _note_no_email(work, lines)


def _note_no_email(work: Work, lines: list[dict[str, Any]]) -> int:
    if lines:
        work.connection.execute(insert_or_leave(work.connection, no_email), lines)
    return len(lines)


def _write_waiting(work: Work, tick: TickRecord, ids: _Ids) -> int:
    for done in tick.waiting_done:
        matched = ids.matched(done.trigger, done.tagging)
        work.connection.execute(delete(waiting).where(*(waiting.c[name] == value for name, value in matched.items())))
    lines = [{**ids.matched(new.trigger, new.tagging), "due": new.due} for new in tick.waiting]
    if lines:
        work.connection.execute(insert_or_leave(work.connection, waiting), lines)
    return len(lines) + len(tick.waiting_done)


def _write_ledger(work: Work, tick: TickRecord, number: int, ids: _Ids) -> None:
    lines = [{"tick": number, "trigger": ids.triggers[name], "matched": count} for name, count in tick.matched.items()]
    if lines:
        work.connection.execute(insert(ledger), lines)


def _by_id(work: Work, counts: Mapping[str, tuple[int, int]]) -> dict[str, list[int]]:
    if not counts:
        return {}
    ids = {line.name: line.id for line in work.connection.execute(_PERSONA_IDS)}
    return {str(ids[name]): list(found) for name, found in counts.items()}


def _write_tick(work: Work, tick: TickRecord, number: int, moved: int) -> None:
    line = {
        "sequence": number,
        "at": tick.at,
        "rules_digest": tick.rules_digest,
        "changes": len(tick.changes),
        "rows": moved,
        "explained": _by_id(work, tick.explained) or None,
    }
    work.connection.execute(insert(ticks).values(line))
