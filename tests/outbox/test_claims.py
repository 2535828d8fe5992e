"""The worker's side: leases, tokens, retries and what becomes of rows whose worker died; over every kind of store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rulekit.errors import TransitionRefused
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.transitions import RETRY_AFTER
from rulekit.outbox.sending.claims import LEASE, Finish
from rulekit.records import Later, RefusalClass, Refused, Sent, State, Unknown
from tests.outbox import singly


@pytest.fixture
def row(world):
    return world.enter("ann", auto=True)[0]


def claim(world):
    (found,) = world.store.queue.claim_due(world.now, "w", 1).claims
    return found


def test_a_claim_holds_everything_a_worker_needs(world, row):
    found = claim(world)
    assert (found.row.id, found.token, found.intact) == (row, 1, True)
    assert found.message == world.store.outbox.message(row)
    held = world.store.outbox.row(row)
    assert (held.state, held.phase, held.worker) == (State.SENDING, Phase.CLAIMED, "w")
    assert held.lease_until == world.now + LEASE
    assert world.store.queue.claim_due(world.now, "other", 9).claims == []


def test_due_rows_are_claimed_in_the_order_of_their_time(world):
    late = world.enter("late")[0]
    world.approve(late, timedelta(minutes=2))
    early = world.enter("early")[0]
    world.approve(early, timedelta(minutes=1))
    world.later(minutes=3)
    assert [found.row.id for found in world.store.queue.claim_due(world.now, "w", 9).claims] == [early, late]


def test_a_retry_and_a_first_attempt_are_claimed_in_the_order_of_their_time(world):
    retried, first, second = (world.enter(person, auto=True)[0] for person in ("ann", "bob", "joe"))
    found = claim(world)
    singly.finish(world.store, found, Later("450 busy"), world.now)
    assert found.row.id == retried
    world.later(minutes=2)
    last = world.enter("tom", auto=True)[0]
    assert [one.row.id for one in world.store.queue.claim_due(world.now, "w", 3).claims] == [first, second, retried]
    assert claim(world).row.id == last


def test_of_a_group_only_those_go_that_are_still_the_workers(world):
    rows = [world.enter(person, auto=True)[0] for person in ("ann", "bob", "joe")]
    held = world.store.queue.claim_due(world.now, "w", 3).claims
    stale = replace(held[1], token=held[1].token + 7)
    answers, _ = world.store.queue.settle([held[0], stale, held[2]], [], world.now)
    assert [answer is None for answer in answers] == [True, False, True]
    phases = [world.store.outbox.row(row).phase for row in rows]
    assert phases == [Phase.DATA, Phase.CLAIMED, Phase.DATA]
    finishes = [Finish(one, Sent(f"250 {one.row.id}")) for one in (stale, held[0], held[2])]
    _, ends = world.store.queue.settle([], finishes, world.now)
    assert isinstance(ends[0], TransitionRefused)
    assert ends[1:] == [State.SENT, State.SENT]
    assert [len(world.store.audit.history(row)) for row in rows] == [4, 2, 4]


def test_two_words_about_one_email_in_a_group_count_by_their_token(world, row):
    old = claim(world)
    world.later(minutes=16)
    world.store.queue.reap(world.now)
    world.later(minutes=2)
    new = claim(world)
    singly.mark_data(world.store, new, world.now)
    _, ends = world.store.queue.settle([], [Finish(old, Sent("250 old")), Finish(new, Sent("250 new"))], world.now)
    assert isinstance(ends[0], TransitionRefused)
    assert ends[1] is State.SENT
    assert world.store.outbox.row(row).reply == "250 new"
    assert [line.target for line in world.store.audit.history(row)].count(State.SENT) == 1


def test_sent_keeps_the_reply(world, row):
    found = claim(world)
    singly.mark_data(world.store, found, world.now)
    assert world.store.outbox.row(row).phase is Phase.DATA
    assert singly.finish(world.store, found, Sent("250 2.0.0 queued as 1"), world.now) is State.SENT
    done = world.store.outbox.row(row)
    assert (done.reply, done.finished_at, done.worker) == ("250 2.0.0 queued as 1", world.now, None)


def test_retries_follow_the_schedule_and_then_the_row_fails(world):
    (row,) = world.enter("ann", auto=True, expires_at=world.now + timedelta(days=30))
    for attempt, delay in enumerate(RETRY_AFTER, start=1):
        assert singly.finish(world.store, claim(world), Later("450 busy"), world.now) is State.RETRYING
        waiting = world.store.outbox.row(row)
        assert (waiting.attempts, waiting.not_before) == (attempt, world.now + delay)
        world.now += delay - timedelta(seconds=1)
        assert world.store.queue.claim_due(world.now, "w", 1).claims == []
        world.later(seconds=1)
    assert singly.finish(world.store, claim(world), Later("450 busy"), world.now) is State.FAILED
    assert world.store.outbox.row(row).reason == "450 busy (after 9 attempts)"


def test_jitter_stretches_the_delay(world, row):
    singly.finish(world.store, claim(world), Later("busy"), world.now, jitter=1.0)
    assert world.store.outbox.row(row).not_before == world.now + timedelta(seconds=75)


def test_no_attempt_is_planned_past_the_end(world):
    (row,) = world.enter("ann", auto=True, expires_at=world.now + timedelta(seconds=30))
    assert singly.finish(world.store, claim(world), Later("busy"), world.now) is State.FAILED
    assert "expires" in world.store.outbox.row(row).reason


def test_a_retry_that_is_past_its_end_is_not_claimed_but_expires(world, row):
    singly.finish(world.store, claim(world), Later("busy"), world.now)
    world.later(days=7)
    assert world.store.queue.claim_due(world.now, "w", 1).claims == []
    assert world.tick().expired == 1


@pytest.mark.parametrize("outcome", [Later, Refused])
def test_a_fault_of_the_sender_burns_no_attempt(world, row, outcome):
    assert singly.finish(world.store, claim(world), outcome("421", RefusalClass.SENDER), world.now) is State.RETRYING
    waiting = world.store.outbox.row(row)
    assert (waiting.attempts, waiting.not_before) == (0, world.now)


def test_silence_after_the_message_is_uncertain_and_never_sent_again(world, row):
    found = claim(world)
    singly.mark_data(world.store, found, world.now)
    assert singly.finish(world.store, found, Unknown("no answer"), world.now) is State.UNCERTAIN
    world.later(days=3)
    assert world.store.queue.reap(world.now) == {}
    assert world.store.queue.claim_due(world.now, "w", 1).claims == []


def test_the_word_of_a_sender_that_skipped_the_mark_is_not_taken(world, row):
    assert singly.finish(world.store, claim(world), Sent("250"), world.now) is State.UNCERTAIN
    assert "without the data mark" in world.store.outbox.row(row).reason


def test_the_reaper_waits_for_the_lease(world, row):
    claim(world)
    world.later(minutes=14, seconds=59)
    assert world.store.queue.reap(world.now) == {}
    world.later(seconds=1)
    assert world.store.queue.reap(world.now) == {State.RETRYING: 1}
    waiting = world.store.outbox.row(row)
    assert (waiting.attempts, waiting.not_before) == (1, world.now + RETRY_AFTER[0])


def test_a_row_that_kills_every_worker_fails_in_the_end(world, row):
    for _ in RETRY_AFTER:
        claim(world)
        world.now += LEASE
        world.store.queue.reap(world.now)
        world.now = world.store.outbox.row(row).not_before
    claim(world)
    world.now += LEASE
    assert world.store.queue.reap(world.now) == {State.FAILED: 1}


def test_the_reaper_does_not_send_again_what_may_have_left(world, row):
    found = claim(world)
    singly.mark_data(world.store, found, world.now)
    world.now += LEASE
    assert world.store.queue.reap(world.now) == {State.UNCERTAIN: 1}


def test_an_answer_that_comes_after_the_lease_decides(world, row):
    found = claim(world)
    singly.mark_data(world.store, found, world.now)
    world.now += LEASE
    world.store.queue.reap(world.now)
    assert singly.finish(world.store, found, Sent("250"), world.now) is State.SENT


def test_an_old_token_changes_nothing(world, row):
    old = claim(world)
    world.now += LEASE
    world.store.queue.reap(world.now)
    for say in (
        lambda: singly.mark_data(world.store, old, world.now),
        lambda: singly.finish(world.store, old, Refused("no"), world.now),
    ):
        with pytest.raises(TransitionRefused, match="no longer with worker w"):
            say()
    world.later(minutes=1)
    new = claim(world)
    assert new.token == old.token + 1
    with pytest.raises(TransitionRefused):
        singly.mark_data(world.store, old, world.now)
    assert singly.mark_data(world.store, new, world.now) is None
