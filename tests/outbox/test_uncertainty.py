"""What becomes of an email that may have arrived, as its trigger or the settings say; over every kind of store.

The judge is the ledger of a provider, which drops what it has taken before, known by its Message-ID, for a while.
"""

from datetime import timedelta
from random import Random

import pytest

from rulekit.errors import TransitionRefused
from rulekit.outbox.dispatch.dispatcher import DispatchReport, Worker, dispatch
from rulekit.outbox.reconcile import reconcile
from rulekit.outbox.sending.claims import LEASE
from rulekit.outbox.sending.gates import Gates
from rulekit.outbox.sending.leaving import with_date
from rulekit.records import Later, Notice, NoticeKind, Refused, Sent, State, Unknown
from rulekit.uncertainty import POLICIES, Uncertainty
from tests.outbox import singly

WINDOW = timedelta(minutes=10)
IDEMPOTENT = Uncertainty("idempotent", WINDOW)
RESEND, HOLD = Uncertainty("resend"), Uncertainty("hold")
SILENCE = Unknown("no answer")
TAKEN = Sent("250 queued")


class Provider:
    """A receiving side; `says` is what it answers to each email in turn, whether it takes it (`TAKEN`, `SILENCE`).

    `loses` are the turns, counted from 0, whose email is lost on the way without an answer. `ledger` has what it took
    and did not drop. What `before_data` does happens when the email is at the server and has not left.
    """

    def __init__(self, world, *says, loses=(), window=WINDOW):
        self.world, self.says, self.loses, self.window = world, list(says), set(loses), window
        self.ledger = []
        self.submissions = []
        self.opened = 0
        self.before_data = lambda: None

    def open(self):
        self.opened += 1
        return self

    def close(self):
        pass

    def send(self, message, envelope, mark_data):
        self.before_data()
        mark_data()
        turn = len(self.submissions)
        self.submissions.append((envelope.message_id, message, self.world.now))
        answer = self.says.pop(0) if self.says else TAKEN
        if turn not in self.loses and isinstance(answer, Sent | Unknown):
            self.take(envelope.message_id)
        return answer

    def take(self, message_id):
        times = [at for known, at in self.ledger if known == message_id]
        if not times or self.world.now >= max(times) + self.window:
            self.ledger.append((message_id, self.world.now))

    def copies(self):
        return [message_id for message_id, _ in self.ledger]


@pytest.fixture
def send(world):
    def run(provider, doubt):
        return dispatch(world.store, provider.open, lambda: world.now, Worker("w", Gates(uncertainty=doubt)))

    return run


def only(world):
    (row,) = world.store.outbox.find()
    return row


def in_doubt(world, send, provider, doubt=HOLD, **changes):
    """An email to ann that the provider was given and did not answer."""
    world.enter("ann", auto=True, **changes)
    assert send(provider, doubt).uncertain == 1
    return only(world)


def test_a_repeat_within_the_window_is_dropped_and_answered(world, send, broken):
    provider = Provider(world, SILENCE)
    row = in_doubt(world, send, provider, IDEMPOTENT)
    first = world.now
    assert send(provider, IDEMPOTENT) == DispatchReport()
    waiting = only(world)
    assert (waiting.state, waiting.attempts, waiting.doubted_at) == (State.RETRYING, 1, first)
    assert waiting.reason == "sent again because nobody knows whether it arrived"
    world.now = waiting.not_before
    assert send(provider, IDEMPOTENT) == DispatchReport(sent=1)
    (one, other) = provider.submissions
    assert one[:2] == other[:2] == (row.message_id, with_date(world.store.outbox.message(row.id), first))
    assert provider.copies() == [row.message_id]
    done = only(world)
    assert (done.state, done.doubted_at, done.left_at) == (State.SENT, first, world.now)
    assert broken(world.store) == {}
    assert reconcile(world.store, world.now).again == 1


def test_after_the_window_it_waits_for_a_person(world, send):
    provider = Provider(world, SILENCE)
    in_doubt(world, send, provider, IDEMPOTENT)
    world.now += WINDOW
    for _ in range(3):
        assert send(provider, IDEMPOTENT) == DispatchReport()
        assert only(world).state is State.UNCERTAIN
        world.later(hours=1)
    assert len(provider.submissions) == 1


def test_the_window_may_end_before_the_claim(world, send, broken):
    provider = Provider(world, SILENCE)
    in_doubt(world, send, provider, IDEMPOTENT)
    send(provider, IDEMPOTENT)
    assert only(world).state is State.RETRYING
    world.now += WINDOW
    assert send(provider, IDEMPOTENT) == DispatchReport(uncertain=1)
    back = only(world)
    assert back.state is State.UNCERTAIN
    assert back.reason == "it may have arrived at 2026-03-01T09:00:00Z, and the provider drops a repeat for 10m only"
    assert (provider.opened, len(provider.submissions)) == (1, 1)
    assert broken(world.store) == {}


def test_the_window_may_end_between_the_claim_and_the_mark(world, send, broken):
    provider = Provider(world, SILENCE)
    in_doubt(world, send, provider, IDEMPOTENT)
    send(provider, IDEMPOTENT)
    world.now += WINDOW - timedelta(seconds=1)
    provider.before_data = lambda: world.later(seconds=1)
    assert send(provider, IDEMPOTENT) == DispatchReport(uncertain=1)
    assert [line.transition for line in world.store.audit.history(1)][-2:] == ["claim", "withhold"]
    assert len(provider.submissions) == 1
    assert send(provider, IDEMPOTENT) == DispatchReport()
    assert only(world).state is State.UNCERTAIN
    assert broken(world.store) == {}


def test_the_first_moment_counts_and_not_the_last(world, send):
    provider = Provider(world, SILENCE, SILENCE)
    in_doubt(world, send, provider, IDEMPOTENT)
    first = world.now
    send(provider, IDEMPOTENT)
    world.later(minutes=6)
    assert send(provider, IDEMPOTENT).uncertain == 1
    assert (only(world).doubted_at, only(world).left_at) == (first, world.now)
    world.later(minutes=4)
    send(provider, IDEMPOTENT)
    assert only(world).state is State.UNCERTAIN


def test_it_counts_from_the_mark_and_not_from_the_silence(world, send):
    provider = Provider(world)
    world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    marked = world.now
    world.later(minutes=5)
    singly.finish(world.store, claim, SILENCE, world.now)
    assert only(world).left_at == marked
    world.later(minutes=5)
    send(provider, IDEMPOTENT)
    assert only(world).state is State.UNCERTAIN


@pytest.mark.parametrize("answer", [Later("450 busy"), Later("421 closing")])
def test_that_a_repeat_was_put_off_says_nothing_of_the_first(world, send, answer):
    provider = Provider(world, SILENCE, answer)
    in_doubt(world, send, provider, IDEMPOTENT)
    first = world.now
    send(provider, IDEMPOTENT)
    world.later(minutes=1)
    assert send(provider, IDEMPOTENT).later == 1
    waiting = only(world)
    assert (waiting.doubted_at, waiting.left_at) == (first, first)
    # 5 minutes would be usual, and half of what is left is 4 and a half
    assert waiting.not_before == world.now + timedelta(minutes=4, seconds=30)
    world.now = first + WINDOW
    assert send(provider, IDEMPOTENT).uncertain == 1
    assert len(provider.submissions) == 2


def test_a_refusal_of_the_repeat_tells_of_the_first(world, send):
    provider = Provider(world, SILENCE, Refused("554 no"))
    in_doubt(world, send, provider, RESEND)
    send(provider, RESEND)
    world.later(minutes=1)
    assert send(provider, RESEND).failed == 1
    failed = only(world)
    assert failed.reason == "554 no (an earlier attempt, at 2026-03-01T09:00:00Z, may have arrived)"
    assert failed.left_at == failed.doubted_at


def test_attempts_are_close_enough_for_a_short_window(world, send):
    provider = Provider(world, *[SILENCE] * 20)
    in_doubt(world, send, provider, IDEMPOTENT)
    first = world.now
    while world.now < first + WINDOW:
        send(provider, IDEMPOTENT)
        world.later(seconds=1)
    tried = [at - first for _, _, at in provider.submissions]
    assert len(tried) >= 4
    assert max(tried) < WINDOW
    assert provider.copies() == [only(world).message_id]
    assert only(world).state is State.UNCERTAIN


def test_a_day_leaves_the_usual_delays(world, send):
    provider = Provider(world, SILENCE)
    day = Uncertainty("idempotent", timedelta(days=1))
    in_doubt(world, send, provider, day)
    send(provider, day)
    assert only(world).not_before == world.now + timedelta(minutes=1)


def test_without_a_window_nothing_goes_again(world, send):
    provider = Provider(world, SILENCE)
    in_doubt(world, send, provider, Uncertainty("idempotent"))
    world.later(seconds=1)
    send(provider, Uncertainty("idempotent"))
    assert only(world).state is State.UNCERTAIN


@pytest.mark.parametrize(("window", "again"), [(LEASE, False), (LEASE + timedelta(minutes=5), True)])
def test_what_a_dead_worker_left_goes_again_in_time(world, send, window, again):
    doubt = Uncertainty("idempotent", window)
    world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    world.now += LEASE
    provider = Provider(world, window=window)
    provider.ledger.append((claim.row.message_id, world.now - LEASE))
    send(provider, doubt)
    world.now = only(world).not_before
    world.later(minutes=2, seconds=30) if again else world.later(days=1)
    send(provider, doubt)
    assert only(world).state is (State.SENT if again else State.UNCERTAIN)
    assert len(provider.ledger) == 1


def waits_to_go_again(world, send):
    """The claim of a worker that fell asleep at the mark; its email was taken over, and is to be sent again."""
    world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "asleep", 1).claims
    singly.mark_data(world.store, claim, world.now)
    world.now += LEASE
    assert send(Provider(world), RESEND) == DispatchReport()
    assert only(world).state is State.RETRYING
    return claim


def test_a_yes_that_comes_late_saves_the_repeat(world, send, broken):
    claim = waits_to_go_again(world, send)
    assert singly.finish(world.store, claim, TAKEN, world.now) is State.SENT
    world.later(minutes=5)
    assert send(Provider(world), RESEND) == DispatchReport()
    assert (only(world).state, only(world).reply) == (State.SENT, "250 queued")
    assert broken(world.store) == {}
    assert reconcile(world.store, world.now).again == 0


@pytest.mark.parametrize(
    ("kind", "state"), [(NoticeKind.DELIVERED, State.SENT), (NoticeKind.BOUNCED, State.FAILED)], ids=["arrived", "not"]
)
def test_a_notice_of_the_first_saves_the_repeat(world, send, broken, kind, state):
    claim = waits_to_go_again(world, send)
    notice = Notice(kind, (claim.row.recipient,), claim.row.message_id, "n1", "delivery report")
    world.store.audit.record_notices([notice], world.now, "eve")
    world.later(minutes=5)
    assert send(Provider(world), RESEND) == DispatchReport()
    assert only(world).state is state
    assert broken(world.store) == {}


@pytest.mark.parametrize("kind", [NoticeKind.DELIVERED, NoticeKind.BOUNCED])
def test_what_was_put_off_is_tried_again_whatever_a_notice_says(world, kind):
    world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    singly.finish(world.store, claim, Later("451 after the dot"), world.now)
    notice = Notice(kind, (claim.row.recipient,), claim.row.message_id, "n1", "delivery report")
    assert world.store.audit.record_notices([notice], world.now, "eve").recorded
    assert only(world).state is State.RETRYING


def test_who_said_later_cannot_say_yes_any_more(world):
    world.enter("ann", auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    singly.finish(world.store, claim, Later("451 after the dot"), world.now)
    with pytest.raises(TransitionRefused):
        singly.finish(world.store, claim, TAKEN, world.now)
    assert only(world).state is State.RETRYING


# whose word counts


@pytest.mark.parametrize("own", [None, *POLICIES])
@pytest.mark.parametrize("settings", [HOLD, RESEND, IDEMPOTENT], ids=POLICIES)
def test_the_word_of_the_trigger_goes_before_that_of_the_settings(world, send, own, settings):
    doubt = Uncertainty(settings.policy, WINDOW)
    provider = Provider(world, SILENCE)
    in_doubt(world, send, provider, doubt, uncertain=own)
    world.later(minutes=9)
    policy = own or settings.policy
    send(provider, doubt)
    assert only(world).state is (State.UNCERTAIN if policy == "hold" else State.RETRYING)
    world.later(minutes=1)
    report = send(provider, doubt)
    assert (report.sent, report.uncertain) == {"hold": (0, 0), "resend": (1, 0), "idempotent": (0, 1)}[policy]


def test_other_settings_count_for_what_waits(world, send):
    provider = Provider(world, SILENCE)
    in_doubt(world, send, provider)
    send(provider, RESEND)
    assert only(world).state is State.RETRYING
    world.later(minutes=1)
    assert send(provider, HOLD).uncertain == 1
    assert only(world).reason == "it may have arrived at 2026-03-01T09:00:00Z, and is not sent again by itself any more"
    assert len(provider.submissions) == 1


def test_an_old_token_withholds_nothing(world, send):
    world.enter("ann", auto=True)
    (asleep,) = world.store.queue.claim_due(world.now, "a", 1).claims
    world.now += LEASE
    world.store.queue.reap(world.now)
    world.later(minutes=1)
    assert send(Provider(world, SILENCE), RESEND).uncertain == 1
    send(Provider(world), RESEND)
    world.later(minutes=5)
    gates = Gates(uncertainty=RESEND)
    (awake,) = world.store.queue.claim_due(world.now, "b", 1, gates=gates).claims
    (answer,), _ = world.store.queue.settle([asleep], [], world.now, Gates(uncertainty=HOLD))
    assert isinstance(answer, TransitionRefused)
    assert only(world).token == awake.token
    assert only(world).state is State.SENDING


def test_who_looked_into_it_may_send_it_again_after_the_window(world, send):
    provider = Provider(world, SILENCE, SILENCE)
    row = in_doubt(world, send, provider, IDEMPOTENT)
    send(provider, IDEMPOTENT)
    world.now += WINDOW
    send(provider, IDEMPOTENT)
    singly.resolve(world.store, row.id, State.RETRYING, world.now, "ada", "it is not in the log")
    assert send(provider, IDEMPOTENT).uncertain == 1
    assert (only(world).doubted_at, only(world).left_at) == (None, world.now)


def test_a_copy_of_a_failed_email_keeps_the_word_of_its_trigger(world):
    world.enter("ann", auto=True, uncertain="resend")
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.finish(world.store, claim, Refused("554 no"), world.now)
    copies = world.store.desk.retry([claim.row.id], world.now, "ada", "again", timedelta(0)).copies
    assert world.store.outbox.row(copies[claim.row.id]).uncertain == "resend"


# by chance


def play(world, send, doubt, chance):
    """Some hours of a provider that takes, loses, puts off and says nothing; returns how often each email was taken."""
    provider = Provider(world)
    world.enter(*"abcdef", auto=True)
    for _ in range(60):
        provider.says = [chance.choice((SILENCE, SILENCE, TAKEN, Later("450 busy"))) for _ in range(6)]
        provider.loses = {turn + len(provider.submissions) for turn in range(6) if chance.random() < 0.3}
        provider.before_data = lambda: world.later(seconds=chance.choice((0, 0, 30, 200)))
        send(provider, doubt)
        world.later(seconds=chance.choice((5, 40, 90, 300)))
    return [provider.copies().count(row.message_id) for row in world.store.outbox.find()]


@pytest.mark.parametrize("seed", range(4))
def test_no_provider_that_keeps_its_word_takes_anything_twice(world, send, broken, seed):
    taken = play(world, send, IDEMPOTENT, Random(seed))
    assert max(taken) == 1
    assert any(
        line.transition == "resend" for row in world.store.outbox.find() for line in world.store.audit.history(row.id)
    )
    assert broken(world.store) == {}


def test_that_judge_finds_what_arrives_twice(world, send):
    assert max(play(world, send, RESEND, Random(1))) > 1
