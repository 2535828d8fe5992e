"""When a tick writes nothing, or less than it could: sources in doubt, masses, other runs, plugins, allow-lists."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import open_project
from rulekit.engine.running import RunReport, plan, run
from rulekit.engine.stores import open_store
from rulekit.engine.tick.prepare import prepare_tick
from rulekit.errors import RulekitError, SettingsError, SourceError, TickLost
from rulekit.hooks import hookimpl
from rulekit.hooks.manager import load_plugins
from rulekit.outbox.dispatch.dispatcher import DispatchReport
from rulekit.records import Envelope, IdempotentSender, Outcome, Refused, SenderRequest, Sent, Unknown

DAY = "2026-01-{:02}T08:00Z"
CROWD = [f"p{number:03}" for number in range(400)]


def greet(options: str = "", on: str = "tagged(Pro)") -> str:
    return f"trigger Greet: on {on} send template Hello {options}"


def crowd(pro: int, of: int = 120) -> dict[str, str]:
    return {key: "pro" if number < pro else "free" for number, key in enumerate(CROWD[:of])}


@pytest.fixture
def busy(project: Any) -> Any:
    """A project with an email of every kind: sent, unapproved and waiting."""
    project.rules(
        greet("auto=true"),
        "trigger Ask: on tagged(Pro) send template Hello",
        "trigger Slow: on tagged(Pro) send template Hello after=2d",
    )
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    return project


def test_running_again_at_the_same_instant_changes_nothing(busy: Any) -> None:
    before = busy.dump()
    assert sorted(state for *_, state in busy.emails()) == ["sent", "unapproved"]
    report = busy.run(DAY.format(2))
    assert not report.tick.changes_anything
    assert busy.dump() == before


def test_now_before_the_last_tick_is_refused(busy: Any) -> None:
    before = busy.dump()
    with pytest.raises(RulekitError, match=r"the last tick was at 2026-01-02T08:00:00Z, which is later") as refusal:
        busy.run(DAY.format(1))
    assert "--now" in (refusal.value.help or "")
    assert busy.dump() == before


def test_now_weeks_after_the_last_tick_is_refused_until_it_is_accepted(busy: Any) -> None:
    before = busy.dump()
    for act in (busy.run, lambda now: plan(open_project(busy.folder), instant(now))):
        with pytest.raises(RulekitError) as refusal:
            act("2026-02-03T08:00:01Z")
        assert refusal.value.message == (
            "the last tick was at 2026-01-02T08:00:00Z, 32 days before 2026-02-03T08:00:01Z; "
            "nobody was tagged or untagged"
        )
        assert "if it is right, look at `rulekit plan --accept`" in (refusal.value.help or "")
    assert busy.dump() == before
    plan(open_project(busy.folder), instant("2027-01-01T08:00Z"), accept=True)
    busy.run("2027-01-01T08:00Z", accept=True)
    # by the clock that was accepted everything goes on
    busy.run("2027-01-02T08:00Z")


def test_a_run_each_month_is_never_too_late(busy: Any) -> None:
    for month in range(2, 13):
        busy.run(f"2026-{month:02}-03T08:00Z")
    busy.run("2027-01-01T08:00Z")


def test_a_plan_writes_nothing_and_is_what_the_run_then_does(busy: Any) -> None:
    busy.people(ada="free", bob="pro", cleo="pro")
    before = busy.dump()
    now = DAY.format(4)
    planned, _ = plan(open_project(busy.folder), instant(now))
    assert busy.dump() == before
    done = busy.run(now).tick
    assert planned.record.rows == done.record.rows
    assert planned.record.changes == done.record.changes
    assert (planned.record.waiting, planned.record.no_emails) == (done.record.waiting, done.record.no_emails)
    assert planned.personas == done.personas
    assert len(done.record.rows) == 4


def test_a_plan_before_the_first_run_makes_no_store(project: Any) -> None:
    plan(open_project(project.folder), instant(DAY.format(1)))
    assert not (project.folder / "state").exists()


@pytest.mark.parametrize("trouble", ["no people", "no file", "no column", "not readable", "no accounts", "silent kind"])
def test_a_source_in_doubt_removes_nobody_and_writes_nothing(busy: Any, trouble: str) -> None:
    before = busy.dump()
    people = busy.folder / "data/people.csv"
    match trouble:
        case "no people":
            busy.people()
        case "no file":
            people.unlink()
        case "no column":
            people.write_text("id,email,account\nada,ada@example.com,acme\n")
        case "not readable":
            people.write_bytes(b"id,email,plan,account\nada,\xff\xfe\x00,\xff,acme\n")
        case "no accounts":
            (busy.folder / "data/accounts.csv").unlink()
        case "silent kind":
            busy.events(("ada", "login", "2026-01-01T00:00Z"))
    with pytest.raises(SourceError) as refusal:
        busy.run(DAY.format(5))
    assert refusal.value.exit_code == 4
    assert refusal.value.help
    assert busy.dump() == before


def test_that_everybody_left_can_be_accepted(busy: Any) -> None:
    busy.people()
    before = busy.emails()
    tick = busy.run(DAY.format(5), accept=True).tick
    # until they are gone they are absent, as anybody else would be
    assert len(tick.record.missed) == 2
    assert not any(change.gone for change in tick.personas)
    assert busy.emails() == before


def test_a_source_that_came_only_in_part_removes_nobody_although_no_persona_is_large(project: Any) -> None:
    project.rules(greet(), "trigger Sorry: on untagged(Pro) send template Hello")
    project.people(**crowd(pro=20, of=260))
    project.run(DAY.format(1))
    before = project.dump()
    project.people(**{key: plan for key, plan in crowd(pro=20, of=260).items() if key >= "p053"})
    with pytest.raises(SourceError, match="the source lacks 53 of the 260 people that it had before") as refusal:
        project.run(DAY.format(2))
    assert "`--accept`" in (refusal.value.help or "")
    assert project.dump() == before
    assert len(project.run(DAY.format(2), accept=True).tick.record.missed) == 53
    # those who were absent already are not missed again
    assert project.run(DAY.format(3)).tick.record.missed == ()


@pytest.mark.parametrize(("of", "gone"), [(120, 50), (260, 52)])
def test_few_people_or_a_small_share_may_leave_the_source(project: Any, of: int, gone: int) -> None:
    project.people(**crowd(pro=5, of=of))
    project.run(DAY.format(1))
    project.people(**{key: plan for key, plan in crowd(pro=5, of=of).items() if key >= f"p{gone:03}"})
    assert len(project.run(DAY.format(2)).tick.record.missed) == gone


def test_a_kind_that_was_always_silent_is_fine_and_one_that_fell_silent_can_be_accepted(project: Any) -> None:
    project.events(("ada", "login", "2026-01-01T00:00Z"))
    project.run(DAY.format(1))
    project.events(("ada", "export", "2026-01-01T00:00Z"))
    with pytest.raises(SourceError, match=r"no `login` events any more.*nobody was tagged or untagged"):
        project.run(DAY.format(2))
    project.run(DAY.format(2), accept=True)
    project.run(DAY.format(3))


def test_a_mass_that_joins_at_once_is_parked_until_it_is_accepted(project: Any) -> None:
    project.people(**crowd(pro=10))
    project.run(DAY.format(1))
    project.people(**crowd(pro=61))
    report = project.run(DAY.format(2))
    assert (report.tick.parked, project.emails(), project.log()) == (["Pro"], [], [])
    report = project.run(DAY.format(3), accept=True)
    assert report.tick.parked == []
    assert len(project.emails()) == 51


@pytest.mark.parametrize(("pro", "then"), [(10, 60), (120, 99), (120, 70)])
def test_what_is_few_people_or_a_small_share_is_not_parked(project: Any, pro: int, then: int) -> None:
    project.people(**crowd(pro=pro))
    project.run(DAY.format(1))
    project.people(**crowd(pro=then))
    assert project.run(DAY.format(2)).tick.parked == []


def test_people_who_vanish_in_a_mass_keep_their_place_and_their_waits(project: Any) -> None:
    project.rules(greet("after=2d"), "trigger Ask: on tagged(Pro) send template Hello")
    project.people(**crowd(pro=60, of=400))
    project.run(DAY.format(1))
    everybody = crowd(pro=62, of=400)
    project.people(**everybody)
    project.run(DAY.format(2))
    project.people(**{key: plan for key, plan in everybody.items() if not "p009" <= key < "p062"})
    report = project.run(DAY.format(5))
    assert (report.tick.parked, len(report.tick.record.missed)) == ([], 53)
    assert [state for *_, state in project.emails()] == ["unapproved", "unapproved"]
    assert len(project.waiting()) == 2
    # a trigger that is new meanwhile fills in only people who are there
    project.rules(greet("after=2d"), "trigger Fill: on tagged(Pro) send template Hello backfill=true")
    project.run(DAY.format(6))
    assert sum(trigger == "Fill" for trigger, *_ in project.emails()) == 9
    # they are back: the wait was over long ago
    project.people(**everybody)
    assert project.run(DAY.format(7)).tick.parked == []
    assert sum(trigger == "Greet" for trigger, *_ in project.emails()) == 2


def test_more_than_the_limit_of_auto_emails_wait_for_approval(project: Any) -> None:
    project.settings(more="[delivery]\nmax_auto_per_tick = 2\n")
    project.rules(greet("auto=true"))
    project.people(**crowd(pro=0, of=5))
    project.run(DAY.format(1))
    project.people(**crowd(pro=2, of=5))
    assert project.run(DAY.format(2)).tick.demoted == frozenset()
    project.people(**crowd(pro=5, of=5))
    assert project.run(DAY.format(3)).tick.demoted == {"Greet"}
    assert [state for *_, state in project.emails()] == ["sent", "sent", "unapproved", "unapproved", "unapproved"]


def test_of_two_ticks_at_once_one_loses_and_writes_nothing(project: Any) -> None:
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    opened = open_project(project.folder)
    with open_store(opened) as store, open_project_data(opened) as data:
        mine = prepare_tick(opened, data, store, instant(DAY.format(2)))
        project.run(DAY.format(2))
        before = project.dump()
        with pytest.raises(TickLost, match="another tick wrote first; this one wrote nothing"):
            store.ticks.record(mine.record)
    assert project.dump() == before
    assert project.emails() == [("Greet", "ada", "unapproved")]


@pytest.mark.starts_programs
def test_two_processes_at_once_double_nothing(project: Any) -> None:
    project.rules(greet("auto=true"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="pro")
    command = [
        sys.executable,
        "-c",
        "from rulekit.cli import main; main()",
        "run",
        "--now",
        DAY.format(2),
        "--project",
        str(project.folder),
    ]
    pair = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [(process.communicate(timeout=60)[1], process.returncode) for process in pair]
    assert all(code == 0 or (code == 1 and "another tick wrote first" in text) for text, code in told), told
    assert 0 in [code for _, code in told]
    assert sorted(project.emails()) == [("Greet", "ada", "sent"), ("Greet", "bob", "sent")]
    assert len([name for name in project.sent() if name.endswith(".eml")]) == 2


def test_who_is_not_on_the_allow_list_is_not_mailed(project: Any) -> None:
    project.settings("[sender]", '[sender]\nallow = ["ADA@*"]')
    project.rules(greet("auto=true"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="pro")
    report = project.run(DAY.format(2))
    assert project.emails() == [("Greet", "ada", "sent"), ("Greet", "bob", "suppressed")]
    assert (report.dispatch.sent, report.dispatch.suppressed) == (1, 1)
    assert project.ask("SELECT reason FROM outbox WHERE state = 'suppressed'") == [("not on sender.allow",)]


def test_an_empty_allow_list_means_nobody(project: Any) -> None:
    project.settings("[sender]", "[sender]\nallow = []")
    project.rules(greet("auto=true"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    assert (project.emails(), project.sent()) == ([("Greet", "ada", "suppressed")], [])


class Careful:
    @hookimpl
    def email_composed(self, email: Any) -> str | None:
        return "on holiday" if email.person == "ada" else None


class Broken:
    @hookimpl
    def email_composed(self, email: Any) -> str | None:
        raise OSError("no network")


class Refusing:
    """A sender whose other side says no to ada, and is silent about bob."""

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        if envelope.recipient.startswith("ada"):
            return Refused("550 no such user")
        mark_data()
        return Unknown("no answer to the last dot")

    def close(self) -> None:
        pass


class Post:
    @hookimpl
    def register_senders(self) -> dict[str, object]:
        return {"post": lambda request: Refusing()}


def run_with(project: Any, plugin: object, now: str) -> RunReport:
    """Runs with a plugin beside those that ship inside."""
    opened = open_project(project.folder)
    hooked = dataclasses.replace(opened, plugins=load_plugins({**BUILTIN_PLUGINS, "mine": plugin}, allow=()))
    with open_store(hooked) as store:
        return run(hooked, store, instant(now))


@pytest.mark.parametrize(
    ("plugin", "kept_out"),
    [
        (Careful(), {"ada": "the plugin `mine` keeps it out: on holiday"}),
        (Broken(), dict.fromkeys(("ada", "bob"), "the plugin `mine` failed: OSError: no network")),
    ],
)
def test_a_plugin_s_veto_is_recorded_as_a_reason(project: Any, plugin: object, kept_out: dict[str, str]) -> None:
    project.run(DAY.format(1))
    project.people(ada="pro", bob="pro")
    run_with(project, plugin, DAY.format(2))
    assert {person: reason for _, person, reason in project.reasons()} == kept_out
    assert {person for _, person, _ in project.emails()} == {"ada", "bob"} - kept_out.keys()


def test_a_sender_that_refuses_ends_one_email_and_stops_no_other(project: Any) -> None:
    project.settings('url = "folder:outbox"', 'url = "post:"\nallow = ["*"]')
    project.rules(greet("auto=true"))
    run_with(project, Post(), DAY.format(1))
    project.people(ada="pro", bob="pro")
    report = run_with(project, Post(), DAY.format(2)).dispatch
    assert (report.sent, report.failed, report.uncertain) == (0, 1, 1)
    assert project.emails() == [("Greet", "ada", "failed"), ("Greet", "bob", "uncertain")]
    reasons = [reason for (reason,) in project.ask("SELECT reason FROM outbox ORDER BY id")]
    assert reasons == ["550 no such user", "no answer to the last dot"]


class Silent(Refusing):
    """Takes an email without a word, drops it the next time, and says so then."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        mark_data()
        if message in self.taken:
            return Sent("known already")
        self.taken.append(message)
        return Unknown("no answer")


class Repeats:
    """Registers that sender, with or without the window of its provider."""

    def __init__(self, window: timedelta | None = timedelta(days=2)) -> None:
        self.sender, self.window = Silent(), window

    @hookimpl
    def register_senders(self) -> dict[str, object]:
        def open_it(request: SenderRequest) -> Silent:
            return self.sender

        return {"post": IdempotentSender(open_it, self.window) if self.window else open_it}


@pytest.mark.parametrize(("delivery", "option"), [("idempotent", ""), ("hold", 'uncertain="idempotent"')])
def test_what_may_have_arrived_goes_again_to_a_provider_that_drops_repeats(
    project: Any, delivery: str, option: str
) -> None:
    more = f'[delivery]\nuncertain = "{delivery}"\n'
    project.settings('url = "folder:outbox"', 'url = "post:"\nallow = ["*"]', more)
    project.rules(greet(f"auto=true {option}"))
    plugin = Repeats()
    run_with(project, plugin, DAY.format(1))
    project.people(ada="pro")
    assert run_with(project, plugin, "2026-01-02T08:00Z").dispatch.uncertain == 1
    assert run_with(project, plugin, "2026-01-02T09:00Z").dispatch == DispatchReport()
    assert run_with(project, plugin, "2026-01-02T09:01Z").dispatch == DispatchReport(sent=1)
    assert len(plugin.sender.taken) == 1
    assert project.ask("SELECT uncertain, reply FROM outbox") == [("idempotent" if option else None, "known already")]
    told = project.cli("reconcile", "--now", "2026-01-02T09:02Z", "--project", str(project.folder)).output
    assert "1 email left again while nobody knew of the first time (`uncertain`), and may have arrived twice" in told
    assert "I1   holds   no email is known to have been accepted twice" in told


@pytest.mark.parametrize(("delivery", "option"), [("idempotent", ""), ("hold", 'uncertain="idempotent"')])
def test_without_such_a_provider_nothing_is_read_or_written(project: Any, delivery: str, option: str) -> None:
    more = f'[delivery]\nuncertain = "{delivery}"\n'
    project.settings('url = "folder:outbox"', 'url = "post:"\nallow = ["*"]', more)
    project.rules(greet(f"auto=true {option}"))
    (project.folder / "data/people.csv").unlink()
    with pytest.raises(SettingsError) as refusal:
        run_with(project, Repeats(window=None), DAY.format(1))
    who = "the trigger Greet" if option else "`delivery.uncertain`"
    assert refusal.value.message == (
        f"{who} says `idempotent`, and the sender of `post:` does not say that repeats are dropped"
    )
    assert "resend" in (refusal.value.help or "")


def instant(text: str) -> Any:
    from rulekit.clock import parse_instant

    return parse_instant(text)
