"""What a person's word about the clock brings back to the present, and what it leaves as it was."""

from datetime import timedelta

import pytest

from rulekit.errors import StoreError
from rulekit.outbox.sending.claims import LEASE
from rulekit.outbox.sending.gates import Gates
from rulekit.records import Later, RefusalClass, State, Unknown
from tests.outbox import singly

DAYS = timedelta(days=5)


@pytest.fixture
def back(world):
    """Ticks at the time before `DAYS` passed, with a person's word."""

    def lead_back(**length):
        world.now -= DAYS
        world.later(**length)
        world.tick(vouched=True)

    return lead_back


def test_nobody_vouches(world):
    world.enter("ann")
    world.now -= DAYS
    with pytest.raises(StoreError, match="the last tick was at"):
        world.tick()


def test_an_approval_of_before_keeps_its_hold(world, back):
    (row,) = world.enter("ann")
    world.approve(row)
    until = world.store.outbox.row(row).not_before
    world.now += DAYS
    world.tick()
    back(minutes=2)
    assert world.store.outbox.row(row).not_before == until


def test_a_hold_that_began_ahead_begins_now_and_once(world, back):
    (row,) = world.enter("ann")
    world.now += DAYS
    world.tick()
    world.approve(row)
    back()
    first = world.store.outbox.row(row)
    assert (first.state, first.not_before) == (State.APPROVED, world.now + timedelta(minutes=10))
    world.later(minutes=4)
    world.tick(vouched=True)
    assert world.store.outbox.row(row).not_before == first.not_before
    world.later(minutes=6)
    assert len(world.store.queue.claim_due(world.now, "w", 1).claims) == 1


def test_a_dead_worker_s_lease_ends(world, back):
    (row,) = world.enter("ann", auto=True)
    world.now += DAYS
    assert len(world.store.queue.claim_due(world.now, "w", 1).claims) == 1
    back()
    assert world.store.queue.reap(world.later(minutes=1)) == {}
    assert world.store.queue.reap(world.later(minutes=1) + LEASE) == {State.RETRYING: 1}
    assert world.store.outbox.row(row).state is State.RETRYING


def test_the_breaker_and_the_clock_of_sending_are_the_present_s(world, back):
    world.enter("ann", "bob", auto=True)
    world.now += DAYS
    for _ in range(6):
        for claim in world.store.queue.claim_due(world.now, "w", 1).claims:
            singly.finish(world.store, claim, Later("down", RefusalClass.SENDER), world.now)
        world.later(hours=1)
    assert world.store.sending.state().open_until is not None
    back()
    assert world.store.queue.claim_due(world.later(hours=12), "w", 5).reason is None


def test_what_may_have_left_ahead_is_not_taken_for_younger_than_it_may_be(world, back):
    """The window of a provider that drops repeats began when the email left, whatever the clock said."""
    (row,) = world.enter("ann", auto=True)
    ticked = world.now
    world.now += DAYS
    (claim,) = world.store.queue.claim_due(world.now, "w", 1, gates=Gates()).claims
    singly.mark_data(world.store, claim, world.now)
    singly.finish(world.store, claim, Unknown("silence"), world.now)
    back(hours=3)
    assert world.store.outbox.row(row).left_at == ticked
