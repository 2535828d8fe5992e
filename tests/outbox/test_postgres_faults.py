"""PostgreSQL taken away at any point: a clear error, and afterwards everything goes on; nothing lost, nothing twice."""

import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from rulekit.errors import StoreError, TransitionRefused
from rulekit.outbox.database.tables import metadata
from rulekit.outbox.dispatch.dispatcher import Worker, dispatch
from rulekit.outbox.sending.claims import LEASE
from rulekit.outbox.store import Store
from rulekit.records import Later, Sent, State
from tests.lanes import ON_POSTGRES
from tests.outbox import singly
from tests.outbox.many_workers import START, fill
from tests.proofs import FIGURES

pytestmark = ON_POSTGRES
NOWHERE = Path("/nowhere")
SCRIPT = Path(__file__).with_name("many_workers.py")
ROWS = FIGURES.shared
WORKERS = 8
GONE = r"the connection to the server was lost|the server is going down|the server cannot be reached"


@pytest.fixture
def store_url(database):
    return database


class Receiver:
    """A sender whose other side keeps a ledger; `at` is called with the names of the steps as they come."""

    def __init__(self, at=lambda step: None):
        self.at = at
        self.ledger = Counter()

    def send(self, message, envelope, mark_data):
        self.at("claimed")
        mark_data()
        self.at("marked")
        self.ledger[envelope.message_id] += 1
        self.at("accepted")
        return Sent("250 ok")

    def close(self):
        pass


def send_all(world, receiver):
    return dispatch(world.store, lambda: receiver, lambda: world.now, Worker("w"))


def go_on_until_quiet(world, receiver):
    """What later runs do: workers' leases end, and what waits is tried again."""
    receiver.at = lambda step: None
    for _ in range(3):
        world.now += LEASE + timedelta(minutes=5)
        send_all(world, receiver)


def judge(world, receiver, broken):
    for row in world.store.outbox.find():
        copies = receiver.ledger[row.message_id]
        assert row.state in (State.SENT, State.UNCERTAIN), row
        assert copies == 1 if row.state is State.SENT else copies in (0, 1), row
    assert broken(world.store) == {}


# the server stops in the middle of it


@pytest.mark.parametrize("step", ["claimed", "marked", "accepted"])
def test_the_server_stops_between_steps(world, postgres, broken, step):
    world.enter("ann", "bob", "joe", auto=True)
    steps = []

    def stop(now):
        steps.append(now)
        if now == step and steps.count(step) == 1:
            postgres.stop("immediate")

    receiver = Receiver(stop)
    try:
        with pytest.raises(StoreError, match=GONE):
            send_all(world, receiver)
        with pytest.raises(StoreError, match="cannot be reached"):
            world.store.outbox.find()
    finally:
        postgres.start()
    go_on_until_quiet(world, receiver)
    judge(world, receiver, broken)
    uncertain = sum(row.state is State.UNCERTAIN for row in world.store.outbox.find())
    assert uncertain == (0 if step == "claimed" else 1)


@pytest.mark.parametrize("written", [False, True], ids=["before the commit", "after the commit, before its answer"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_server_stops_during_a_commit(world, postgres, broken, number, written):
    world.enter("ann", "bob", auto=True)
    commits = []

    def stop(connection):
        commits.append(1)
        if len(commits) == number:
            if written:
                connection.exec_driver_sql("COMMIT")
            postgres.stop("immediate")
            connection.exec_driver_sql("SELECT 1")

    receiver = Receiver()
    event.listen(world.store.engine, "commit", stop)
    try:
        with pytest.raises(StoreError):
            send_all(world, receiver)
    finally:
        event.remove(world.store.engine, "commit", stop)
        if not postgres.is_running():
            postgres.start()
    go_on_until_quiet(world, receiver)
    judge(world, receiver, broken)


@pytest.mark.parametrize("mode", ["fast", "smart"])
def test_a_server_that_is_restarted_between_two_runs_is_not_noticed(world, postgres, mode):
    world.enter("ann", auto=True)
    if mode == "smart":
        # waits for every session, so what idles in the pool must be closed by then
        world.store.engine.dispose()
    postgres.stop(mode)
    postgres.start()
    receiver = Receiver()
    assert send_all(world, receiver).sent == 1


# a session ends in the middle of it


def statements(engine, nth, then):
    """Calls `then` before the nth statement; returns how many there were."""

    @contextmanager
    def counted():
        seen = []

        def before(connection, cursor, statement, parameters, context, executemany):
            seen.append(statement)
            if len(seen) == nth:
                then(connection)

        event.listen(engine, "before_cursor_execute", before)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", before)

    return counted()


def dump(store):
    with store.engine.connect() as connection:
        return {name: connection.execute(table.select()).all() for name, table in metadata.tables.items()}


def approve(world):
    # one transaction, which reads nothing afterwards
    world.store.desk.approve({1: world.store.outbox.row(1).digest}, world.now, "ada", timedelta(0))


def tick(world):
    world.tick(rows=(world.new_row("eve"),), waiting=(), withdrawals=())


def claim(world):
    return world.store.queue.claim_due(world.now, "w", 2).claims


METHODS = {
    "tick": (lambda world: None, lambda world, _: tick(world)),
    "approve": (lambda world: None, lambda world, _: approve(world)),
    "cancel": (lambda world: None, lambda world, _: world.store.desk.cancel([1], world.now, "ada", "no")),
    "unapprove": (lambda world: world.approve(1), lambda world, _: world.store.desk.unapprove([1], world.now, "ada")),
    "suppress": (
        lambda world: None,
        lambda world, _: world.store.suppressions.add("ann@example.com", "no", world.now, "x"),
    ),
    "halt": (lambda world: None, lambda world, _: world.store.sending.halt("no", world.now, "ada")),
    "claim": (approve, lambda world, _: claim(world)),
    "mark": (
        lambda world: approve(world) or claim(world),
        lambda world, held: singly.mark_data(world.store, held[0], world.now),
    ),
    "finish": (
        lambda world: approve(world) or claim(world),
        lambda world, held: singly.finish(world.store, held[0], Later("450 busy"), world.now),
    ),
    "reap": (
        lambda world: (approve(world), claim(world)),
        lambda world, _: world.store.queue.reap(world.now + timedelta(days=1)),
    ),
    "look": (
        lambda world: None,
        lambda world, _: (world.store.outbox.find(), world.store.outbox.counts(), world.store.ticks.state()),
    ),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_session_that_ends_before_any_statement_leaves_nothing_half_written(world, postgres, broken, method):
    prepare, act = METHODS[method]
    world.enter("ann")
    world.enter("bob")
    held = prepare(world)

    def end(connection):
        pid = connection.connection.driver_connection.info.backend_pid
        with postgres.admin() as admin:
            assert admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)

    before = dump(world.store)
    nth = 0
    while True:
        nth += 1
        with statements(world.store.engine, nth, end) as seen:
            error = None
            try:
                act(world, held)
            except StoreError as raised:
                error = raised
        if len(seen) < nth:
            break
        # a statement that only wakes a connection up may find a new one
        assert error is None or re.search(GONE, error.message)
        if error is not None:
            assert dump(world.store) == before, seen[-1]
    assert error is None
    assert nth > 2
    assert broken(world.store) == {}
    assert method == "look" or dump(world.store) != before


def test_a_commit_whose_answer_is_lost_can_be_said_again(world, postgres):
    """The change may be written although the caller was told of an error; said again, it is refused or the same."""
    world.enter("ann")

    def lose(connection):
        connection.exec_driver_sql("COMMIT")
        pid = connection.connection.driver_connection.info.backend_pid
        with postgres.admin() as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.exec_driver_sql("SELECT 1")

    event.listen(world.store.engine, "commit", lose)
    with pytest.raises(StoreError):
        singly.cancel(world.store, 1, world.now, "ada", "no")
    event.remove(world.store.engine, "commit", lose)
    assert world.store.outbox.row(1).state is State.CANCELLED
    with pytest.raises(TransitionRefused, match="email 1 is cancelled: no"):
        singly.cancel(world.store, 1, world.now, "ada", "no")


# many at once


def test_eight_workers_send_each_email_exactly_once(database, tmp_path, environment, broken, capsys):
    with Store.open(database, NOWHERE) as store:
        message_ids = fill(store, ROWS)
        began = time.monotonic()
        command = [sys.executable, SCRIPT, database, tmp_path]
        running = [
            subprocess.Popen([*command, f"worker{i}"], stdout=subprocess.PIPE, text=True, env=environment)
            for i in range(WORKERS)
        ]
        try:
            store.suppressions.add("person7@example.com", "asked", START, "test")
            printed = [process.communicate(timeout=600)[0] for process in running]
        finally:
            for process in running:
                process.kill()
        took = time.monotonic() - began
        assert [process.returncode for process in running] == [0] * WORKERS
        lines = [path.read_text().splitlines() for path in sorted(tmp_path.glob("worker*"))]
        accepted = Counter(line for some in lines for line in some)
        forbidden = {row.message_id for row in store.outbox.find() if row.state is State.SUPPRESSED}
        assert forbidden <= {"<7@example.org>"}
        assert accepted == Counter(message_ids - forbidden)
        assert store.outbox.counts().get(State.SENT) == ROWS - len(forbidden)
        assert broken(store) == {}
    # none was left to the others
    assert min(len(some) for some in lines) > 0
    twice = sum(count > 1 for count in accepted.values())
    lost = len(message_ids - forbidden - set(accepted))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{WORKERS} workers, {ROWS} emails, PostgreSQL: {len(accepted)} accepted, {twice} twice, {lost} lost;"
            f" {took:.1f} s, {ROWS / took:.0f} per second; {'; '.join(line.strip() for line in printed)}\n"
        )
