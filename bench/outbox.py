"""Measures what people do with a very full outbox: list it, filter it, and approve very many emails at once.

    python bench/outbox.py --emails 1000000 --approved 100000 [--url postgresql://…]

The emails are nearly all sent; a tick then adds those that are approved, and taken back again. What only reads is timed
three times, and the least is printed.
"""

import argparse
import tempfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import numpy as np
from reconcile import MESSAGE, NOW, fill, memory
from sqlalchemy import text

from rulekit.outbox.lifecycle.tick_values import NewRow, TickRecord
from rulekit.outbox.rows.queries import RowFilter
from rulekit.outbox.store import Store
from rulekit.records import Edge, State, Tagging


def main() -> None:
    """Prints what each costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=100_000)
    parser.add_argument("--approved", type=int, default=10_000)
    parser.add_argument("--url", default="sqlite:///state.db")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(asked.url, Path(folder)) as store:
        fill(store, asked.emails)
        number_on(store)
        print(f"{asked.emails:,} emails in {store.engine.dialect.name}")
        timed(f"a tick with {asked.approved:,} more", lambda: add(store, asked.approved))
        decide(store)
        look(store)
        print(f"{memory():,} MB")


def number_on(store: Store) -> None:
    """Lets PostgreSQL number what comes after what was filled in with its numbers."""
    if store.engine.dialect.name == "postgresql":
        with store.engine.begin() as connection:
            for table in ("audit", "change_log", "outbox", "personas", "triggers"):
                connection.execute(text(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}"))


def timed(what: str, act: Callable[[], object], times: int = 1) -> None:
    """Prints the least time of so many."""
    took = []
    for _ in range(times):
        begun = perf_counter()
        act()
        took.append(perf_counter() - begun)
    print(f"{what:40} {min(took):8.3f} s", flush=True)


def add(store: Store, emails: int) -> None:
    """Ticks so that so many new people get an email that waits for approval."""
    state = store.ticks.state()
    people = [f"new{number}" for number in range(emails)]
    here = np.ones(len(state.people) + emails, dtype=np.bool_)
    store.ticks.record(
        TickRecord(
            sequence=state.sequence,
            at=NOW,
            rules_digest="r" * 64,
            new_people=people,
            present=here,
            members={"New": here},
            baselines=frozenset({"New"}),
            triggers=frozenset({"Welcome"}),
            rows=tuple(map(new_row, people)),
            matched={"Welcome": emails},
        )
    )


def new_row(person: str) -> NewRow:
    """Returns an email that waits for approval."""
    return NewRow(
        trigger="Welcome",
        tagging=Tagging("New", person, 1, Edge.TAGGED),
        template="Welcome",
        recipient=f"{person}@example.com",
        subject="Hello",
        message_id=f"<{person}@example.org>",
        message=MESSAGE,
        digest=sha256(MESSAGE).hexdigest(),
        auto=False,
        keep=False,
        expires_at=NOW + timedelta(days=7),
        origin="main.rules:1",
        rules_digest="r" * 64,
        template_digest="t" * 64,
    )


def decide(store: Store) -> None:
    """Approves everything that waits, and takes it back."""
    waiting = RowFilter(states=(State.UNAPPROVED,), trigger="Welcome")
    digests = {row.id: row.digest for row in store.outbox.find(waiting)}
    hold = timedelta(minutes=10)
    timed(f"find {len(digests):,} to approve", lambda: store.outbox.find(waiting))
    timed(f"approve {len(digests):,}, dry run", lambda: store.desk.approve(digests, NOW, "ada", hold, dry_run=True))
    timed(f"approve {len(digests):,}", lambda: store.desk.approve(digests, NOW, "ada", hold))
    timed(f"unapprove {len(digests):,}", lambda: store.desk.unapprove(list(digests), NOW, "ada"))


def look(store: Store) -> None:
    """Lists and filters."""
    trigger = store.outbox.find(RowFilter(limit=1))[0].trigger
    for what, wanted in (
        ("the first 50", RowFilter(limit=50)),
        ("50 of a trigger", RowFilter(trigger=trigger, limit=50)),
        ("50 sent of a trigger", RowFilter(trigger=trigger, states=(State.SENT,), limit=50)),
        ("50 of the last trigger", RowFilter(trigger="Welcome", limit=50)),
        ("50 of a persona", RowFilter(persona="New", limit=50)),
        ("50 unapproved", RowFilter(states=(State.UNAPPROVED,), limit=50)),
        ("none in a state", RowFilter(states=(State.EXPIRED,), limit=50)),
        ("those of a person", RowFilter(person="new7", limit=50)),
    ):
        timed(f"list {what}", lambda wanted=wanted: store.outbox.find(wanted), 3)
    timed("count each state", store.outbox.counts, 3)


if __name__ == "__main__":
    main()
