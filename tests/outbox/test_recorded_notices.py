"""Notices count only for an email that left for the very address, and once; over every kind of store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rulekit.outbox.people.recorded_notices import Intake
from rulekit.records import Later, Notice, NoticeKind, Refused, Sent, State, Unknown
from tests.outbox import singly

KINDS = list(NoticeKind)


def notice(kind=NoticeKind.BOUNCED, *, person="ann", identity="n1", **changes):
    base = Notice(kind, (f"{person}@example.com",), f"<{person}.1@example.org>", identity, "delivery report")
    return replace(base, **changes)


DEAD = notice(status="5.1.1", detail="550 unknown", dead=True)


def left(world, outcome, person="ann"):
    """The email of a person, after a sender said what became of it."""
    (row,) = world.enter(person, auto=True)
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    if not isinstance(outcome, Later):
        singly.mark_data(world.store, claim, world.now)
    singly.finish(world.store, claim, outcome, world.now)
    return row


def hear(world, *notices, **options):
    return world.store.audit.record_notices(notices, world.now, "eve", **options)


def addresses(world):
    return {(line.address, line.reason, line.actor) for line in world.store.suppressions.all()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_about_a_sent_email_is_kept_and_changes_no_state(world, kind):
    row = left(world, Sent("250 ok"))
    before = world.store.audit.history(row)
    world.later(hours=1)
    heard = hear(world, notice(kind, at=world.now - timedelta(minutes=5), detail="as told"))
    assert heard.recorded == {(row, "n1")}
    assert (world.store.outbox.row(row).state, world.store.audit.history(row)) == (State.SENT, before)
    (event,) = world.store.audit.notices_of(row)
    assert (event.kind, event.at, event.detail) == (kind, world.now - timedelta(minutes=5), "as told")


def test_a_dead_address_and_a_complaint_are_suppressed_and_what_waits_for_them_ends(world):
    left(world, Sent("250 ok"))
    left(world, Sent("250 ok"), "bob")
    waiting = world.enter("ann2", recipient="Ann@Example.com")
    complaint = notice(NoticeKind.COMPLAINED, person="bob", identity="n2", detail="abuse")
    heard = hear(world, DEAD, complaint)
    assert (heard.suppressed, heard.ended) == ({"ann@example.com", "bob@example.com"}, set(waiting))
    assert addresses(world) == {
        ("ann@example.com", "bounced: 5.1.1: 550 unknown", "eve"),
        ("bob@example.com", "complained: abuse", "eve"),
    }
    ended = world.store.outbox.row(waiting[0])
    assert (ended.state, ended.reason) == (State.SUPPRESSED, "bounced: 5.1.1: 550 unknown")


@pytest.mark.parametrize(
    "said",
    [
        notice(status="5.2.2"),
        notice(status="4.4.7"),
        notice(status="5.7.1"),
        notice(NoticeKind.DELAYED, status="4.1.1"),
        notice(NoticeKind.DELIVERED),
    ],
)
def test_nothing_else_suppresses_an_address(world, said):
    left(world, Sent("250 ok"))
    assert hear(world, said).recorded
    assert addresses(world) == set()


@pytest.mark.parametrize(
    "forged",
    [
        replace(DEAD, addresses=("bob@example.com",)),
        replace(DEAD, addresses=()),
        replace(DEAD, addresses=("ann@example.com.evil.example", "ann@example.org", "")),
        replace(DEAD, message_id="<ann.2@example.org>"),
        replace(DEAD, message_id="<ANN.1@example.org>"),
        replace(DEAD, message_id=""),
    ],
)
@pytest.mark.parametrize("outcome", [Sent("250 ok"), Unknown("silence")])
def test_a_notice_about_another_address_or_message_does_nothing(world, forged, outcome):
    row = left(world, outcome)
    left(world, Sent("250 ok"), "bob")
    before = world.store.outbox.row(row)
    complaint = replace(forged, kind=NoticeKind.COMPLAINED, identity="n2")
    assert hear(world, forged, complaint) == Intake(not_ours=2)
    assert (world.store.outbox.row(row), world.store.audit.notices_of(row), addresses(world)) == (before, [], set())


@pytest.mark.parametrize("stands", ["unapproved", "approved", "retrying", "cancelled"])
def test_a_notice_about_an_email_that_never_left_does_nothing(world, stands):
    if stands == "retrying":
        row = left(world, Later("450 busy"))
    else:
        (row,) = world.enter("ann")
        if stands == "approved":
            world.approve(row)
        if stands == "cancelled":
            singly.cancel(world.store, row, world.now, "ada")
    assert world.store.outbox.row(row).state.value == stands
    assert hear(world, DEAD) == Intake(not_ours=1)
    assert addresses(world) == set()


@pytest.mark.parametrize("outcome", [Refused("554 no"), Unknown("silence")])
def test_a_notice_about_an_email_that_left_without_a_yes_counts(world, outcome):
    row = left(world, outcome)
    assert hear(world, DEAD).recorded == {(row, "n1")}
    assert hear(world, notice(NoticeKind.COMPLAINED, identity="n2")).recorded == {(row, "n2")}
    assert world.store.outbox.row(row).state is State.FAILED


def test_spellings_of_the_address_are_one(world):
    row = left(world, Sent("250 ok"))
    said = replace(DEAD, addresses=("other@example.net", " ANN@EXAMPLE.COM "))
    assert hear(world, said).recorded == {(row, "n1")}


def test_an_uncertain_email_is_settled_by_evidence(world):
    bounced, arrived, delayed, both = (left(world, Unknown("silence"), name) for name in ("ann", "bob", "cy", "di"))
    heard = hear(
        world,
        DEAD,
        notice(NoticeKind.DELIVERED, person="bob", detail="250 2.0.0 ok"),
        notice(NoticeKind.DELAYED, person="cy", status="4.4.1"),
        notice(NoticeKind.DELAYED, person="di"),
        notice(NoticeKind.BOUNCED, person="di", identity="n2", status="5.2.2"),
    )
    assert (heard.sent, heard.failed) == ({arrived, delayed}, {bounced, both})
    found = world.store.outbox.row(arrived)
    assert (found.state, found.reply) == (State.SENT, "delivery report: delivered (250 2.0.0 ok)")
    assert world.store.outbox.row(bounced).reason == "delivery report: bounced (5.1.1: 550 unknown)"
    for row in (bounced, arrived, delayed, both):
        line = world.store.audit.history(row)[-1]
        assert (line.actor, line.actor_name) == ("evidence", "eve")


def test_later_evidence_moves_nothing_any_more(world):
    row = left(world, Unknown("silence"))
    hear(world, notice(NoticeKind.DELIVERED))
    hear(world, replace(DEAD, identity="n2"))
    assert world.store.outbox.row(row).state is State.SENT
    assert [event.kind for event in world.store.audit.notices_of(row)] == [NoticeKind.DELIVERED, NoticeKind.BOUNCED]


def test_a_storm_of_the_same_notice_is_heard_once(world):
    row = left(world, Unknown("silence"))
    heard = hear(world, *[DEAD] * 5_000)
    assert (heard.recorded, heard.again, heard.failed) == ({(row, "n1")}, 4_999, {row})
    history = world.store.audit.history(row)
    assert hear(world, DEAD) == Intake(again=1)
    assert (len(world.store.audit.notices_of(row)), world.store.audit.history(row)) == (1, history)


def test_an_address_that_was_allowed_again_stays_so_when_an_old_notice_is_read_again(world):
    left(world, Sent("250 ok"))
    hear(world, DEAD)
    singly.unsuppress(world.store, "ann@example.com")
    hear(world, DEAD)
    assert addresses(world) == set()


def test_a_date_in_the_future_is_heard_now(world):
    row = left(world, Sent("250 ok"))
    hear(world, replace(DEAD, at=world.now + timedelta(days=36_500)))
    assert world.store.audit.notices_of(row)[0].at == world.now


def test_a_dry_run_writes_nothing_and_says_the_same(world):
    row = left(world, Unknown("silence"))
    listed = {"Zed@example.com": "asked"}
    world.changes.clear()
    planned = (
        hear(world, DEAD, dry_run=True),
        world.store.suppressions.add_listed(listed, world.now, "eve", dry_run=True),
    )
    assert (world.store.outbox.row(row).state, addresses(world), world.store.audit.notices_of(row)) == (
        State.UNCERTAIN,
        set(),
        [],
    )
    assert world.changes == []
    assert planned == (hear(world, DEAD), world.store.suppressions.add_listed(listed, world.now, "eve"))
    assert [change.target for change in world.changes] == ["failed"]


def test_a_list_is_suppressed_for_the_reasons_that_it_gives(world):
    (ann, bob) = world.enter("ann", "bob")
    world.store.suppressions.add("bob@example.com", "wrote to us", world.now, "ada")
    listed = {"ANN@example.com": "550 unknown", "bob@example.com": "asked", "cy@example.com": "asked"}
    heard = world.store.suppressions.add_listed(listed, world.now, "eve")
    assert (heard.suppressed, heard.already, heard.ended) == ({"ann@example.com", "cy@example.com"}, 1, {ann})
    assert world.store.outbox.row(ann).reason == "550 unknown"
    assert ("bob@example.com", "wrote to us", "ada") in addresses(world)
    assert world.store.outbox.row(bob).reason == "wrote to us"


def test_a_list_for_one_trigger_leaves_other_mail_alone(world):
    (ann,) = world.enter("ann")
    heard = world.store.suppressions.add_listed({"ann@example.com": "asked"}, world.now, "eve", "Miss_You")
    assert heard.ended == {ann}
    assert [line.trigger for line in world.store.suppressions.all()] == ["Miss_You"]
    again = world.store.suppressions.add_listed({"ann@example.com": "asked"}, world.now, "eve")
    assert again.suppressed == {"ann@example.com"}
    assert (world.store.suppressions.knows_trigger("Miss_You"), world.store.suppressions.knows_trigger("Mis_You")) == (
        True,
        False,
    )


def test_a_long_list_and_many_notices_fit(world):
    row = left(world, Sent("250 ok"))
    listed = {f"p{number}@example.com": "asked" for number in range(3_000)}
    assert len(world.store.suppressions.add_listed(listed, world.now, "eve").suppressed) == 3_000
    notices = [replace(DEAD, identity=str(number), message_id=f"<{number}@x>") for number in range(2_500)]
    many = [notice(NoticeKind.DELIVERED, identity=str(number)) for number in range(2_500)]
    heard = hear(world, *notices, *many)
    assert (heard.not_ours, len(heard.recorded)) == (2_500, 2_500)
    assert len(world.store.audit.notices_of(row)) == 2_500
