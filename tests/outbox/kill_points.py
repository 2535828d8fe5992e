"""Runs one scenario again and again, killed at its first, second, … fault point; `python kill_points.py FOLDER`.

A fault point is every begin and every commit of a transaction, and every step of the sender. Each run has a folder of
its own with the store as it was left and the ledger of the receiving side. Prints the number of runs; the last one came
to its end. The scenario also goes on from any state (`go_on`), as `rulekit run` does after a crash.
"""

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlalchemy import event

from rulekit.outbox.dispatcher import Worker, dispatch
from rulekit.outbox.states import State
from rulekit.outbox.store import Store
from rulekit.outbox.tick import MembershipChange, NewRow, TickRecord
from rulekit.records import Edge, Envelope, Sent, Tagging

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PEOPLE = ("ann", "bob")
URL = "sqlite:///rulekit.db"


class Fuse:
    """Counts fault points and kills the process, as the power would, at the one it was set to."""

    def __init__(self, at: int | None) -> None:
        self.left = at

    def reach(self, *_: object) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Receiver:
    """A sender whose other side keeps a ledger that survives the process."""

    def __init__(self, ledger: Path, fuse: Fuse) -> None:
        self.ledger = ledger
        self.fuse = fuse

    def send(self, message: bytes, envelope: Envelope, mark_data) -> Sent:
        self.fuse.reach()
        mark_data()
        self.fuse.reach()
        with self.ledger.open("a") as ledger:
            ledger.write(f"{envelope.message_id} {sha256(message).hexdigest()}\n")
        self.fuse.reach()
        return Sent("250 ok")

    def close(self) -> None:
        self.fuse.reach()


def scenario(project: Path, fuse: Fuse) -> None:
    store = Store.open(URL, project)
    for name in ("begin", "commit"):
        event.listen(store._engine, name, fuse.reach)
    go_on(store, Receiver(project / "ledger", fuse), START)
    go_on(store, Receiver(project / "ledger", fuse), START + timedelta(minutes=10))
    store.close()


def go_on(store: Store, receiver: Receiver, now: datetime) -> None:
    state = store.tick_state()
    if not state.people:
        store.record_tick(first_tick(state.sequence))
    for row in store.rows():
        if row.state is State.UNAPPROVED:
            store.approve(row.id, row.digest, now, "ada", timedelta(minutes=10))
    dispatch(store, lambda: receiver, lambda: now, Worker("w"))


def first_tick(sequence: int) -> TickRecord:
    taggings = [Tagging("Inactive", person, 1, Edge.TAGGED) for person in PEOPLE]
    return TickRecord(
        sequence=sequence,
        at=START,
        rules_digest="r" * 64,
        new_people=list(PEOPLE),
        present=np.ones(2, dtype=np.bool_),
        members={"Inactive": np.ones(2, dtype=np.bool_)},
        triggers=frozenset({"Miss_You"}),
        changes=tuple(MembershipChange(tagging, "joined") for tagging in taggings),
        rows=tuple(row(tagging, auto=tagging.person == "ann") for tagging in taggings),
        matched={"Miss_You": len(taggings)},
    )


def row(tagging: Tagging, auto: bool) -> NewRow:
    message = f"From: ada@example.org\r\n\r\nHello {tagging.person}\r\n".encode()
    return NewRow(
        trigger="Miss_You",
        tagging=tagging,
        template="Miss_You",
        recipient=f"{tagging.person}@example.com",
        subject="Hello",
        message_id=f"<{tagging.person}@example.org>",
        message=message,
        digest=sha256(message).hexdigest(),
        auto=auto,
        keep=False,
        expires_at=START + timedelta(days=7),
        origin="main.rules:1",
        rules_digest="r" * 64,
        template_digest="t" * 64,
    )


def main(folder: Path) -> None:
    status, runs = -1, 0
    while status != 0:
        project = folder / f"{runs:03}"
        project.mkdir()
        Store.open(URL, project).close()
        child = os.fork()
        if child == 0:
            scenario(project, Fuse(runs))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status not in (0, signal.SIGKILL):
            raise SystemExit(f"run {runs} ended with {status}")
        runs += 1
    sys.stdout.write(str(runs))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
