"""A history of a store that is played on a disk under test, and that goes on from wherever a fault has left it.

Two ticks, an approval, a suppression, a cancellation, a person who leaves, and a receiving side that takes most emails,
puts one off, refuses one. Every step is done only when it is not yet done, so the history is played again after a fault
until it comes to the same end.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np

from rulekit.outbox.dispatch.dispatcher import Worker, dispatch
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NewRow, TickRecord, Withdrawal
from rulekit.outbox.store import Store
from rulekit.records import Edge, Envelope, Later, Outcome, Refused, Sent, State, Tagging
from tests.outbox import singly

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HOLD = timedelta(minutes=10)
URL = "sqlite:///rulekit.db"
FILE = "rulekit.db"
FIRST = ("ann", "bob", "cid", "dan", "eve", "fay", "gil")
ENDS = {
    "ann": State.SENT,
    "bob": State.SENT,
    "cid": State.CANCELLED,
    "dan": State.SUPPRESSED,
    "eve": State.SENT,
    "fay": State.FAILED,
    "gil": State.WITHDRAWN,
    "hal": State.SENT,
}
# minutes after the start: the history itself, and when it is taken up again after a fault, and after another one
PLAYED = (0, 11, 22)
RESUMED = (60, 90, 120, 150, 180)
AT_LAST = (300, 330, 600, 1200, 2400)
Tell = Callable[[dict[str, Any]], None]


class Receiver:
    """The other side of a sender. What it was given it keeps, whatever happens to the disk."""

    def __init__(self, tell: Tell, given: list[str] | None = None) -> None:
        self.tell = tell
        self.given: list[str] = given if given is not None else []
        self.digests: dict[str, str] = {}
        self.early: list[str] = []
        self.put_off: set[str] = set()
        self.now = START

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        """Takes a message, but for two people's."""
        name = envelope.recipient.partition("@")[0]
        if name == "fay":
            return Refused("554 no")
        if name == "eve" and name not in self.put_off:
            self.put_off.add(name)
            return Later("450 busy")
        mark_data()
        self.tell({"given": name})
        self.given.append(name)
        # what was approved is all but the first line, the Date
        self.digests[name] = sha256(message.partition(b"\r\n")[2]).hexdigest()
        if name not in ("ann", "hal") and self.now < START + HOLD:
            self.early.append(name)
        return Sent("250 ok")

    def close(self) -> None:
        """Has nothing to let go of."""


def play(store: Store, receiver: Receiver, minutes: int, tell: Tell) -> None:
    """Does every step of the history that is still to be done, at that time, and tells what is done by then."""
    now = START + timedelta(minutes=minutes)
    store.on_change = lambda change: tell({"row": change.row, "target": change.target})
    tell({"secret": store.secret()})
    _tick(store, 0, now, tell)
    _operate(store, now, tell)
    _tick(store, 1, now, tell)
    receiver.now = now
    dispatch(store, lambda: receiver, lambda: now, Worker("w", connections=3))


def _tick(store: Store, sequence: int, now: datetime, tell: Tell) -> None:
    if store.ticks.state().sequence == sequence:
        store.ticks.record((_first, _second)[sequence](now))
    tell({"sequence": sequence + 1})


def _operate(store: Store, now: datetime, tell: Tell) -> None:
    if not store.suppressions.all():
        store.suppressions.add("dan@example.com", "asked", now, "ada")
    tell({"suppressed": "dan@example.com"})
    for row in store.outbox.find():
        if row.tagging.person == "cid" and row.state is State.UNAPPROVED:
            singly.cancel(store, row.id, now, "ada", "not this one")
        elif row.state is State.UNAPPROVED:
            singly.approve(store, row.id, row.digest, now, "ada", HOLD)


def _first(now: datetime) -> TickRecord:
    return _record(0, now, FIRST, np.ones(7, dtype=np.bool_), ())


def _second(now: datetime) -> TickRecord:
    members = np.ones(8, dtype=np.bool_)
    members[FIRST.index("gil")] = False
    return _record(1, now, ("hal",), members, ("gil",))


def _record(
    sequence: int, now: datetime, joins: tuple[str, ...], members: "np.ndarray", leaves: tuple[str, ...]
) -> TickRecord:
    return TickRecord(
        sequence=sequence,
        at=now,
        rules_digest="r" * 64,
        new_people=list(joins),
        present=np.ones(len(members), dtype=np.bool_),
        members={"Inactive": members},
        triggers=frozenset({"Miss_You"}),
        changes=(
            *(MembershipChange(_tagging(person, Edge.TAGGED), "joined") for person in joins),
            *(MembershipChange(_tagging(person, Edge.UNTAGGED), "left") for person in leaves),
        ),
        rows=tuple(_row(person, now) for person in joins),
        matched={"Miss_You": len(joins)},
        withdrawals=tuple(Withdrawal("Miss_You", person, "left") for person in leaves),
    )


def _tagging(person: str, edge: Edge) -> Tagging:
    return Tagging("Inactive", person, 1, edge)


def _row(person: str, now: datetime) -> NewRow:
    # long enough that a message covers more than one page
    message = f"From: ada@example.org\r\n\r\nHello {person}\r\n{'We miss you. ' * 9}\r\n".encode() * 40
    return NewRow(
        trigger="Miss_You",
        tagging=_tagging(person, Edge.TAGGED),
        template="Miss_You",
        recipient=f"{person}@example.com",
        subject="Hello",
        message_id=f"<{person}@example.org>",
        message=message,
        digest=sha256(message).hexdigest(),
        auto=person in ("ann", "hal"),
        keep=False,
        expires_at=now + timedelta(days=7),
        origin="main.rules:1",
        rules_digest="r" * 64,
        template_digest="t" * 64,
    )


def broken_promises(store: Store, told: list[dict[str, Any]]) -> list[str]:
    """Returns what was said to be done, and is not so in this store."""
    facts = {(key, value): None for fact in told for key, value in fact.items() if key in _KEPT}
    lost = [f"{key} is not kept: {value}" for key, value in facts if not _KEPT[key](store, value)]
    return [*lost, *_changes_lost(store, told), *_sent_again(store, told)]


_KEPT: dict[str, Callable[[Store, Any], bool]] = {
    "secret": lambda store, secret: store.secret() == secret,
    "sequence": lambda store, sequence: store.ticks.state().sequence >= sequence,
    "suppressed": lambda store, address: address in [line.address for line in store.suppressions.all()],
}


def _changes_lost(store: Store, told: list[dict[str, Any]]) -> list[str]:
    heard: dict[int, list[str]] = {}
    for fact in told:
        if "row" in fact:
            heard.setdefault(fact["row"], []).append(fact["target"])
    kept = {row: [line.target.value for line in store.audit.history(row)] for row in heard}
    return [f"row {row} was {heard[row]} and is {kept[row]}" for row in heard if not _in_order(heard[row], kept[row])]


def _in_order(heard: list[str], kept: list[str]) -> bool:
    # more may be kept than was heard of: a commit whose answer the fault has swallowed
    left = iter(kept)
    return all(target in left for target in heard)


def _sent_again(store: Store, told: list[dict[str, Any]]) -> list[str]:
    given = {fact["given"] for fact in told if "given" in fact}
    rows = {row.tagging.person: row for row in store.outbox.find()}
    lost = [f"{person} was mailed and has no row" for person in sorted(given - set(rows))]
    again = [person for person in sorted(given & set(rows)) if not _gone(rows[person])]
    return [*lost, *(f"{person} was mailed, would be again: {rows[person].state}" for person in again)]


def _gone(row: Any) -> bool:
    return row.state in (State.UNCERTAIN, State.SENT) or (row.phase is not None and row.phase.value == "data")


def wrong_ends(store: Store, receiver: Receiver) -> list[str]:
    """Returns in what a history that has come to its end differs from one that nothing has disturbed."""
    rows = {row.tagging.person: row for row in store.outbox.find()}
    if sorted(rows) != sorted(ENDS):
        return [f"the rows are those of {sorted(rows)}"]
    given = Counter(receiver.given)
    found = [f"{person} was mailed early" for person in receiver.early]
    for person, row in rows.items():
        sent = ENDS[person] is State.SENT
        doubtful = sent and row.state is State.UNCERTAIN
        if row.state is not ENDS[person] and not doubtful:
            found.append(f"{person} ended {row.state}")
        if given[person] not in ((0, 1) if doubtful else (int(sent),)):
            found.append(f"{person}, {row.state}, was mailed {given[person]} times")
        if person in receiver.digests and receiver.digests[person] != row.digest:
            found.append(f"{person} got other bytes than those that were approved")
    return found
