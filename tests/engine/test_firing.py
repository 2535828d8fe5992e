from datetime import UTC, datetime, timedelta

import pytest

from rulekit.engine.tick.firing import GONE, JOINED, LEFT, Circumstances, fire, taggings_of, withdrawals
from rulekit.language.program import Trigger
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NoEmail, Waiting
from rulekit.records import Edge, Tagging

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def trigger(name: str = "Win_Back", edge: Edge = Edge.TAGGED, **options) -> Trigger:
    return Trigger(name=name, title="", edge=edge, persona="Quiet", template="Hello", **{"segment": None, **options})


def tagging(person: str = "ada", episode: int = 1, edge: Edge = Edge.TAGGED) -> Tagging:
    return Tagging("Quiet", person, episode, edge)


def standing(members=("ada",), episode=1, segment=(), last=None, undecided=(), unknown=()) -> Circumstances:
    return Circumstances(
        is_edited=lambda persona, person: False,
        is_gone=lambda person: False,
        is_undecided=lambda persona, person: person in undecided,
        is_member=lambda persona, person: person in members,
        episode=lambda persona, person: episode,
        in_segment=lambda name, person: None if person in unknown else person in segment,
        last_email=lambda name, person: last,
    )


def fire_one(rule: Trigger, found=(), waiting=(), **kwargs):
    return fire({rule.name: rule}, {rule.name: found}, waiting, standing(**kwargs), NOW)


def test_a_tagging_makes_an_email():
    firing = fire_one(trigger(), [tagging()])

    assert [f.tagging.person for f in firing.fired] == ["ada"]
    assert not firing.waiting
    assert not firing.no_emails


def test_only_people_of_the_segment_are_mailed():
    firing = fire_one(trigger(segment="Big"), [tagging("ada"), tagging("bo")], segment=("bo",))

    assert [f.tagging.person for f in firing.fired] == ["bo"]


@pytest.mark.parametrize("options", [{}, {"after": DAY}])
def test_a_segment_of_which_nobody_can_tell_makes_a_reason(options):
    firing = fire_one(
        trigger(segment="Big", **options), [tagging("ada"), tagging("bo")], segment=("bo",), unknown=["ada"]
    )

    reason = "nobody can tell whether its company is in Big: a value cannot be read"
    assert firing.no_emails == (NoEmail("Win_Back", tagging("ada"), reason),)
    assert [one.tagging.person for one in (*firing.fired, *firing.waiting)] == ["bo"]
    assert firing.matched == {"Win_Back": 2}


def test_a_due_wait_goes_on_while_nobody_can_tell():
    wait = Waiting("Win_Back", tagging(), NOW - DAY)
    firing = fire_one(trigger(after=3 * DAY), waiting=[wait], undecided=["ada"])

    assert (firing.waiting_done, firing.fired, firing.no_emails) == ((), (), ())


def test_after_puts_the_email_off():
    firing = fire_one(trigger(after=3 * DAY), [tagging()])

    assert firing.waiting == (Waiting("Win_Back", tagging(), NOW + 3 * DAY),)
    assert not firing.fired


def test_a_wait_that_is_not_due_goes_on():
    wait = Waiting("Win_Back", tagging(), NOW + DAY)

    assert fire_one(trigger(after=3 * DAY), waiting=[wait]).waiting_done == ()


def test_a_due_wait_makes_an_email_when_the_person_is_still_in():
    wait = Waiting("Win_Back", tagging(), NOW)
    firing = fire_one(trigger(after=3 * DAY), waiting=[wait])

    assert [f.tagging for f in firing.fired] == [tagging()]
    assert firing.waiting_done == (wait,)


def test_a_due_wait_of_somebody_who_left_makes_a_reason():
    firing = fire_one(trigger(after=3 * DAY), waiting=[Waiting("Win_Back", tagging(), NOW)], members=())

    assert not firing.fired
    assert [n.reason for n in firing.no_emails] == ["left Quiet before 3d were over"]


def test_leaving_and_joining_again_starts_the_wait_anew():
    firing = fire_one(trigger(after=3 * DAY), waiting=[Waiting("Win_Back", tagging(), NOW)], episode=2)

    assert [n.reason for n in firing.no_emails] == ["left Quiet before 3d were over"]


def test_a_wait_of_a_removed_trigger_ends_with_a_reason():
    wait = Waiting("Old", tagging(), NOW + DAY)
    firing = fire_one(trigger(), waiting=[wait])

    assert firing.waiting_done == (wait,)
    assert [n.reason for n in firing.no_emails] == ["its trigger is no longer in the rules"]


def test_every_spaces_emails_out():
    rule = trigger(every=30 * DAY)

    assert fire_one(rule, [tagging()], last=NOW - 30 * DAY).fired
    too_soon = fire_one(rule, [tagging()], last=NOW - 22 * DAY)
    assert not too_soon.fired
    assert [n.reason for n in too_soon.no_emails] == ["another email of this trigger within 30d"]
    assert not too_soon.waiting


def test_every_that_is_nearly_over_is_waited_for_as_long_as_an_email_is_of_use():
    rule, last = trigger(every=30 * DAY, expires=2 * DAY), NOW - 28 * DAY
    soon = fire_one(rule, [tagging()], last=last)

    assert soon.waiting == (Waiting("Win_Back", tagging(), last + 30 * DAY),)
    assert not soon.fired
    assert not soon.no_emails
    too_long = fire_one(rule, [tagging()], last=last + timedelta(seconds=1))
    assert not too_long.waiting
    assert len(too_long.no_emails) == 1


def test_who_waited_for_every_waits_again_when_mailed_meanwhile():
    rule, last = trigger(every=DAY), NOW - timedelta(hours=1)
    firing = fire_one(rule, waiting=[Waiting("Win_Back", tagging(), NOW)], last=last)

    assert firing.waiting == (Waiting("Win_Back", tagging(), last + DAY),)
    assert len(firing.waiting_done) == 1


def test_who_leaves_while_every_is_not_over_gets_none():
    firing = fire_one(trigger(every=DAY), waiting=[Waiting("Win_Back", tagging(), NOW)], members=())

    assert [n.reason for n in firing.no_emails] == ["left Quiet before it was time for the email"]


def test_a_wait_outlives_the_option_that_made_it():
    wait = Waiting("Win_Back", tagging(), NOW)

    assert fire_one(trigger(), waiting=[wait]).fired
    assert len(fire_one(trigger(), waiting=[wait], members=()).no_emails) == 1


def test_every_counts_emails_of_the_same_tick():
    rule = trigger(every=30 * DAY, after=DAY)
    waits = [Waiting("Win_Back", tagging(episode=1), NOW), Waiting("Win_Back", tagging(episode=1), NOW)]
    firing = fire_one(rule, waiting=waits)

    assert len(firing.fired) == 1
    assert len(firing.no_emails) == 1


def change(reason: str, person: str = "ada") -> MembershipChange:
    return MembershipChange(tagging(person, edge=Edge.TAGGED if reason == JOINED else Edge.UNTAGGED), reason)


def test_who_is_gone_is_not_written_to():
    changes = [change(JOINED, "ada"), change(LEFT, "bo"), change(GONE, "cy")]

    assert [t.person for t in taggings_of(trigger(), changes)] == ["ada"]
    assert [t.person for t in taggings_of(trigger(edge=Edge.UNTAGGED), changes)] == ["bo"]


def test_emails_are_withdrawn_when_their_person_crosses_back():
    changes = [change(JOINED, "ada"), change(LEFT, "bo"), change(GONE, "cy")]
    rules = {"In": trigger("In"), "Out": trigger("Out", Edge.UNTAGGED), "Kept": trigger("Kept", keep=True)}
    found = {(w.trigger, w.person): w.reason for w in withdrawals(rules, changes, removed=["Old"])}

    assert found == {
        ("Old", None): "its trigger is no longer in the rules",
        ("Out", "ada"): "its person joined Quiet again",
        ("In", "bo"): "its person left Quiet",
        ("In", "cy"): "its person is no longer in the source",
        ("Out", "cy"): "its person is no longer in the source",
    }
