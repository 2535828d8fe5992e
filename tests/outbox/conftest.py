"""A store with people, and short ways to make ticks and rows for it."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from sqlalchemy import create_engine, func, select, update

import rulekit
from rulekit.outbox.database import identity
from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.tables import audit, sending
from rulekit.outbox.database.transactions import Database
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NewRow, TickOutcome, TickRecord
from rulekit.outbox.reconcile import reconcile
from rulekit.outbox.sending import throttle
from rulekit.outbox.store import Store
from rulekit.records import Edge, OutboxChange, Tagging
from tests.lanes import ON_POSTGRES
from tests.outbox import singly
from tests.outbox.postgres_server import Server, running_server

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
T = TypeVar("T")


class World:
    """A store under test: what was done to it last, and the shortest way to do the next thing."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.changes: list[OutboxChange] = []
        store.on_change = self.changes.append
        self.now = NOW

    def later(self, **length: float) -> datetime:
        self.now += timedelta(**length)
        return self.now

    def tagging(self, person: str, episode: int = 1, edge: Edge = Edge.TAGGED, persona: str = "Inactive") -> Tagging:
        return Tagging(persona, person, episode, edge)

    def new_row(self, person: str, **changes: object) -> NewRow:
        return new_row(self.tagging(person), self.now, **changes)

    def tick(self, **changes: object) -> TickOutcome:
        """A tick that keeps memberships as they are, but for what is said; everybody new in a row is a new person."""
        state = self.store.ticks.state()
        record = TickRecord(
            sequence=state.sequence,
            at=self.now,
            rules_digest="r" * 64,
            new_people=[],
            present=state.present,
            members=dict(state.members) or {"Inactive": np.zeros(0, dtype=np.bool_)},
            triggers=frozenset({"Miss_You"}),
        )
        record = replace(record, **changes)  # type: ignore[arg-type]
        if "matched" not in changes:
            record = replace(record, matched=matched(record))
        known = {*state.people, *record.new_people}
        met = [line.tagging.person for line in (*record.changes, *record.rows, *record.waiting, *record.no_emails)]
        people = [*record.new_people, *dict.fromkeys(person for person in met if person not in known)]
        total = len(state.people) + len(people)
        members = {name: wide(bits, total).copy() for name, bits in record.members.items()}
        places = {person: place for place, person in enumerate([*state.people, *people])}
        for change in record.changes:
            if "members" not in changes and change.tagging.persona in members:
                members[change.tagging.persona][places[change.tagging.person]] = change.reason == "joined"
        present = wide(record.present, total, fill=True)
        return self.store.ticks.record(replace(record, new_people=people, present=present, members=members))

    def enter(self, *people: str, **changes: object) -> list[int]:
        """Ticks so that these people join and get an email each; returns the rows' ids."""
        before = {row.id for row in self.store.outbox.find()}
        joins = tuple(MembershipChange(self.tagging(person), "joined") for person in people)
        self.tick(rows=tuple(self.new_row(person, **changes) for person in people), changes=joins)
        return [row.id for row in self.store.outbox.find() if row.id not in before]

    def approve(self, row: int, hold: timedelta = timedelta(minutes=10)) -> None:
        singly.approve(self.store, row, self.store.outbox.row(row).digest, self.now, "ada", hold)


def matched(tick: TickRecord) -> Counter[str]:
    """How many taggings must have matched, by trigger, for a tick to make what it makes."""
    answers = Counter(answer.trigger for answer in (*tick.rows, *tick.waiting, *tick.no_emails))
    answers.subtract(Counter(wait.trigger for wait in tick.waiting_done))
    return answers


def wide(bits: "np.ndarray", total: int, fill: bool = False) -> "np.ndarray":
    return np.concatenate([bits, np.full(total - len(bits), fill)]) if len(bits) < total else bits


def new_row(tagging: Tagging, now: datetime, **changes: object) -> NewRow:
    address = f"{tagging.person}@example.com"
    message = f"From: Ada <ada@example.org>\r\nTo: {address}\r\nSubject: Hello\r\n\r\nHello {tagging}\r\n".encode()
    row = NewRow(
        trigger="Miss_You",
        tagging=tagging,
        template="Miss_You",
        recipient=address,
        subject="Hello",
        message_id=f"<{tagging.person}.{tagging.episode}@example.org>",
        message=message,
        digest=sha256(message).hexdigest(),
        auto=False,
        keep=False,
        expires_at=now + timedelta(days=7),
        origin="rules/main.rules:12",
        rules_digest="r" * 64,
        template_digest="t" * 64,
        because={"last_login": "2026-01-01"},
    )
    return replace(row, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that runs while the tests do, with a database `store` that is made and brought up to date."""
    with running_server() as server:
        with server.admin() as connection:
            connection.execute("CREATE DATABASE store OWNER rulekit")
        Store.open(server.url("store"), Path()).close()
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    """The URL of a new store in PostgreSQL."""
    name = postgres.make_database("store")
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRES)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Where the store under test lies; the whole suite runs once per kind of store."""
    if request.param == "sqlite":
        return "sqlite:///state/rulekit.db"
    url: str = request.getfixturevalue("database")
    return url


@pytest.fixture
def open_store(store_url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(Store.open(store_url, tmp_path))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def world(open_store: Callable[[], Store]) -> World:
    return World(open_store())


def take_over(store: Store) -> None:
    """Takes a copy for the store that sends, as a test means it that plays on in another place than it began."""

    def act(work: Work) -> None:
        line = work.connection.execute(throttle._LOOKED_AT).one()
        if line.place is not None:
            work.connection.execute(update(sending).values(identity.settle_in(work.connection, line)))

    store.write(act)


# what must always be true is what `rulekit reconcile` looks at


def find_broken(place: Path | Store) -> dict[str, tuple[str, ...]]:
    """What breaks each promise in a store, or in the one at that path; nothing when all hold."""
    if isinstance(place, Path):
        engine = create_engine(f"sqlite:///{place}")
        try:
            return _find_broken(Database(engine))
        finally:
            engine.dispose()
    return _find_broken(place)


def _find_broken(database: Database) -> dict[str, tuple[str, ...]]:
    # a lease that ended is no fault of those who did not run since
    latest = database.read(lambda connection: connection.execute(select(func.max(audit.c.at))).scalar())
    found = reconcile(database, latest or NOW)
    return {f"{finding.promise}: {finding.problem}": finding.first for finding in found.findings}


@pytest.fixture
def broken() -> Callable[[Path | Store], dict[str, tuple[str, ...]]]:
    return find_broken


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The environment for a process that is to import this rulekit, and to fork, so without threads."""
    return {**os.environ, "PYTHONPATH": str(Path(rulekit.__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture
def make_row() -> Callable[..., NewRow]:
    return new_row
