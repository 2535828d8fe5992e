"""What a store writes of emails that are made again for another address; over every kind of store."""

from datetime import timedelta
from hashlib import sha256

import pytest

from rulekit.errors import TransitionRefused
from rulekit.outbox.lifecycle.tick_values import Readdressing
from rulekit.records import Later, State
from tests.outbox import singly

NEW = "ann@new.example"
HOLD = timedelta(minutes=10)


def again(world, email=1, **said):
    message = b"To: ann@new.example\r\n\r\nHello\r\n"
    said = {"recipient": NEW, "message": message, "digest": sha256(message).hexdigest(), **said}
    return Readdressing(email, "Miss_You", world.new_row("ann", **said))


def move(world, **said):
    return world.tick(readdressings=(again(world, **said),))


def test_the_message_and_where_it_goes_are_others_and_the_rest_stays(world, broken):
    (row,) = world.enter("ann")
    world.approve(row)
    before = world.store.outbox.row(row)
    world.later(minutes=1)
    assert move(world).readdressed == 1
    after = world.store.outbox.row(row)
    assert (after.state, after.recipient, after.approved_by, after.not_before) == (State.UNAPPROVED, NEW, None, None)
    assert sha256(world.store.outbox.message(row)).hexdigest() == after.digest != before.digest
    for name in ("tagging", "created_at", "expires_at", "because", "origin"):
        assert getattr(after, name) == getattr(before, name)
    assert [line.transition for line in world.store.audit.history(row)] == ["make", "approve", "readdress"]
    assert broken(world.store) == {}


def test_what_needs_no_approval_is_due_at_once(world, broken):
    world.enter("ann", auto=True)
    world.later(minutes=1)
    move(world, auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 9).claims
    assert claim.row.recipient == NEW
    assert broken(world.store) == {}


def test_one_that_a_worker_has_in_hand_is_left_to_it(world, broken):
    (row,) = world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 9).claims
    assert move(world, auto=True).readdressed == 0
    assert world.store.outbox.row(row).recipient == "ann@example.com"
    assert claim.intact
    assert broken(world.store) == {}


def test_a_worker_that_slept_meanwhile_is_told_that_it_is_no_longer_its_email(world, broken):
    (row,) = world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 9).claims
    world.later(hours=1)
    world.store.queue.reap(world.now)
    assert move(world, auto=False).readdressed == 1
    assert world.store.outbox.row(row).state is State.UNAPPROVED
    (answer,), _ = world.store.queue.settle([claim], [], world.now)
    assert isinstance(answer, TransitionRefused)
    assert world.store.outbox.row(row).state is State.UNAPPROVED
    assert broken(world.store) == {}


def test_what_left_before_was_another_message(world, broken):
    (row,) = world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 9).claims
    assert singly.mark_data(world.store, claim, world.now) is None
    singly.finish(world.store, claim, Later("450 busy"), world.now)
    world.store.suppressions.add("bob@new.example", "asked", world.now - HOLD, "ada")
    move(world, recipient="Bob@new.example")
    assert world.store.outbox.row(row).state is State.SUPPRESSED
    assert broken(world.store) == {}


@pytest.mark.parametrize("failure", ["no name", None])
def test_whoever_unsubscribed_elsewhere_gets_nothing(world, broken, failure):
    world.enter("ann", "bob")
    world.store.suppressions.add("bob@example.com", "asked", world.now, "ada")
    singly.unsuppress(world.store, "ann@example.com")
    world.tick(readdressings=(again(world, recipient="bob@example.com", failure=failure),))
    assert world.store.outbox.row(1).state is (State.FAILED if failure else State.SUPPRESSED)
    (line,) = world.store.suppressions.all()
    assert line.people == (("bob",) if failure else ("ann", "bob"))
    assert broken(world.store) == {}


def test_one_that_gives_way_is_withdrawn_even_if_kept(world, broken):
    (row,) = world.enter("ann", keep=True)
    world.tick(readdressings=(Readdressing(row, "Miss_You", None, "another person has it"),))
    found = world.store.outbox.row(row)
    assert (found.state, found.reason, found.recipient) == (State.WITHDRAWN, "another person has it", "ann@example.com")
    assert broken(world.store) == {}


def test_who_asked_is_known_at_any_address(world, broken):
    world.enter("ann", "bob")
    assert world.store.suppressions.among("Miss_You", ["ann", "bob"]) == frozenset()
    assert world.store.suppressions.add("ann@example.com", "asked", world.now, "ann", "Miss_You") == 1
    assert world.store.suppressions.among("Miss_You", ["ann", "bob"]) == {"ann"}
    assert world.store.suppressions.among("Other", ["ann", "bob"]) == frozenset()
    assert [one.tagging.person for one in world.store.ticks.pending()] == ["bob"]
    assert world.store.ticks.last_emails_to("Miss_You", ["ann@example.com", "bob@example.com"]).keys() == {
        "bob@example.com"
    }
    assert broken(world.store) == {}
