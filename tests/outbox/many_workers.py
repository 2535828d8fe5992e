"""One of many workers: `python many_workers.py URL FOLDER NAME` sends what is due into a ledger of its own."""

import random
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np

from rulekit.outbox.dispatch.dispatcher import Worker, dispatch
from rulekit.outbox.lifecycle.tick_values import NewRow, TickRecord
from rulekit.outbox.store import Store
from rulekit.records import Edge, Envelope, Sent, Tagging

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CONNECTIONS = 16


class Ledger:
    """What a receiving server has accepted; a line per email, by any connection of this worker."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("a", buffering=1)

    def send(self, message: bytes, envelope: Envelope, mark_data) -> Sent:
        mark_data()
        self.file.write(f"{envelope.message_id}\n")
        return Sent("250 ok")

    def close(self) -> None:
        pass


def fill(store: Store, count: int) -> set[str]:
    """Puts that many emails into a new store, due at START, as a tick would; returns their ids."""
    everybody = np.ones(count, dtype=np.bool_)
    message = b"From: ada@example.org\r\n\r\nHello\r\n"
    first = NewRow(
        trigger="Miss_You",
        tagging=Tagging("Inactive", "person0", 1, Edge.TAGGED),
        template="Miss_You",
        recipient="person0@example.com",
        subject="Hello",
        message_id="<0@example.org>",
        message=message,
        digest=sha256(message).hexdigest(),
        auto=True,
        keep=False,
        expires_at=START + timedelta(days=7),
        origin="main.rules:1",
        rules_digest="r" * 64,
        template_digest="t" * 64,
    )
    store.ticks.record(
        TickRecord(
            sequence=0,
            at=START,
            rules_digest="r" * 64,
            new_people=[f"person{i}" for i in range(count)],
            present=everybody,
            members={"Inactive": everybody},
            baselines=frozenset({"Inactive"}),
            triggers=frozenset({"Miss_You"}),
            rows=(first,),
            matched={"Miss_You": count},
        )
    )
    with store.engine.begin() as connection:
        # the others are copies of the first, which a tick takes longer to make than the workers to send
        for table, changed in (
            ("outbox", {"id": "id + n", "person": "n", "recipient": _ADDRESS, "address": _ADDRESS, "message_id": _ID}),
            ("messages", {'"row"': '"row" + n'}),
            ("audit", {"id": "nextval('audit_id_seq')", '"row"': '"row" + n'}),
        ):
            names = connection.exec_driver_sql(f"SELECT * FROM {table} LIMIT 0").keys()
            quoted = [name if name == "id" else f'"{name}"' for name in names]
            values = [changed.get(name, changed.get(name.strip('"'), name)) for name in quoted]
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({', '.join(quoted)}) "
                f"SELECT {', '.join(values)} FROM {table}, generate_series(1, {count - 1}) AS n"
            )
        connection.exec_driver_sql("SELECT setval('outbox_id_seq', max(id)) FROM outbox")
    return {f"<{i}@example.org>" for i in range(count)}


_ADDRESS = "'person' || n || '@example.com'"
_ID = "'<' || n || '@example.org>'"


def main(url: str, folder: Path, name: str) -> None:
    ledger = Ledger(folder / name)
    worker = Worker(name, connections=CONNECTIONS, jitter=random.random)
    with Store.open(url, Path()) as store:
        report = dispatch(store, lambda: ledger, lambda: START + timedelta(minutes=1), worker)
    sys.stdout.write(f"{name} {report.sent}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
