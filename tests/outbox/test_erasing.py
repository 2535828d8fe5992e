"""Forgetting people: nothing in the store's files names them any more, and what is counted still adds up."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.exc import SQLAlchemyError

from rulekit.engine.tick.firing import GONE
from rulekit.errors import RulekitError, StoreError, TickLost, TransitionRefused
from rulekit.outbox.database.tables import metadata
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NoEmail, Passage, Waiting
from rulekit.outbox.people.erasing import ERASED
from rulekit.outbox.rows.queries import RowFilter
from rulekit.outbox.store import Store
from rulekit.outbox.ticks.recording import ALREADY
from rulekit.records import Edge, Later, Notice, NoticeKind, Reason, RefusalClass, Sent, State, Unknown
from tests.outbox import singly
from tests.outbox.conftest import World, new_row
from tests.outbox.postgres_server import Server

# words that stand in nothing but in what is about one person
KEY, NAME, TOWN, FIELD = "quuxington-7", "Zebedee", "Kirkwhelpington", "1987-06-05"
ADDRESS = f"{NAME}@{TOWN}.example"
WORDS = (KEY, NAME, NAME.lower(), TOWN, TOWN.lower(), FIELD)


def all_that_is_kept_of_one(world: World) -> list[int]:
    """Emails of one person in many states, with history, notices, waits and reasons that name them; one of another."""
    for episode in range(1, 7):
        tagging = world.tagging(KEY, episode)
        message = f"To: {ADDRESS}\r\nSubject: Dear {NAME}\r\n\r\nHow is {TOWN}?\r\n".encode()
        row = new_row(tagging, world.now, recipient=ADDRESS, subject=f"Dear {NAME}", message=message)
        row = replace(row, digest=sha256(message).hexdigest(), message_id=f"<{NAME}.{episode}@x>")
        row = replace(row, zone=f"Europe/{TOWN}", because={"born": FIELD})
        if episode > 1:
            world.tick(changes=(MembershipChange(world.tagging(KEY, episode - 1, Edge.UNTAGGED), "left"),))
        world.tick(rows=(row,), changes=(MembershipChange(tagging, "joined"),))
    rows = [row.id for row in world.store.outbox.find()]
    sent, uncertain, retrying, cancelled, approved, _ = rows
    for row, outcome in (
        (sent, Sent(f"250 kept for {ADDRESS}")),
        (uncertain, Unknown(f"{NAME}'s server fell silent")),
        # a plugin that takes an address for something that names nobody
        (retrying, Later(Reason(f"421 closing on {ADDRESS}", "and so on"), RefusalClass.SENDER)),
    ):
        _hand_over(world, row, outcome)
    singly.cancel(world.store, cancelled, world.now, "ada", f"{NAME} called")
    world.approve(approved, timedelta(days=1))
    told = Notice(NoticeKind.DELAYED, (ADDRESS,), f"<{NAME}.1@x>", f"id of {NAME}", TOWN, detail=f"{NAME} is away")
    assert len(world.store.audit.record_notices([told], world.now, "ada").recorded) == 1
    world.tick(
        waiting=(Waiting("Miss_You", world.tagging(KEY, 8), world.later(hours=3)),),
        no_emails=(NoEmail("Miss_You", world.tagging(KEY, 9), f"the plugin says no to {NAME}"),),
    )
    world.enter("bob")
    world.store.sending.halt(f"{KEY} wrote to the press", world.now, "ada")
    return rows


def _hand_over(world: World, row: int, outcome: Any) -> None:
    world.approve(row, timedelta(0))
    (claim,) = world.store.queue.claim_due(world.now, "w", 10).claims
    assert claim.row.id == row
    assert singly.mark_data(world.store, claim, world.now) is None
    singly.finish(world.store, claim, outcome, world.now)


def leave_the_source(world: World, *people: str) -> None:
    """Ticks once more over a source that has these people no longer."""
    state = world.store.ticks.state()
    present = np.array([key not in people for key in state.people])
    world.tick(present=present)


def test_every_trace_of_a_person_is_taken_out_and_all_else_stays(
    world: World, broken: Callable[[Store], dict[str, list[object]]]
) -> None:
    rows = all_that_is_kept_of_one(world)
    states = [world.store.outbox.row(row).state.value for row in rows]
    assert states == ["sent", "uncertain", "retrying", "cancelled", "approved", "unapproved"]
    leave_the_source(world, KEY)
    before = world.store.outbox.row(rows[0])
    others = [row for row in world.store.outbox.find() if row.tagging.person == "bob"]

    (erasure,) = world.store.people.erase([KEY], world.later(hours=1), "eve")

    told = (erasure.person, erasure.ended, erasure.emails, erasure.waits, erasure.in_hand)
    assert told == (KEY, 4, 6, 1, ())
    assert erasure.message_ids == tuple(f"<{NAME}.{episode}@x>" for episode in range(1, 7))
    stone = f"(erased 0 at {world.now.isoformat()[:19]}Z)"
    kept = world.store.outbox.find(RowFilter(person=stone))
    assert [row.id for row in kept] == rows
    assert {(row.recipient, row.subject, row.message_id, row.zone, *row.because) for row in kept} == {
        ("", "", "", None)
    }
    assert all(world.store.outbox.message(row) == b"" for row in rows)
    assert [row.state.value for row in kept] == ["sent", "erased", "erased", "cancelled", "erased", "erased"]
    assert (kept[0].created_at, kept[0].left_at, kept[0].origin) == (before.created_at, before.left_at, before.origin)
    assert [row for row in world.store.outbox.find() if row.tagging.person == "bob"] == others
    assert [e.kind for e in world.store.audit.notices_of(rows[0])] == [NoticeKind.DELAYED]
    assert broken(world.store) == {}
    assert _told_of_nobody(world.store) == []
    sending = world.store.sending.state()
    assert (sending.faults, sending.fault, sending.halt_reason) == (1, ERASED, ERASED)
    assert [(change.person, change.target) for change in world.changes[-4:]] == [(KEY, "erased")] * 4


def test_when_they_passed_through_a_parked_persona_is_forgotten(world: World) -> None:
    world.enter("ada", "bob")
    world.tick(passages=tuple(Passage("Inactive", key, world.now, world.now, True) for key in ("ada", "bob")))
    leave_the_source(world, "ada")
    world.store.people.erase(["ada"], world.later(hours=1), "eve")
    about = world.store.people.about
    assert [len(about(key)["passages"]) for key in world.store.ticks.state().people] == [0, 1]


def _told_of_nobody(store: Store) -> list[str]:
    """Every value of every table that has one of the words."""
    found = []
    with store.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for line in connection.execute(table.select()):
                text = " ".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in line)
                found += [f"{table.name}: {text}" for word in WORDS if word in text]
    return found


def test_no_byte_of_them_is_left_in_the_files_of_the_store(
    world: World, tmp_path: Path, request: pytest.FixtureRequest, store_url: str
) -> None:
    if store_url.startswith("sqlite"):
        # some builds clean up by themselves, most do not
        _ask(world.store, "PRAGMA secure_delete = OFF")
    all_that_is_kept_of_one(world)
    leave_the_source(world, KEY)
    assert _words_in_files(world.store, tmp_path, request, store_url) == {*WORDS}
    world.store.people.erase([KEY], world.now, "eve")
    # what was written over still lies about: without this the test would show nothing
    assert _words_in_files(world.store, tmp_path, request, store_url) != set()
    world.store.clear_leftovers()
    assert _words_in_files(world.store, tmp_path, request, store_url) == set()


def _words_in_files(store: Store, folder: Path, request: pytest.FixtureRequest, store_url: str) -> set[str]:
    if store_url.startswith("postgresql"):
        server: Server = request.getfixturevalue("postgres")
        with server.admin() as connection:
            connection.execute("CHECKPOINT")
            name = store.engine.url.database
            (oid,) = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", (name,)).fetchone() or ()
        # the log of what was written is the server's, and its age decides when it goes
        files = [path for path in (server.data / "base" / str(oid)).iterdir() if path.is_file()]
    else:
        files = [path for path in folder.rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    return {word for word in WORDS if word.encode() in content}


def test_a_dry_run_says_the_same_and_changes_nothing(world: World) -> None:
    all_that_is_kept_of_one(world)
    leave_the_source(world, KEY)
    rows, sequence, told = world.store.outbox.find(), world.store.ticks.state().sequence, len(world.changes)
    planned = world.store.people.erase([KEY], world.now, "eve", dry_run=True)
    assert (world.store.outbox.find(), world.store.ticks.state().sequence, len(world.changes)) == (rows, sequence, told)
    assert world.store.people.erase([KEY], world.now, "eve") == planned


def test_whom_the_source_still_has_is_not_forgotten_unless_they_cannot_be_mailed_again(world: World) -> None:
    world.enter("ada", "bob")
    with pytest.raises(TransitionRefused, match="the source still had `ada` at the last tick") as raised:
        world.store.people.erase(["ada"], world.now, "eve")
    assert "add `--suppress`" in str(raised.value.help)
    assert world.store.ticks.state().people == ["ada", "bob"]

    (erasure,) = world.store.people.erase(["ada"], world.now, "eve", suppress=True)
    assert erasure.suppressed == ("ada@example.com",)
    assert [(s.address, s.reason) for s in world.store.suppressions.all()] == [
        ("ada@example.com", "asked to be forgotten")
    ]
    # the source has them at the next tick still: a new person, and no email to that address
    (row,) = world.enter("ada")
    assert world.store.outbox.row(row).state is State.SUPPRESSED
    assert len(world.store.ticks.state().people) == 3


def test_whom_nobody_can_keep_from_being_mailed_is_not_forgotten_while_the_source_has_them(world: World) -> None:
    world.tick(new_people=["ada"])
    with pytest.raises(TransitionRefused, match="no address is known here"):
        world.store.people.erase(["ada"], world.now, "eve", suppress=True)
    leave_the_source(world, "ada")
    assert world.store.people.erase(["ada"], world.now, "eve")[0].emails == 0


def test_an_address_that_may_not_be_mailed_stays_without_the_words_about_it(world: World) -> None:
    world.enter("ada")
    world.store.suppressions.add("ADA@example.com", "bounced: no Ada Lovelace here", world.now, "sweep")
    leave_the_source(world, "ada")
    (erasure,) = world.store.people.erase(["ada"], world.now, "eve")
    assert erasure.suppressed == ("ada@example.com",)
    (listed,) = world.store.suppressions.all()
    assert (listed.address, listed.reason) == ("ada@example.com", "kept when its person was erased")


def test_an_email_in_the_hands_of_a_worker_is_left_to_it_and_the_person_is_not_forgotten_yet(world: World) -> None:
    sending, waiting = world.enter("ada", "bob")[0], world.store.outbox.find()[-1].id
    second = new_row(world.tagging("ada", 2), world.now)
    world.tick(rows=(second,))
    world.approve(sending, timedelta(0))
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    assert singly.mark_data(world.store, claim, world.now) is None
    leave_the_source(world, "ada")

    (first,) = world.store.people.erase(["ada"], world.now, "eve")
    assert (first.ended, first.emails, first.in_hand) == (1, 1, (sending,))
    assert world.store.outbox.row(sending).recipient == "ada@example.com"
    assert world.store.ticks.state().people[0] == "ada"

    assert singly.finish(world.store, claim, Sent("250 ok"), world.now) is State.SENT
    (again,) = world.store.people.erase(["ada"], world.now, "eve")
    assert (again.ended, again.emails, again.in_hand) == (0, 2, ())
    assert world.store.outbox.row(sending).state is State.SENT
    assert world.store.outbox.row(waiting).recipient == "bob@example.com"


def test_an_uncertain_email_ends_and_the_late_word_of_its_worker_changes_nothing(world: World) -> None:
    (row,) = world.enter("ada")
    world.approve(row, timedelta(0))
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    world.store.queue.reap(world.later(hours=1))
    leave_the_source(world, "ada")
    world.store.people.erase(["ada"], world.now, "eve")
    with pytest.raises(TransitionRefused, match="no longer with worker"):
        singly.finish(world.store, claim, Sent("250 for ada@example.com"), world.now)
    assert world.store.outbox.row(row).state is State.ERASED


def test_a_tick_that_was_computed_before_writes_nothing(world: World) -> None:
    world.enter("ada", "bob")
    leave_the_source(world, "ada")
    stale = world.store.ticks.state().sequence
    world.store.people.erase(["ada"], world.now, "eve")
    with pytest.raises(TickLost):
        world.tick(sequence=stale, rows=(new_row(world.tagging("ada", 2), world.now),))


def test_the_same_email_is_not_made_again_for_whoever_was_erased(world: World) -> None:
    world.enter("ada")
    leave_the_source(world, "ada")
    world.store.people.erase(["ada"], world.now, "eve")
    stone = world.store.ticks.state().people[0]
    outcome = world.tick(rows=(world.new_row(stone),))
    assert outcome.rows == 0
    with world.store.engine.connect() as connection:
        reasons = connection.exec_driver_sql("SELECT reason FROM no_email").scalars().all()
    assert reasons == [ALREADY]


def test_the_tombstone_leaves_at_the_next_tick_as_somebody_who_is_gone(world: World) -> None:
    world.enter("ada", "bob")
    leave_the_source(world, "ada")
    world.store.people.erase(["ada"], world.now, "eve")
    stone = world.store.ticks.state().people[0]
    assert world.store.ticks.state().members["Inactive"].tolist() == [True, True]
    world.tick(changes=(MembershipChange(world.tagging(stone, edge=Edge.UNTAGGED), GONE),))
    assert world.store.ticks.state().members["Inactive"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("asked", "message", "help"),
    [
        ("add", "nobody has the key `add`; did you mean `ada`?", "give the key that the source has"),
        ("ADA@example.com", "`ADA@example.com` is the address of `ada`", "give their key, `ada`"),
        ("nobody@example.com", "nobody has the key `nobody@example.com`", "give the key"),
    ],
)
def test_somebody_unknown_is_told_with_who_was_probably_meant(
    world: World, asked: str, message: str, help: str
) -> None:
    world.enter("ada")
    leave_the_source(world, "ada")
    with pytest.raises(RulekitError) as raised:
        world.store.people.erase(["ada", asked], world.now, "eve")
    assert raised.value.message == message
    assert help in str(raised.value.help)
    assert world.store.outbox.find()[0].recipient == "ada@example.com"


def test_who_was_erased_cannot_be_erased_again(world: World) -> None:
    world.enter("ada")
    leave_the_source(world, "ada")
    world.store.people.erase(["ada", "ada"], world.now, "eve")
    with pytest.raises(RulekitError, match="nobody has the key `ada`"):
        world.store.people.erase(["ada"], world.now, "eve")


# in PostgreSQL a reader only makes the clearing wait
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_store_that_somebody_reads_keeps_old_bytes_and_says_so(world: World, tmp_path: Path) -> None:
    world.enter("ada")
    _ask(world.store, "PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(tmp_path / "state/rulekit.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM outbox").fetchone()
        with pytest.raises(StoreError, match="another process keeps it locked") as raised:
            world.store.clear_leftovers()
    assert "wait until that one has finished" in str(raised.value.help)
    world.store.clear_leftovers()


def _ask(store: Store, statement: str) -> Any:
    with store.engine.connect() as connection:
        return connection.exec_driver_sql(statement).fetchone()


def test_workers_and_an_erasure_at_the_same_time_leave_no_email_half_done(
    world: World, broken: Callable[[Store], dict[str, list[object]]]
) -> None:
    people = [f"p{number}" for number in range(12)]
    for row in world.enter(*people):
        world.approve(row, timedelta(0))
    leave_the_source(world, *people)
    sent: list[int] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def work(name: str) -> None:
        try:
            while not done.is_set():
                for claim in world.store.queue.claim_due(world.now, name, 2).claims:
                    if singly.mark_data(world.store, claim, world.now) is None:
                        time.sleep(0.002)
                        assert claim.message
                        sent.append(claim.row.id)
                        singly.finish(world.store, claim, Sent("250 ok"), world.now)
        except (RulekitError, SQLAlchemyError, AssertionError) as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(2)]
    for worker in workers:
        worker.start()
    left = list(people)
    while left:
        left = [one.person for one in world.store.people.erase(left, world.now, "eve") if one.in_hand]
    done.set()
    for worker in workers:
        worker.join()
    assert failures == []
    assert broken(world.store) == {}
    rows = world.store.outbox.find()
    assert {row.state for row in rows} <= {State.SENT, State.ERASED}
    assert sorted(sent) == [row.id for row in rows if row.state is State.SENT]
    assert {row.recipient for row in rows} == {""}
