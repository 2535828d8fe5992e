"""What people may do with an email, and the words in which they are refused; over every kind of store."""

from datetime import timedelta

import pytest

from rulekit.errors import StoreError, TransitionRefused
from rulekit.outbox.rows.queries import RowFilter
from rulekit.records import RefusalClass, Refused, Sent, State, Unknown
from tests.outbox import singly


@pytest.fixture
def row(world):
    return world.enter("ann")[0]


def claim(world, row):
    world.approve(row, timedelta(0))
    (found,) = world.store.queue.claim_due(world.now, "w", 1).claims
    return found


def finished(world, row, outcome):
    found = claim(world, row)
    singly.mark_data(world.store, found, world.now)
    return singly.finish(world.store, found, outcome, world.now)


def test_approving_starts_the_hold(world, row):
    found = singly.approve(
        world.store, row, world.store.outbox.row(row).digest, world.now, "ada", timedelta(minutes=10)
    )
    assert (found.state, found.approved_by, found.approved_at) == (State.APPROVED, "ada", world.now)
    assert found.not_before == world.now + timedelta(minutes=10)
    assert world.store.queue.claim_due(world.now + timedelta(minutes=9, seconds=59), "w", 9).claims == []
    assert len(world.store.queue.claim_due(world.now + timedelta(minutes=10), "w", 9).claims) == 1


def test_approving_another_message_is_refused(world, row):
    with pytest.raises(TransitionRefused, match="not the message that you saw") as caught:
        singly.approve(world.store, row, "0" * 64, world.now, "ada", timedelta(0))
    assert f"rulekit outbox show {row}" in caught.value.help
    assert world.store.outbox.row(row).state is State.UNAPPROVED


def test_approving_twice_is_refused(world, row):
    world.approve(row)
    with pytest.raises(TransitionRefused, match=f"^email {row} is approved$"):
        world.approve(row)


def test_approving_an_expired_email_is_refused(world, row):
    world.later(days=7)
    with pytest.raises(TransitionRefused, match="expired at 2026-03-08T09:00:00Z"):
        world.approve(row)


def test_unapproving_takes_the_approval_back_and_approving_starts_a_new_hold(world, row):
    world.approve(row)
    world.later(minutes=9)
    found = singly.unapprove(world.store, row, world.now, "bob")
    assert (found.state, found.approved_by, found.not_before) == (State.UNAPPROVED, None, None)
    world.approve(row)
    assert world.store.outbox.row(row).not_before == world.now + timedelta(minutes=10)


def test_unapproving_after_the_hold_is_refused(world, row):
    world.approve(row)
    world.later(minutes=10)
    with pytest.raises(TransitionRefused, match="too late: the hold of email 1 ended at 2026-03-01T09:10:00Z"):
        singly.unapprove(world.store, row, world.now, "ada")


def test_unapproving_what_never_had_a_hold_is_refused(world):
    (row,) = world.enter("ann", auto=True)
    with pytest.raises(TransitionRefused, match="approved without a hold"):
        singly.unapprove(world.store, row, world.now, "ada")


def test_cancelling_ends_it_with_a_reason(world, row):
    found = singly.cancel(world.store, row, world.now, "ada", "wrong customer")
    assert (found.state, found.reason, found.finished_at) == (State.CANCELLED, "wrong customer", world.now)
    with pytest.raises(TransitionRefused, match=f"email {row} is cancelled: wrong customer"):
        world.approve(row)


def test_too_late_is_said_when_it_is_being_sent(world, row):
    claim(world, row)
    for action in (
        lambda: singly.cancel(world.store, row, world.now, "ada", ""),
        lambda: singly.unapprove(world.store, row, world.now, "ada"),
    ):
        with pytest.raises(TransitionRefused, match=f"too late: email {row} is being sent"):
            action()


def test_too_late_is_said_when_it_is_sent(world, row):
    finished(world, row, Sent("250 ok"))
    with pytest.raises(TransitionRefused, match=f"^email {row} is sent$"):
        singly.cancel(world.store, row, world.now, "ada", "")


def test_a_missing_email_is_named(world):
    for action in (
        world.store.outbox.row,
        world.store.outbox.message,
        lambda id: singly.cancel(world.store, id, world.now, "ada"),
    ):
        with pytest.raises(StoreError, match="there is no email 7") as caught:
            action(7)
        assert "rulekit outbox list" in caught.value.help


@pytest.mark.parametrize("to", [State.SENT, State.FAILED, State.RETRYING])
def test_an_operator_resolves_an_uncertain_email(world, row, to):
    assert finished(world, row, Unknown("no answer")) is State.UNCERTAIN
    assert singly.resolve(world.store, row, to, world.now, "ada", "seen in the log").state is to
    last = world.store.audit.history(row)[-1]
    assert (last.actor, last.actor_name, last.reason) == ("operator", "ada", "seen in the log")
    assert len(world.store.queue.claim_due(world.now, "w", 9).claims) == (to is State.RETRYING)


def test_resolving_needs_an_uncertain_email_a_possible_end_and_a_reason(world, row):
    with pytest.raises(TransitionRefused, match="is unapproved"):
        singly.resolve(world.store, row, State.SENT, world.now, "ada", "x")
    with pytest.raises(TransitionRefused, match="cannot become approved"):
        singly.resolve(world.store, row, State.APPROVED, world.now, "ada", "x")
    with pytest.raises(TransitionRefused, match="without a reason"):
        singly.resolve(world.store, row, State.SENT, world.now, "ada", " ")


def test_the_history_tells_every_step(world, row):
    finished(world, row, Sent("250 ok"))
    steps = [(line.transition, line.target.value, line.actor) for line in world.store.audit.history(row)]
    assert steps == [
        ("make", "unapproved", "tick"),
        ("approve", "approved", "approver"),
        ("claim", "sending", "worker"),
        ("mark data", "sending", "worker"),
        ("send", "sent", "worker"),
    ]
    assert [change.target for change in world.changes] == [target for _, target, _ in steps]


def test_an_observer_that_fails_undoes_nothing(world, row, caplog):
    def fail(change):
        raise RuntimeError("observer")

    world.store.on_change = fail
    world.approve(row)
    assert world.store.outbox.row(row).state is State.APPROVED
    assert "observer" in caplog.text


def test_rows_are_filtered(world):
    ann, bob = world.enter("ann", "bob")
    world.approve(bob)
    assert [row.id for row in world.store.outbox.find()] == [ann, bob]
    for wanted, found in (
        (RowFilter(trigger="Miss_You"), [ann, bob]),
        (RowFilter(trigger="Other"), []),
        (RowFilter(persona="Inactive", person="bob"), [bob]),
        (RowFilter(states=(State.UNAPPROVED, State.SENT)), [ann]),
        (RowFilter(ids=(bob, 99)), [bob]),
        (RowFilter(limit=1), [ann]),
    ):
        assert [row.id for row in world.store.outbox.find(wanted)] == found
    assert world.store.outbox.counts() == {State.UNAPPROVED: 1, State.APPROVED: 1}
    assert world.store.outbox.row(ann).because == {"last_login": "2026-01-01"}
    assert b"Subject: Hello" in world.store.outbox.message(ann)


# suppression


@pytest.mark.parametrize(
    ("listed", "asked"),
    [("Ann@Example.COM", "ann@example.com"), ("å@bücher.example", "å@xn--bcher-kva.example"), (" not one ", "NOT ONE")],
)
def test_one_mailbox_has_one_spelling(world, listed, asked):
    world.store.suppressions.add(listed, "unsubscribed", world.now, "ann")
    assert singly.unsuppress(world.store, asked)
    assert not singly.unsuppress(world.store, asked)


def test_suppressing_ends_what_waits_and_stays_listed(world, row):
    other = world.enter("bob")[0]
    assert world.store.suppressions.add("ANN@example.com", "unsubscribed", world.now, "ann") == 1
    assert world.store.outbox.row(row).state is State.SUPPRESSED
    assert world.store.outbox.row(other).state is State.UNAPPROVED
    (line,) = world.store.suppressions.all()
    assert (line.address, line.reason, line.at, line.actor) == ("ann@example.com", "unsubscribed", world.now, "ann")


def test_a_suppressed_address_is_not_approved(world, row):
    found = claim(world, row)
    world.store.suppressions.add("ann@example.com", "unsubscribed", world.now, "ann")
    assert world.store.outbox.row(row).state is State.SENDING
    assert "suppressed" in singly.mark_data(world.store, found, world.now)
    assert world.store.outbox.row(row).state is State.SUPPRESSED


@pytest.mark.parametrize(
    ("reason", "suppressed"),
    [
        ("550 5.1.1 no such user", True),
        ("550 5.2.1 disabled", True),
        ("552 5.2.2 full", False),
        ("550 5.7.1 policy", False),
        ("no such mailbox", True),
    ],
)
def test_a_dead_address_is_suppressed(world, row, reason, suppressed):
    assert finished(world, row, Refused(reason, RefusalClass.ADDRESS)) is State.FAILED
    assert bool(world.store.suppressions.all()) is suppressed
