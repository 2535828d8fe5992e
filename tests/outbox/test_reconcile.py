"""A store that nobody has touched adds up; whatever is damaged in it is found and named. Over both kinds of store."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from rulekit.outbox.dispatch.dispatcher import Worker, dispatch
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NoEmail, Waiting
from rulekit.outbox.reconcile import PROMISES, reconcile
from rulekit.outbox.sending.claims import LEASE
from rulekit.outbox.store import Store
from rulekit.outbox.ticks.recording import ALREADY
from rulekit.records import Later, Sent, State, Unknown
from tests.outbox import singly
from tests.outbox.disk import older

DAY = timedelta(days=1)


class Server:
    """Takes every email but those of bob, who is told to come back later, and of eve, about whom it says nothing."""

    def send(self, message, envelope, mark_data):
        mark_data()
        if "bob" in envelope.recipient:
            return Later("450 4.2.0 busy")
        return Unknown("silence") if "eve" in envelope.recipient else Sent("250 2.0.0 ok")

    def close(self):
        pass


@pytest.fixture
def lived(world):
    """A store in which much has happened: emails in most states, a wait, a reason for none, a copy's worth of audit.

    1 ann sent, 2 bob retrying, 3 eve uncertain, 4 joe unapproved, 5 sue cancelled, 6 tom suppressed, 7 pat sending.
    """
    world.enter("ann", "bob", "eve", auto=True)
    world.enter("joe", "sue", "tom", "pat")
    joins = [MembershipChange(world.tagging(person), "joined") for person in ("cid", "dan")]
    world.tick(
        changes=tuple(joins),
        waiting=(Waiting("Miss_You", world.tagging("cid"), world.now + DAY),),
        no_emails=(NoEmail("Miss_You", world.tagging("dan"), "another email of this trigger within 30d"),),
    )
    dispatch(world.store, Server, lambda: world.now, Worker("w"))
    singly.cancel(world.store, 5, world.now, "ada", "not this one")
    world.store.suppressions.add("tom@example.com", "asked", world.now, "ada")
    world.approve(7, hold=timedelta(0))
    (claim,) = world.store.queue.claim_due(world.now, "w", 10).claims
    singly.mark_data(world.store, claim, world.now)
    return world


def broken_promises(world, now=None):
    found = reconcile(world.store, now or world.now)
    assert found.adds_up == (not found.findings)
    return {finding.promise for finding in found.findings}


def damage(world, *statements):
    with world.store.engine.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement


def test_a_store_that_has_lived_adds_up(lived):
    found = reconcile(lived.store, lived.now)
    assert found.findings == ()
    (account,) = found.accounts
    assert (account.trigger, account.matched, account.missing) == ("Miss_You", 9, 0)
    assert account.emails == dict.fromkeys(
        (
            State.UNAPPROVED,
            State.SENDING,
            State.RETRYING,
            State.UNCERTAIN,
            State.SENT,
            State.CANCELLED,
            State.SUPPRESSED,
        ),
        1,
    )
    assert (account.waiting, account.without) == (1, 1)
    assert account.reasons == {"another email of this trigger within 30d": 1}
    assert (found.emails, found.since) == (7, 1)


def test_an_empty_store_adds_up(world):
    found = reconcile(world.store, world.now)
    assert (found.accounts, found.findings, found.emails) == ((), (), 0)


ROW = (
    'DELETE FROM audit WHERE "row" = {0}',
    'DELETE FROM messages WHERE "row" = {0}',
    "DELETE FROM outbox WHERE id = {0}",
)
DAMAGES = {
    "an email is gone": ("I4", [part.format(4) for part in ROW]),
    "an email that was sent is gone": ("I4", [part.format(1) for part in ROW]),
    "a reason is gone": ("I4", ["DELETE FROM no_email"]),
    "a wait is gone": ("I4", ["DELETE FROM waiting"]),
    "a match is gone": ("I4", ["UPDATE ledger SET matched = matched - 1 WHERE tick = 1"]),
    "a match too many": ("I4", ["UPDATE ledger SET matched = matched + 1 WHERE tick = 1"]),
    "the ledger of a tick is gone": ("I4", ["DELETE FROM ledger WHERE tick = 2"]),
    "a reason beside an email": (
        "I4",
        [
            'INSERT INTO no_email (id, "trigger", persona, person, episode, edge, tick, at, reason) '
            "SELECT 99, \"trigger\", persona, person, episode, edge, tick, created_at, 'why' FROM outbox WHERE id = 4"
        ],
    ),
    "a wait beside an email": (
        "I4",
        [
            'INSERT INTO waiting (id, "trigger", persona, person, episode, edge, due) '
            'SELECT 99, "trigger", persona, person, episode, edge, created_at FROM outbox WHERE id = 4'
        ],
    ),
    "how sending goes is gone": ("I4", ["DELETE FROM sending"]),
    "a copy out of nothing": ("I1", ["UPDATE outbox SET copy = 1 WHERE id = 4"]),
    "accepted twice": (
        "I1",
        ["UPDATE audit SET target = 'sent', target_phase = NULL WHERE \"row\" = 1 AND target = 'sending'"],
    ),
    "approved after it left": ("I2", ["UPDATE outbox SET approved_at = (SELECT at FROM later) WHERE id = 1"]),
    "a hold that was not over": ("I2", ["UPDATE outbox SET not_before = (SELECT at FROM later) WHERE id = 1"]),
    "sent though refused": ("I5", ["UPDATE outbox SET reply = '550 5.7.1 no' WHERE id = 1"]),
    "sent without a word": ("I5", ["UPDATE outbox SET reply = ' ' WHERE id = 1"]),
    "another digest": ("I6", [f"UPDATE outbox SET digest = '{'0' * 64}' WHERE id = 4"]),
    "another Date": ("I6", ["UPDATE outbox SET dated_at = (SELECT at FROM later) WHERE id = 1"]),
    "no message": ("I6", ['DELETE FROM messages WHERE "row" = 1']),
    "back from an end": (
        "I7",
        [
            "UPDATE outbox SET state = 'unapproved', finished_at = NULL WHERE id = 5",
            'INSERT INTO audit (id, "row", at, transition, source, target, actor, actor_name, reason) '
            "SELECT 999, 5, at, 'unapprove', 'cancelled', 'unapproved', 'approver', 'eve', '' FROM audit WHERE id = 1",
        ],
    ),
    "a change without history": (
        "I8",
        ["UPDATE outbox SET state = 'cancelled', reason = 'x', finished_at = changed_at WHERE id = 4"],
    ),
    "another phase": ("I8", ["UPDATE outbox SET phase = 'claimed' WHERE id = 7"]),
    "the first line of a history is gone": ("I8", ['DELETE FROM audit WHERE "row" = 1 AND source IS NULL']),
    "a line in the middle is gone": ("I8", ["DELETE FROM audit WHERE \"row\" = 1 AND transition = 'claim'"]),
    "the last line is gone": ("I8", ["DELETE FROM audit WHERE \"row\" = 1 AND transition = 'send'"]),
    "the whole history is gone": ("I8", ['DELETE FROM audit WHERE "row" = 4']),
    "a line twice": (
        "I8",
        [
            'INSERT INTO audit (id, "row", at, transition, source, target, actor, actor_name, reason) '
            'SELECT 999, "row", at, transition, source, target, actor, actor_name, reason FROM audit WHERE id = 4'
        ],
    ),
    "a change that there is not": ("I8", ["UPDATE audit SET transition = 'teleport' WHERE \"row\" = 4"]),
    "a change by somebody who may not": (
        "I8",
        ["UPDATE audit SET actor = 'worker' WHERE \"row\" = 7 AND transition = 'approve'"],
    ),
    "a change of members is gone": ("I9", ["DELETE FROM change_log WHERE id = 1"]),
    "a tick is gone": ("I9", ["DELETE FROM ticks WHERE sequence = 2"]),
    "another last tick": ("I9", ["UPDATE last_tick SET sequence = sequence + 1"]),
    "no last tick": ("I9", ["DELETE FROM last_tick"]),
    "other members": ("I9", ["UPDATE personas SET bits = (SELECT bits FROM nobody)"]),
    "another number of members": ("I9", ["UPDATE personas SET members = members + 1"]),
    "an email of no tick": ("I9", ["UPDATE outbox SET tick = 77 WHERE id = 4"]),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found(lived, name):
    promise, statements = DAMAGES[name]
    with lived.store.engine.begin() as connection:
        # values that the two databases write differently
        connection.execute(text("CREATE TABLE later AS SELECT max(at) AS at FROM ticks"))
        connection.execute(text("CREATE TABLE nobody AS SELECT message AS bits FROM messages LIMIT 0"))
    with lived.store.engine.begin() as connection:
        at = lived.store.ticks.state().at + DAY
        connection.execute(text("UPDATE later SET at = :at").bindparams(at=_written(connection, at)))
        connection.execute(text("INSERT INTO nobody VALUES (:none)").bindparams(none=b"\0"))
    damage(lived, *statements)
    found = broken_promises(lived)
    assert promise in found
    # what is lost of one thing may break what was promised of another, but not of everything
    assert len(found) <= 3, found


def _written(connection, instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if connection.dialect.name == "sqlite" else instant


def test_a_byte_is_found(lived):
    with lived.store.engine.begin() as connection:
        message = lived.store.outbox.message(1)
        changed = message[:-3] + bytes([message[-3] ^ 1]) + message[-2:]
        connection.execute(text('UPDATE messages SET message = :m WHERE "row" = 1').bindparams(m=changed))
    (finding,) = reconcile(lived.store, lived.now).findings
    assert (finding.promise, finding.kind, finding.count, finding.first) == ("I6", "email", 1, ("1",))


def test_an_email_that_left_after_its_address_was_suppressed_is_found(lived):
    # the very order counts, and not what the clocks of two machines said
    lived.store.suppressions.add("ann@example.com", "asked", lived.now - DAY, "ada")
    assert broken_promises(lived) == set()
    damage(lived, "UPDATE suppressions SET last_line = 0 WHERE address = 'ann@example.com'")
    assert broken_promises(lived) == {"I3"}


def test_an_email_that_left_after_its_person_was_suppressed_is_found(lived):
    lived.store.suppressions.add("ann@example.com", "asked", lived.now - DAY, "ada")
    assert broken_promises(lived) == set()
    damage(lived, "UPDATE suppressed_people SET last_line = 0")
    assert broken_promises(lived) == {"I3"}


def test_a_suppression_of_another_trigger_forbids_nothing(lived):
    lived.tick(triggers=frozenset({"Miss_You", "Other"}))
    lived.store.suppressions.add("ann@example.com", "asked", lived.now, "ada", trigger="Other")
    damage(lived, "UPDATE suppressions SET last_line = 0 WHERE address = 'ann@example.com'")
    assert broken_promises(lived) == set()


def test_a_worker_that_nobody_misses_is_told(lived):
    assert broken_promises(lived, lived.now + LEASE) == set()
    (finding,) = reconcile(lived.store, lived.now + 3 * LEASE).findings
    assert (finding.promise, finding.first) == ("I4", ("7",))
    assert "rulekit run" in finding.help
    lived.store.queue.reap(lived.now + 3 * LEASE)
    assert broken_promises(lived, lived.now + 3 * LEASE) == set()


def test_an_email_that_was_passed_over_is_told(world):
    (first,) = world.enter("ann", auto=True)
    world.later(hours=3)
    world.enter("joe", auto=True)
    # somebody else had hold of the first one, for a moment
    damage(world, f"UPDATE outbox SET state = 'unapproved' WHERE id = {first}")
    dispatch(world.store, Server, lambda: world.now, Worker("w"))
    damage(world, f"UPDATE outbox SET state = 'approved' WHERE id = {first}")
    (finding,) = reconcile(world.store, world.now).findings
    assert (finding.promise, finding.first) == ("I10", ("1",))


def test_a_trigger_that_looks_at_another_persona_loses_no_reason(world):
    for persona in ("Inactive", "Lost", "Gone"):
        tagging = world.tagging("ann", persona=persona)
        state = world.store.ticks.state()
        members = dict(state.members) | {persona: np.zeros(len(state.people), dtype=np.bool_)}
        world.tick(members=members)
        world.tick(changes=(MembershipChange(tagging, "joined"),), no_emails=(NoEmail("Miss_You", tagging, persona),))
    (account,) = reconcile(world.store, world.now).accounts
    assert (account.matched, account.without) == (3, 3)
    assert broken_promises(world) == set()


def test_ten_are_named_and_the_others_counted(world):
    world.enter(*(f"p{number}" for number in range(25)))
    damage(world, f"UPDATE outbox SET digest = '{'0' * 64}'")
    (finding,) = reconcile(world.store, world.now).findings
    assert (finding.count, finding.first) == (25, tuple(map(str, range(1, 11))))


def test_what_lies_between_slices_is_seen(world, monkeypatch):
    monkeypatch.setattr(reconcile.__module__ + ".SLICE", 4)
    ids = world.enter(*(f"p{number}" for number in range(13)))
    heard = []
    assert reconcile(world.store, world.now, lambda done, total: heard.append((done, total))).adds_up
    assert heard == [(4, 13), (8, 13), (12, 13), (13, 13)]
    for row in ids:
        damage(world, f"UPDATE outbox SET digest = '{'0' * 64}' WHERE id = {row}")
    assert [finding.count for finding in reconcile(world.store, world.now).findings] == [13]


def test_each_promise_is_checked_by_something_that_a_test_breaks():
    tested = {promise for promise, _ in DAMAGES.values()} | {"I3", "I10"}
    assert tested == set(PROMISES)


def test_a_store_of_the_first_version_adds_up_and_says_since_when_it_counts(tmp_path):
    older.make(tmp_path / "rulekit.db")
    with Store.open("sqlite:///rulekit.db", tmp_path) as store:
        found = reconcile(store, store.ticks.state().at)
        assert found.findings == ()
        assert found.since == 0
        assert sum(account.matched for account in found.accounts) == found.emails > 0
        with store.engine.begin() as connection:
            connection.execute(text('DELETE FROM audit WHERE "row" = 1'))
            connection.execute(text('DELETE FROM messages WHERE "row" = 1'))
            connection.execute(text("DELETE FROM outbox WHERE id = 1"))
        assert {finding.promise for finding in reconcile(store, store.ticks.state().at).findings} == {"I4"}


def test_what_was_answered_twice_before_the_ledger_is_counted_once(tmp_path):
    older.make(tmp_path / "rulekit.db")
    path = tmp_path / "rulekit.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        names = '"trigger", persona, person, episode, edge, tick'
        connection.execute(
            f"INSERT INTO no_email ({names}, at, reason) SELECT {names}, created_at, '{ALREADY}' FROM outbox LIMIT 1"
        )
    with Store.open("sqlite:///rulekit.db", tmp_path) as store:
        assert reconcile(store, store.ticks.state().at).findings == ()


def test_it_adds_up_at_every_moment_while_workers_work(world, tmp_path: Path):
    """Reconciles between any two steps of a random day."""
    chance = random.Random(7)
    made = Counter()
    for day in range(12):
        world.enter(f"p{day}", f"q{day}", auto=chance.random() < 0.5)
        dispatch(world.store, Server, lambda: world.now, Worker("w"))
        for row in world.store.outbox.find():
            if row.state is State.UNAPPROVED and chance.random() < 0.5:
                world.approve(row.id)
        assert broken_promises(world) == set()
        world.later(hours=chance.randint(1, 30))
        made.update(row.state for row in world.store.outbox.find())
    assert made[State.SENT]
    assert made[State.UNAPPROVED]
