"""Measures `rulekit reconcile`, and a scrape of the metrics, over a large outbox.

    python bench/reconcile.py --emails 100000 [--url postgresql://…]

The emails are of 2 KB each, with a history of four lines; nearly all of them are sent. Meanwhile somebody writes to the
store without a pause, as workers do, and the longest wait of theirs is printed.
"""

import argparse
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import insert, text, update

from rulekit.outbox.database.tables import (
    audit,
    change_log,
    last_tick,
    ledger,
    messages,
    metadata,
    outbox,
    people,
    personas,
    ticks,
    triggers,
)
from rulekit.outbox.lifecycle.bits import pack
from rulekit.outbox.reconcile import reconcile
from rulekit.outbox.rows.suppressions import Which
from rulekit.outbox.store import Store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MESSAGE = b"From: ada@example.com\r\n\r\n" + b"Dear reader, we miss you. Come back soon.\r\n" * 47
DIGEST = sha256(MESSAGE).hexdigest()
TRIGGERS = 20
BATCH = 10_000


def main() -> None:
    """Prints what each costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=100_000)
    parser.add_argument("--url", default="sqlite:///state.db")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(asked.url, Path(folder)) as store:
        fill(store, asked.emails)
        print(f"{asked.emails:,} emails in {store.engine.dialect.name}, {memory():,} MB")
        for name, act in (("reconcile", check), ("scrape", scrape)):
            for busy in (False, True):
                seconds, waited = measured(store, act, busy=busy)
                told = f", a writer waited {waited * 1000:,.0f} ms at most" if busy else ""
                print(f"{name:10} {seconds:8.2f} s, {memory():,} MB{told}")


def check(store: Store) -> None:
    """Looks at everything."""
    found = reconcile(store, NOW)
    assert found.adds_up, found.findings


def scrape(store: Store) -> None:
    """Reads the figures, as each scrape does."""
    store.audit.figures()


def memory() -> int:
    """Returns the most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(store: Store, act: Callable[[Store], None], *, busy: bool) -> tuple[float, float]:
    """Returns the seconds that it takes, and the longest that somebody waited who writes meanwhile."""
    over, waits = Event(), [0.0]

    def write() -> None:
        while not over.is_set():
            begun = perf_counter()
            store.suppressions.add("nobody@example.com", "asked", NOW, "bench")
            store.suppressions.remove(Which(frozenset({"nobody@example.com"})))
            waits.append(perf_counter() - begun)

    writer = Thread(target=write)
    if busy:
        writer.start()
    begun = perf_counter()
    act(store)
    seconds = perf_counter() - begun
    over.set()
    if busy:
        writer.join()
    return seconds, max(waits)


def fill(store: Store, count: int) -> None:
    """Writes emails with bytes and histories, and the ticks, the ledger and the log that belong to them."""
    everybody = pack(np.ones(count, dtype=np.bool_))
    with store.engine.begin() as connection:

        def write(table: Any, lines: Iterator[dict[str, Any]]) -> None:
            while some := list(islice(lines, BATCH)):
                connection.execute(insert(table), some)

        line = {"sequence": 1, "at": NOW, "rules_digest": "r"}
        connection.execute(insert(ticks), [{**line, "changes": count, "rows": count}])
        connection.execute(update(last_tick).values(**line, present=everybody))
        write(people, ({"ordinal": i, "key": f"p{i}"} for i in range(count)))
        connection.execute(insert(personas), [{"id": 1, "name": "All", "bits": everybody, "members": count}])
        named = [{"id": i + 1, "name": f"Trigger_{i}", "seen_at": NOW} for i in range(TRIGGERS)]
        connection.execute(insert(triggers), named)
        matched = [len(range(i, count, TRIGGERS)) for i in range(TRIGGERS)]
        write(ledger, ({"tick": 1, "trigger": i + 1, "matched": n} for i, n in enumerate(matched) if n))
        tagged = {"persona": 1, "episode": 1, "edge": "tagged", "tick": 1}
        write(change_log, ({**tagged, "person": i, "at": NOW, "reason": "joined"} for i in range(count)))
        write(outbox, (email(i, tagged) for i in range(count)))
        write(messages, ({"row": i + 1, "message": MESSAGE} for i in range(count)))
        write(audit, (step for i in range(count) for step in history(i)))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def email(number: int, tagged: dict[str, Any]) -> dict[str, Any]:
    """Returns one row; of a hundred, ninety-eight are sent and two wait for approval."""
    sent = number % 50 != 0
    address = f"p{number}@example.com"
    row = {column.name: None for column in metadata.tables["outbox"].columns}
    return row | {
        **tagged,
        "id": number + 1,
        "trigger": number % TRIGGERS + 1,
        "person": number,
        "copy": 0,
        "state": "sent" if sent else "unapproved",
        "template": "Hello",
        "recipient": address,
        "address": address,
        "subject": "Hello",
        "message_id": f"<{number}@example.com>",
        "digest": DIGEST,
        "auto": sent,
        "keep": False,
        "origin": "main.rules:1",
        "rules_digest": "r" * 64,
        "template_digest": "t" * 64,
        "because": {"plan": "pro"},
        "created_at": NOW,
        "changed_at": NOW,
        "expires_at": NOW + timedelta(days=7),
        "attempts": 0,
        "token": 1,
        **(dict.fromkeys(("approved_at", "not_before", "left_at", "finished_at"), NOW) if sent else {}),
        **({"approved_by": "auto=true", "reply": "250 2.0.0 ok"} if sent else {}),
    }


def history(number: int) -> Iterator[dict[str, Any]]:
    """Returns the lines of the history of one email."""
    for transition, source, source_phase, target, phase, actor in (
        STEPS if number % 50 else [("make", None, None, "unapproved", None, "tick")]
    ):
        told = {"at": NOW, "actor": actor, "actor_name": actor, "reason": "", "row": number + 1}
        at = {"source": source, "source_phase": source_phase, "target": target, "target_phase": phase}
        yield {**told, **at, "transition": transition}


STEPS = [
    ("make approved", None, None, "approved", None, "tick"),
    ("claim", "approved", None, "sending", "claimed", "worker"),
    ("mark data", "sending", "claimed", "sending", "data", "worker"),
    ("send", "sending", "data", "sent", None, "worker"),
]


if __name__ == "__main__":
    main()
