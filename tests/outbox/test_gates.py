"""What keeps an email back at the claim and at the data mark, and what is recorded then; over every kind of store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from threading import Barrier

import pytest

from rulekit.errors import TransitionRefused
from rulekit.limits import Cap, QuietHours, Rate
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.tick_values import MembershipChange
from rulekit.outbox.sending.gates import ANOTHER_IN_HAND, Gates
from rulekit.outbox.sending.throttle import Throttle
from rulekit.records import Edge, Later, RefusalClass, Sent, State
from tests.outbox import singly

DAILY = Gates(caps=(Cap(1, timedelta(days=1)),))
NIGHT = Gates(quiet=QuietHours(time(20), time(8)), zone="Europe/Stockholm")
FAULT = Later("421 closing", RefusalClass.SENDER)


def mark(world, claim, gates):
    (answer,), _ = world.store.queue.settle([claim], [], world.now, gates)
    return answer


def claim(world, gates=Gates(), limit=9):  # noqa: B008
    return world.store.queue.claim_due(world.now, "w", limit, gates=gates).claims


def test_a_cap_puts_the_second_email_of_a_person_off_until_there_is_room(world, make_row):
    world.enter("ann", auto=True)
    (first,) = claim(world, DAILY)
    assert mark(world, first, DAILY) is None
    singly.finish(world.store, first, Sent("250"), world.now)
    left = world.now
    world.later(hours=1)
    world.tick(changes=(MembershipChange(world.tagging("ann", edge=Edge.UNTAGGED), "left"),))
    again = world.tagging("ann", episode=2)
    row = make_row(again, world.now, auto=True, message_id="<second@example.org>")
    world.tick(rows=(row,), changes=(MembershipChange(again, "joined"),))
    assert claim(world, DAILY) == []
    second = world.store.outbox.find()[1]
    assert (second.state, second.not_before, second.attempts) == (State.RETRYING, left + timedelta(days=1), 0)
    assert "delivery.cap" in second.reason
    world.now = left + timedelta(days=1)
    assert [one.row.id for one in claim(world, DAILY)] == [second.id]


def test_an_email_in_hand_is_reserved_in_the_cap(world):
    world.enter("ann", auto=True)
    row = world.new_row("ann", auto=True, trigger="Other", message_id="<other@example.org>")
    world.tick(rows=(row,), triggers=frozenset({"Miss_You", "Other"}))
    (first,) = claim(world, DAILY, limit=1)
    assert claim(world, DAILY) == []
    assert world.store.outbox.row(2).not_before == world.now + ANOTHER_IN_HAND
    assert mark(world, first, DAILY) is None


def test_of_two_marks_together_the_cap_lets_one_through(world):
    world.enter("ann", auto=True)
    row = world.new_row("ann", auto=True, trigger="Other", message_id="<other@example.org>")
    world.tick(rows=(row,), triggers=frozenset({"Miss_You", "Other"}))
    both = claim(world)
    answers, _ = world.store.queue.settle(both, [], world.now, DAILY)
    assert answers[0] is None
    assert "delivery.cap" in answers[1].reason
    assert world.store.outbox.row(2).state is State.RETRYING


# whom two emails are for that one reader gets: two keys of one mailbox, one person with a new address
ONE_READER = [(("ann", "Office@example.com"), ("bob", "office@EXAMPLE.com")), (("ann", "a@x.org"), ("ann", "b@x.org"))]


def make_two(world, readers):
    triggers = ("Miss_You", "Other")
    rows = [
        world.new_row(person, auto=True, keep=True, recipient=address, trigger=name, message_id=f"<{name}@example.org>")
        for name, (person, address) in zip(triggers, readers, strict=True)
    ]
    world.tick(rows=tuple(rows), triggers=frozenset(triggers))


@pytest.mark.parametrize("readers", ONE_READER, ids=["one mailbox", "one person"])
class TestOneReader:
    def test_what_left_for_one_key_or_address_counts_for_the_others(self, world, readers):
        make_two(world, readers)
        (first,) = claim(world, DAILY, limit=1)
        assert mark(world, first, DAILY) is None
        assert claim(world, DAILY) == []
        assert "as many emails as delivery.cap allows" in world.store.outbox.row(2).reason

    def test_what_is_in_hand_is_reserved(self, world, readers):
        make_two(world, readers)
        assert len(claim(world, DAILY, limit=1)) == 1
        assert claim(world, DAILY) == []
        assert world.store.outbox.row(2).not_before == world.now + ANOTHER_IN_HAND

    def test_of_two_marks_together_one_is_let_through(self, world, readers):
        make_two(world, readers)
        answers, _ = world.store.queue.settle(claim(world), [], world.now, DAILY)
        assert [answer is None for answer in answers] == [True, False]

    def test_of_two_workers_at_the_mark_at_once_one_is_let_through(self, world, readers):
        make_two(world, readers)
        claims, together = claim(world), Barrier(2)

        def settle(one):
            together.wait()
            return mark(world, one, DAILY)

        with ThreadPoolExecutor(2) as workers:
            answers = list(workers.map(settle, claims))
        assert sorted(answer is None for answer in answers) == [False, True]


def test_a_cap_of_two_counts_an_email_once(world):
    twice = Gates(caps=(Cap(2, timedelta(days=1)),))
    make_two(world, (("ann", "ann@x.org"), ("ann", "ann@x.org")))
    assert len(claim(world, twice)) == 2


@pytest.mark.parametrize(("zone", "free"), [(None, "07:00"), ("America/New_York", "13:00"), ("Asia/Tokyo", "20:30")])
def test_quiet_hours_go_by_the_zone_of_the_person(world, zone, free):
    world.now = world.now.replace(hour=20, minute=30)
    world.enter("ann", auto=True, zone=zone)
    found = claim(world, NIGHT)
    row = world.store.outbox.row(1)
    if zone == "America/New_York":
        assert [one.row.id for one in found] == [1]
        return
    if zone == "Asia/Tokyo":
        assert (row.state, f"{row.not_before:%H:%M}") == (State.RETRYING, "23:00")
        return
    assert (row.state, f"{row.not_before:%H:%M}") == (State.RETRYING, free)


def test_what_may_not_leave_before_it_expires_ends(world):
    world.now = world.now.replace(hour=20, minute=30)
    world.enter("ann", auto=True, expires_at=world.now + timedelta(hours=2))
    assert claim(world, NIGHT) == []
    assert world.store.outbox.row(1).state is State.EXPIRED
    assert "expires" in world.store.outbox.row(1).reason


@pytest.mark.parametrize("keep", [False, True])
def test_who_left_after_the_claim_is_not_mailed_unless_kept(world, keep):
    world.enter("ann", auto=True, keep=keep)
    (held,) = claim(world)
    world.tick(changes=(MembershipChange(world.tagging("ann", edge=Edge.UNTAGGED), "left"),))
    answer = mark(world, held, Gates())
    assert (answer is None) is keep
    assert world.store.outbox.row(1).state is (State.SENDING if keep else State.WITHDRAWN)


def test_an_unsubscription_from_one_trigger_leaves_the_others(world):
    world.enter("ann", auto=True)
    row = world.new_row("ann", auto=True, trigger="Other", message_id="<other@example.org>")
    world.tick(rows=(row,), triggers=frozenset({"Miss_You", "Other"}))
    world.store.suppressions.add("ANN@example.com", "asked", world.now, "ann", "Other")
    assert [one.state for one in world.store.outbox.find()] == [State.APPROVED, State.SUPPRESSED]
    (held,) = claim(world)
    world.store.suppressions.add("ann@example.com", "asked", world.now, "ann", "a trigger of long ago")
    assert "suppressed" in mark(world, held, Gates()).reason


def test_a_halt_reaches_what_is_already_claimed(world):
    world.enter("ann", "bob", auto=True)
    (held,) = claim(world, limit=1)
    world.store.sending.halt("look at this first", world.now, "ada")
    assert "look at this first" in mark(world, held, Gates()).reason
    refused = world.store.queue.claim_due(world.now, "w", 9)
    assert refused.claims == []
    assert refused.reason == "sending is halted until `rulekit sending resume`: look at this first"
    assert refused.reason.text == "sending is halted"
    assert world.store.sending.state().halted_by == "ada"
    assert world.store.sending.resume(world.now)
    world.later(minutes=1)
    assert len(claim(world)) == 2
    assert not world.store.sending.resume(world.now)


def test_a_rate_and_a_concurrency_hold_over_all_workers(world):
    world.enter(*(f"p{i}" for i in range(6)), auto=True)
    pace = Throttle(Rate(2, timedelta(minutes=1)), concurrency=3)
    taken = []
    for _ in range(10):
        taken += world.store.queue.claim_due(world.now, "w", 9, throttle=pace).claims
        world.later(seconds=10)
    assert len(taken) == 3
    singly.finish(world.store, taken[0], FAULT, world.now)
    world.later(minutes=1)
    assert len(world.store.queue.claim_due(world.now, "w", 9, throttle=pace).claims) == 1


def test_faults_of_the_sender_open_the_breaker_and_one_email_tries_for_all(world):
    world.enter(*(f"p{i}" for i in range(8)), auto=True)
    for _ in range(5):
        (one,) = claim(world, limit=1)
        singly.finish(world.store, one, FAULT, world.now)
    refused = world.store.queue.claim_due(world.now, "w", 9)
    assert refused.claims == []
    assert "421 closing" in refused.reason
    world.later(minutes=1)
    (probe,) = claim(world)
    assert claim(world) == []
    singly.mark_data(world.store, probe, world.now)
    singly.finish(world.store, probe, Sent("250"), world.now)
    assert len(claim(world)) == 7


def test_a_clock_that_went_back_sends_nothing(world):
    world.enter("ann", "bob", auto=True)
    assert len(claim(world, limit=1)) == 1
    refused = world.store.queue.claim_due(world.now - timedelta(minutes=0), "w", 0)
    assert refused.reason is None
    behind = world.store.queue.claim_due(world.now - timedelta(hours=1), "w", 9)
    assert (behind.claims, "clock is behind" in behind.reason) == ([], True)
    assert behind.reason.startswith(f"{behind.reason.text}; mend it")


def test_a_clock_that_is_weeks_ahead_of_everything_sends_nothing(world):
    world.enter("ann", "bob", auto=True, expires_at=world.now + timedelta(days=900))
    ahead = world.store.queue.claim_due(world.now + timedelta(days=32, minutes=1), "w", 9)
    assert "this clock is 32 days ahead of all that was done here, at 2026-03-01T09:00:00Z" in ahead.reason
    assert ahead.reason.text == "this clock is 32 days ahead of all that was done here, at 2026-03-01T09:00:00Z"
    assert ahead.claims == []
    assert len(world.store.queue.claim_due(world.now + timedelta(days=32), "w", 1).claims) == 1
    # what was sent counts as well as what was ticked
    assert len(world.store.queue.claim_due(world.now + timedelta(days=64), "w", 1).claims) == 1


def test_of_two_claims_of_one_email_only_the_later_may_leave(world):
    world.enter("ann", auto=True)
    (old,) = claim(world)
    world.later(minutes=15)
    world.store.queue.reap(world.now)
    world.later(minutes=1)
    (new,) = claim(world)
    for order in ([old, new], [new, old]):
        answers, _ = world.store.queue.settle(order, [], world.now)
        assert isinstance(answers[order.index(old)], TransitionRefused)
    assert world.store.outbox.row(1).token == new.token
    assert world.store.outbox.row(1).phase is Phase.DATA
