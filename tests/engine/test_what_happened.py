"""What one tick makes of who joined and left: baseline, emails, waits, withdrawals, each trigger option."""

from typing import Any

import pytest

DAY = "2026-01-{:02}T08:00Z"


def greet(options: str = "", on: str = "tagged(Pro)", name: str = "Greet") -> str:
    return f"trigger {name}: on {on} send template Hello {options}"


@pytest.fixture
def started(project: Any) -> Any:
    """The project after its baseline: nobody is on the plan `pro`."""
    project.run(DAY.format(1))
    return project


def test_the_first_sight_is_a_baseline_that_mails_nobody(project: Any) -> None:
    project.people(ada="pro", bob="free")
    report = project.run(DAY.format(1))
    pro = next(persona for persona in report.tick.personas if persona.name == "Pro")
    assert (pro.baseline, pro.members, pro.joined) == (True, 1, ())
    assert (project.emails(), project.log(), project.waiting()) == ([], [], [])
    project.run(DAY.format(2))
    assert project.emails() == []


def test_backfill_mails_who_is_in_at_first_sight(project: Any) -> None:
    project.rules(greet("backfill=true"))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    assert project.emails() == [("Greet", "ada", "unapproved")]
    project.run(DAY.format(2))
    assert len(project.emails()) == 1


def test_a_trigger_that_comes_later_takes_a_baseline_of_its_own(started: Any) -> None:
    started.people(ada="pro", bob="free")
    started.run(DAY.format(2))
    started.rules(greet(), greet(name="Later"), greet("backfill=true", name="Filled"))
    started.people(ada="pro", bob="pro")
    started.run(DAY.format(3))
    # bob crossed in the tick that saw `Later` first, so he belongs to its baseline; `Filled` takes both
    assert sorted(started.emails()) == [
        ("Filled", "ada", "unapproved"),
        ("Filled", "bob", "unapproved"),
        ("Greet", "ada", "unapproved"),
        ("Greet", "bob", "unapproved"),
    ]


def test_who_joins_gets_an_unapproved_email(started: Any) -> None:
    started.people(ada="pro", bob="free")
    report = started.run(DAY.format(2))
    assert started.emails() == [("Greet", "ada", "unapproved")]
    assert started.log() == [("Pro", "ada", 1, "joined")]
    assert (report.dispatch.sent, started.sent()) == (0, [])


def test_auto_is_sent_in_the_same_run(project: Any) -> None:
    project.rules(greet("auto=true"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    report = project.run(DAY.format(2))
    assert project.emails() == [("Greet", "ada", "sent")]
    assert report.dispatch.sent == 1
    [name] = [name for name in project.sent() if name.endswith(".eml")]
    written = next((project.folder / "outbox").rglob(name)).read_bytes()
    assert b"To: ada@example.com" in written
    assert b"you are on pro" in written


def test_a_new_person_who_qualifies_at_once_has_joined(started: Any) -> None:
    started.people(ada="free", bob="free", cleo="pro")
    started.run(DAY.format(2))
    assert started.emails() == [("Greet", "cleo", "unapproved")]


def test_untagged_mails_who_left(project: Any) -> None:
    project.rules(greet(on="untagged(Pro)"))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    project.people(ada="free", bob="free")
    project.run(DAY.format(2))
    assert project.emails() == [("Greet", "ada", "unapproved")]
    assert project.log() == [("Pro", "ada", 1, "left")]


def test_joining_again_withdraws_what_leaving_made(project: Any) -> None:
    project.rules(greet(on="untagged(Pro)"))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    for day, plan in ((2, "free"), (3, "pro")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert project.emails() == [("Greet", "ada", "withdrawn")]


@pytest.mark.parametrize(("keep", "state"), [("", "withdrawn"), ("keep=true", "unapproved")])
def test_leaving_withdraws_unless_the_email_is_kept(project: Any, keep: str, state: str) -> None:
    project.rules(greet(keep))
    project.run(DAY.format(1))
    for day, plan in ((2, "pro"), (3, "free")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert project.emails() == [("Greet", "ada", state)]
    if not keep:
        assert project.ask("SELECT reason FROM outbox") == [("its person left Pro",)]


def test_every_leaves_out_who_was_mailed_lately(project: Any) -> None:
    project.rules(greet("every=10d keep=true"))
    project.run(DAY.format(1))
    for day, plan in ((2, "pro"), (3, "free"), (4, "pro"), (5, "free"), (20, "pro")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert [person for _, person, _ in project.emails()] == ["ada", "ada"]
    assert project.reasons() == [("Greet", "ada", "another email of this trigger within 10d")]
    assert [line[2:] for line in project.log() if line[0] == "Pro"] == [
        (1, "joined"),
        (1, "left"),
        (2, "joined"),
        (2, "left"),
        (3, "joined"),
    ]


def test_without_every_joining_again_is_mailed_again(started: Any) -> None:
    for day, plan in ((2, "pro"), (3, "free"), (4, "pro")):
        started.people(ada=plan, bob="free")
        started.run(DAY.format(day))
    assert started.emails() == [("Greet", "ada", "withdrawn"), ("Greet", "ada", "unapproved")]


def test_after_waits_until_it_is_due(project: Any) -> None:
    project.rules(greet("after=2d"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    for day in (2, 3):
        project.run(DAY.format(day))
        assert (project.waiting(), project.emails()) == ([("Greet", "ada")], [])
    project.run(DAY.format(4))
    assert (project.waiting(), project.emails()) == ([], [("Greet", "ada", "unapproved")])


def test_after_ends_when_the_person_has_left_meanwhile(project: Any) -> None:
    project.rules(greet("after=2d"))
    project.run(DAY.format(1))
    for day, plan in ((2, "pro"), (3, "free"), (4, "free")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert (project.waiting(), project.emails()) == ([], [])
    assert project.reasons() == [("Greet", "ada", "left Pro before 2d were over")]


def test_after_starts_again_for_who_left_and_joined_again(project: Any) -> None:
    project.rules(greet("after=2d"))
    project.run(DAY.format(1))
    for day, plan in ((2, "pro"), (3, "free"), (4, "pro"), (5, "pro"), (6, "pro")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert project.reasons() == [("Greet", "ada", "left Pro before 2d were over")]
    assert project.emails() == [("Greet", "ada", "unapproved")]


def test_an_email_that_nobody_approves_expires(project: Any) -> None:
    project.rules(greet("expires=2d"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    project.run(DAY.format(3))
    assert project.emails() == [("Greet", "ada", "unapproved")]
    assert project.run("2026-01-04T08:00:01Z").outcome.expired == 1
    assert project.emails() == [("Greet", "ada", "expired")]


def test_a_segment_lets_only_its_companies_through(project: Any) -> None:
    project.rules(greet(on="tagged(Pro) in Large"))
    project.accounts(acme=10, giant=500)
    project.run(DAY.format(1))
    project.person_rows(
        (key, f"{key}@example.com", "pro", company) for key, company in (("ada", "giant"), ("bob", "acme"), ("cy", ""))
    )
    project.run(DAY.format(2))
    assert project.emails() == [("Greet", "ada", "unapproved")]
    # growing later does not make up for it: the segment is asked at the instant of the tagging
    project.accounts(acme=1000, giant=500)
    project.run(DAY.format(3))
    assert len(project.emails()) == 1


def test_another_company_is_seen_by_the_next_tagging(project: Any) -> None:
    project.rules(
        "persona Staff_Of_Giant: in Large",
        greet(on="tagged(Staff_Of_Giant)"),
        greet(on="untagged(Staff_Of_Giant)", name="Bye"),
    )
    project.accounts(acme=10, giant=500)
    project.run(DAY.format(1))
    for day, company in ((2, "giant"), (3, "acme")):
        project.person_rows([("ada", "ada@example.com", "free", company), ("bob", "bob@example.com", "free", "acme")])
        project.run(DAY.format(day))
    assert project.emails() == [("Greet", "ada", "withdrawn"), ("Bye", "ada", "unapproved")]


# the first of them misses somebody, and by the last one they are gone
UNTIL_GONE = ("2026-01-03T08:00Z", "2026-02-03T08:00Z", "2026-03-06T08:00Z", "2026-04-03T08:00Z")


def test_who_is_gone_from_the_source_is_logged_as_gone_and_not_written_to(project: Any) -> None:
    project.rules(greet("expires=365d"), greet(on="untagged(Pro)", name="Bye"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    project.people(bob="free")
    for day in UNTIL_GONE[:-1]:
        project.run(day)
        assert (project.log(), project.emails()) == ([("Pro", "ada", 1, "joined")], [("Greet", "ada", "unapproved")])
    project.run(UNTIL_GONE[-1])
    assert project.log() == [("Pro", "ada", 1, "joined"), ("Pro", "ada", 1, "gone")]
    assert project.emails() == [("Greet", "ada", "withdrawn")]
    # who comes back after so long has joined again
    project.people(ada="pro", bob="free")
    project.run("2026-04-04T08:00Z")
    assert project.emails() == [("Greet", "ada", "withdrawn"), ("Greet", "ada", "unapproved")]


@pytest.mark.parametrize(("keep", "state"), [("", "withdrawn"), ("keep=true", "unapproved")])
def test_an_email_for_leaving_is_withdrawn_when_its_person_is_gone(project: Any, keep: str, state: str) -> None:
    project.rules(greet(f"{keep} expires=365d", on="untagged(Pro)"))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    project.people(ada="free", bob="free")
    project.run(DAY.format(2))
    project.people(bob="free")
    for day in UNTIL_GONE:
        assert project.emails() == [("Greet", "ada", "unapproved")]
        project.run(day)
    assert project.emails() == [("Greet", "ada", state)]
    if not keep:
        assert project.ask("SELECT reason FROM outbox") == [("its person is gone from the source",)]


@pytest.mark.parametrize("edge", ["tagged", "untagged"])
def test_a_wait_ends_when_its_person_is_gone(project: Any, edge: str) -> None:
    before, after = ("free", "pro") if edge == "tagged" else ("pro", "free")
    project.rules(greet("after=2d", on=f"{edge}(Pro)"))
    project.people(ada=before, bob="free")
    project.run(DAY.format(1))
    project.people(ada=after, bob="free")
    project.run(DAY.format(2))
    project.people(bob="free")
    for day in UNTIL_GONE:
        project.run(day)
        assert project.waiting() == ([] if day == UNTIL_GONE[-1] else [("Greet", "ada")])
    assert project.emails() == []
    [(_, person, reason)] = project.reasons()
    assert person == "ada"
    assert "gone" in reason


def test_a_removed_trigger_withdraws_its_emails_and_ends_its_waits(project: Any) -> None:
    project.rules(greet(), greet("after=5d", name="Slow"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    project.rules()
    project.run(DAY.format(3))
    assert project.emails() == [("Greet", "ada", "withdrawn")]
    assert project.ask("SELECT reason FROM outbox") == [("its trigger is no longer in the rules",)]
    assert project.waiting() == []
    assert project.reasons() == [("Slow", "ada", "its trigger is no longer in the rules")]
    # its return mails nobody afresh
    project.rules(greet())
    project.run(DAY.format(4))
    assert project.emails() == [("Greet", "ada", "withdrawn")]


def test_a_removed_persona_is_forgotten_and_comes_back_as_a_baseline(project: Any) -> None:
    vip = 'persona Vip: plan = "pro"'
    project.rules(vip, greet(on="tagged(Vip)"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    project.rules()
    project.run(DAY.format(3))
    assert project.emails() == [("Greet", "ada", "withdrawn")]
    assert project.ask("SELECT bits FROM personas WHERE name = 'Vip'") == [(None,)]
    project.rules(vip, greet(on="tagged(Vip)"))
    project.run(DAY.format(4))
    assert len(project.emails()) == 1
    for day, plan in ((5, "free"), (6, "pro")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert project.emails()[1:] == [("Greet", "ada", "unapproved")]


def test_a_trigger_that_moves_to_another_persona_ends_the_waits_of_the_removed_one(project: Any) -> None:
    project.rules('persona Vip: plan = "pro"', greet("after=2d", on="tagged(Vip)"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    project.rules(greet("after=2d"))
    project.run(DAY.format(4))
    assert (project.emails(), project.waiting()) == ([], [])
    assert project.reasons() == [("Greet", "ada", "its trigger is no longer `on tagged(Vip)`")]


def test_a_returning_persona_with_backfill_counts_its_people_s_next_episode(project: Any) -> None:
    vip = 'persona Vip: plan = "pro"'
    project.people(ada="pro", bob="free")
    project.rules(vip)
    project.run(DAY.format(1))
    project.rules()
    project.run(DAY.format(2))
    project.rules(vip, greet("backfill=true after=1d", on="tagged(Vip)"))
    project.run(DAY.format(3))
    project.run(DAY.format(4))
    assert (project.emails(), project.reasons()) == ([("Greet", "ada", "unapproved")], [])


def test_renames_keep_episodes_every_and_waits(project: Any) -> None:
    project.rules(
        'persona Old_P: plan = "pro"',
        greet("every=10d", on="tagged(Old_P)"),
        greet("after=5d", on="tagged(Old_P)", name="Slow"),
    )
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    renamed = 'persona New_P was Old_P: plan = "pro"'
    project.rules(
        renamed,
        "trigger Hail was Greet: on tagged(New_P) send template Hello every=10d",
        "trigger Crawl was Slow: on tagged(New_P) send template Hello after=5d",
    )
    project.run(DAY.format(3))
    assert project.emails() == [("Hail", "ada", "unapproved")]
    assert project.waiting() == [("Crawl", "ada")]
    project.run(DAY.format(7))
    assert project.emails() == [("Hail", "ada", "unapproved"), ("Crawl", "ada", "unapproved")]
    for day, plan in ((8, "free"), (9, "pro")):
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    assert ("New_P", "ada", 2, "joined") in project.log()


def test_every_counts_what_the_trigger_sent_under_its_old_name(project: Any) -> None:
    project.rules(greet("every=10d keep=true"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    project.people(ada="free", bob="free")
    project.run(DAY.format(3))
    project.rules("trigger Hail was Greet: on tagged(Pro) send template Hello every=10d keep=true")
    project.people(ada="pro", bob="free")
    project.run(DAY.format(4))
    assert project.emails() == [("Hail", "ada", "unapproved")]
    assert project.reasons() == [("Hail", "ada", "another email of this trigger within 10d")]
