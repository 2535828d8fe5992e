"""Emails that failed, sent again as copies; over every kind of store."""

from datetime import timedelta

import pytest

from rulekit.errors import StoreError
from rulekit.outbox.rows.queries import NO_DIGEST, RowFilter
from rulekit.records import Later, RefusalClass, Refused, Sent, State
from tests.outbox import singly

DEAD = Refused("550 5.1.1 nobody of that name", RefusalClass.ADDRESS)
FULL = Refused("552 5.2.2 mailbox full")


def end(world, row, outcome):
    """Takes an email to the end that the outcome means."""
    if world.store.outbox.row(row).state is State.UNAPPROVED:
        world.approve(row, timedelta(0))
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    return singly.finish(world.store, claim, outcome, world.now)


@pytest.fixture
def failed(world):
    (row,) = world.enter("ann")
    assert end(world, row, FULL) is State.FAILED
    return row


def test_a_copy_has_the_same_bytes_and_message_id_and_a_hold_and_time_of_its_own(world, failed, broken):
    world.later(days=9)
    done = world.store.desk.retry([failed], world.now, "ada", "they made room", timedelta(minutes=10))
    assert (done.refused, done.hurried) == ({}, frozenset())
    first, copy = world.store.outbox.row(failed), world.store.outbox.row(done.copies[failed])
    assert (first.state, copy.state, copy.copy) == (State.FAILED, State.APPROVED, 1)
    assert (copy.message_id, copy.digest, copy.tagging) == (first.message_id, first.digest, first.tagging)
    assert world.store.outbox.message(copy.id) == world.store.outbox.message(first.id)
    assert copy.expires_at == world.now + timedelta(days=7)
    assert world.store.queue.claim_due(world.now, "w", 9).claims == []
    world.later(minutes=10)
    assert end(world, copy.id, Sent("250 ok")) is State.SENT
    assert broken(world.store) == {}


def test_what_was_sent_again_is_not_sent_again_but_its_copy_may_be(world, failed, broken):
    copy = world.store.desk.retry([failed], world.now, "ada").copies[failed]
    assert "was sent again as email" in world.store.desk.retry([failed], world.now, "ada").refused[failed].message
    assert end(world, copy, FULL) is State.FAILED
    second = world.store.desk.retry([copy], world.now, "ada").copies[copy]
    assert world.store.outbox.row(second).copy == 2
    assert "was sent again as email" in world.store.desk.retry([failed], world.now, "ada").refused[failed].message
    assert broken(world.store) == {}


def test_a_dead_address_is_not_mailed_again(world, broken):
    (row,) = world.enter("ann")
    end(world, row, DEAD)
    refused = world.store.desk.retry([row], world.now, "ada").refused
    assert "ann@example.com is suppressed" in refused[row].message
    assert len(world.store.outbox.find()) == 1
    assert broken(world.store) == {}


def test_what_never_had_a_message_cannot_be_sent_again(world):
    (row,) = world.enter("ann", failure="there is no address", message=b"", recipient="")
    assert "has no message: there is no address" in world.store.desk.retry([row], world.now, "ada").refused[row].message


@pytest.mark.parametrize(("auto", "state"), [(False, State.UNAPPROVED), (True, State.APPROVED)])
def test_one_that_could_not_be_made_is_made_anew_in_its_place(world, broken, auto, state):
    (row,) = world.enter("ann", failure="there is no address", message=b"", digest=NO_DIGEST, recipient="")
    world.later(days=2)
    draft = world.new_row("ann", auto=auto)
    hold = timedelta(minutes=10)
    assert world.store.desk.make_anew({row: draft}, world.now, "ada", "mended", hold, dry_run=True).copies.keys() == {
        row
    }
    assert len(world.store.outbox.find()) == 1
    made = world.store.desk.make_anew({row: draft}, world.now, "ada", "mended", hold)
    first, anew = world.store.outbox.find()
    assert made.copies == {row: anew.id}
    assert (first.state, anew.state, anew.copy, anew.tagging) == (State.FAILED, state, 1, first.tagging)
    assert (anew.created_at, anew.recipient, anew.expires_at) == (world.now, "ann@example.com", draft.expires_at)
    assert anew.not_before == (world.now + hold if auto else None)
    assert world.store.outbox.message(anew.id) == draft.message
    assert "was sent again as email" in world.store.desk.make_anew({row: draft}, world.now, "ada").refused[row].message
    world.later(minutes=10)
    assert end(world, anew.id, Sent("250 ok")) is State.SENT
    assert broken(world.store) == {}


def test_of_one_that_is_made_anew_the_address_of_today_counts(world, broken):
    (row,) = world.enter("ann")
    singly.cancel(world.store, row, world.now, "ada")
    world.store.suppressions.add("gone@example.com", "asked", world.now, "ann")
    draft = world.new_row("ann", recipient="gone@example.com")
    refused = world.store.desk.make_anew({row: draft}, world.now, "ada").refused
    assert "gone@example.com is suppressed" in refused[row].message
    draft = world.new_row("ann", recipient="ann@new.example.com")
    assert world.store.desk.make_anew({row: draft}, world.now, "ada").copies
    assert broken(world.store) == {}


def test_only_what_failed_without_a_message_or_was_cancelled_is_made_anew(world, failed):
    draft = world.new_row("ann")
    assert "is failed: 552" in world.store.desk.make_anew({failed: draft}, world.now, "ada").refused[failed].message
    (waiting,) = world.enter("bob")
    refused = world.store.desk.make_anew({waiting: world.new_row("bob")}, world.now, "ada").refused
    assert "is unapproved" in refused[waiting].message
    world.store.people.erase(["ann"], world.now, "ada", suppress=True)
    refused = world.store.desk.make_anew({failed: draft}, world.now, "ada").refused
    assert "its person was erased" in refused[failed].message


def test_who_was_forgotten_is_not_mailed_again(world, failed):
    world.store.people.erase(["ann"], world.now, "ada", suppress=True)
    assert "has no message" in world.store.desk.retry([failed], world.now, "ada").refused[failed].message


def test_one_that_waits_for_another_attempt_is_due_now(world, broken):
    (row,) = world.enter("ann")
    assert end(world, row, Later("451 4.3.0 not now")) is State.RETRYING
    assert world.store.queue.claim_due(world.now, "w", 9).claims == []
    assert world.store.desk.retry([row], world.now, "ada").hurried == {row}
    assert end(world, row, Sent("250 ok")) is State.SENT
    assert broken(world.store) == {}


def test_a_dry_run_makes_no_copy(world, failed):
    assert world.store.desk.retry([failed], world.now, "ada", dry_run=True).copies.keys() == {failed}
    assert [row.id for row in world.store.outbox.find()] == [failed]
    world.changes.clear()
    world.store.desk.retry([failed], world.now, "ada", dry_run=True)
    assert world.changes == []


def test_many_are_decided_together_and_those_refused_stay(world, broken):
    rows = world.enter(*(f"p{number}" for number in range(1200)))
    world.store.desk.cancel(rows[:2], world.now, "ada", "no")
    digests = {row.id: row.digest for row in world.store.outbox.find(RowFilter())}
    refused = world.store.desk.approve(digests, world.now, "ada", timedelta(minutes=10))
    assert set(refused) == set(rows[:2])
    assert {error.message for error in refused.values()} == {f"email {row} is cancelled: no" for row in rows[:2]}
    assert world.store.outbox.counts() == {State.APPROVED: 1198, State.CANCELLED: 2}
    assert world.store.desk.unapprove(rows[2:], world.now, "ada") == {}
    assert world.store.outbox.counts()[State.UNAPPROVED] == 1198
    assert broken(world.store) == {}


def test_when_one_of_many_is_not_there_nothing_is_done(world):
    rows = world.enter("ann", "bob")
    with pytest.raises(StoreError, match="there is no email 999"):
        world.store.desk.cancel([*rows, 999], world.now, "ada")
    assert world.store.outbox.counts() == {State.UNAPPROVED: 2}
