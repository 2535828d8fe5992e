"""What crosses a border because the data about the past has changed waits for somebody's word; what time does never."""

from typing import Any

import pytest

DAY = "2026-01-{:02}T08:00Z"
SCHEMA = """\
person:
  email    text
  plan     text?
  created  time
event login
persona Pro "Paying people":
  plan = "pro"
persona Trial "In their first three days":
  created < 3d
persona Quiet "Quiet people":
  not did(login, last 7d)
template Hello:
  subject "Hello"
  text "Dear {{ person.email }}"
"""
TRIGGERS = [f"trigger On{name}: on tagged({name}) send template Hello auto=true" for name in ("Pro", "Trial", "Quiet")]


@pytest.fixture
def guarded(project: Any) -> Any:
    """A project of people alone, with the guard as it is where the settings say nothing."""
    project.rules(*TRIGGERS, schema=SCHEMA)
    settings = (project.folder / "rulekit.toml").read_text()
    for text in (
        "[guard]\npeople = 50\n",
        'company = "account"\n',
        '[source.company]\ntable = "accounts.csv"\nkey = "id"\n',
    ):
        assert text in settings
        settings = settings.replace(text, "")
    project.write("rulekit.toml", settings)
    project.events()
    return project


def write(project: Any, plans: list[str], created: str | list[str] = "2025-06-01T00:00Z") -> None:
    """Writes people p00, p01, … with their plans and when they came."""
    times = [created] * len(plans) if isinstance(created, str) else created
    rows = (f"p{i:02},p{i:02}@example.com,{plan},{times[i]}" for i, plan in enumerate(plans))
    project.write("data/people.csv", "\n".join(("id,email,plan,created", *rows)) + "\n")


def parked(report: Any) -> list[str]:
    return report.tick.parked


@pytest.mark.parametrize("size", [3, 20, 50, 120])
def test_a_company_of_any_size_is_protected_from_a_column_that_is_misread(guarded: Any, size: int) -> None:
    write(guarded, ["free"] * size)
    guarded.run(DAY.format(1))
    write(guarded, ["pro"] * size)
    report = guarded.run(DAY.format(2))
    assert (parked(report), guarded.emails()) == (["Pro"], [])
    # it stays so, until somebody says that it is right
    assert parked(guarded.run(DAY.format(3))) == ["Pro"]
    report = guarded.run(DAY.format(4), accept=frozenset({"Pro"}))
    assert (parked(report), len(guarded.emails())) == ([], size)


def test_what_is_mended_mails_nobody(guarded: Any) -> None:
    write(guarded, ["free"] * 20)
    guarded.run(DAY.format(1))
    write(guarded, ["pro"] * 20)
    guarded.run(DAY.format(2))
    write(guarded, ["pro"] + ["free"] * 19)
    assert parked(guarded.run(DAY.format(3))) == []
    assert guarded.emails() == [("OnPro", "p00", "sent")]
    assert guarded.ask("SELECT parked_at, parked_because FROM personas WHERE parked_at IS NOT NULL") == []


@pytest.mark.parametrize("crossing", [1, 2])
def test_two_people_cross_whenever_they_like(guarded: Any, crossing: int) -> None:
    write(guarded, ["free"] * 3)
    guarded.run(DAY.format(1))
    write(guarded, ["pro"] * crossing + ["free"] * (3 - crossing))
    assert parked(guarded.run(DAY.format(2))) == []


def test_what_time_does_is_believed_however_many_people_it_is(guarded: Any) -> None:
    for day in range(1, 8):
        # sixty come each day, whose trial is over three days later, as everybody else's is long since
        came = ["2025-06-01T00:00Z"] * 400 + [f"2026-01-{1 + i // 60:02}T07:00Z" for i in range(60 * day)]
        write(guarded, ["free"] * len(came), came)
        assert parked(guarded.run(DAY.format(day))) == []


def test_everybody_may_grow_quiet_in_one_hour(guarded: Any) -> None:
    write(guarded, ["free"] * 40)
    logins = [(f"p{i:02}", "login", "2026-01-01T07:30Z") for i in range(40)]
    guarded.events(*logins)
    guarded.run("2026-01-08T07:00Z")
    assert parked(guarded.run("2026-01-08T08:00Z")) == []
    assert len(guarded.emails()) == 40
    # and everybody may be back after an outage of three days
    guarded.events(*logins, *((f"p{i:02}", "login", "2026-01-10T07:30Z") for i in range(40)))
    assert parked(guarded.run("2026-01-11T08:00Z")) == []


def test_events_that_are_lost_make_nobody_quiet(guarded: Any) -> None:
    write(guarded, ["free"] * 40)
    logins = [(f"p{i:02}", "login", f"2026-01-0{1 + i % 5}T07:30Z") for i in range(40)]
    guarded.events(*logins)
    guarded.run("2026-01-06T08:00Z")
    guarded.events(*logins[::2])
    assert parked(guarded.run("2026-01-06T09:00Z")) == ["Quiet"]
    assert guarded.emails() == []


def test_a_guard_learns_what_a_persona_does_more_than_once(guarded: Any) -> None:
    write(guarded, ["free"] * 60)
    guarded.run(DAY.format(1))
    # all ten who are in leave, and ten others join: what was accepted twice is usual
    for day, expected in ((2, []), (4, ["Pro"]), (6, ["Pro"]), (8, []), (10, [])):
        turned = ["pro" if i // 10 == day // 2 else "free" for i in range(60)]
        write(guarded, turned)
        assert parked(guarded.run(DAY.format(day))) == expected
        guarded.run(DAY.format(day), accept=frozenset({"Pro"}))


def test_what_one_day_brings_an_outage_brings_at_once(guarded: Any) -> None:
    plans = ["free"] * 100
    write(guarded, plans)
    guarded.run(DAY.format(1))
    for day in range(2, 6):
        plans[10 * (day - 2) : 10 * (day - 1)] = ["pro"] * 10
        write(guarded, plans)
        assert parked(guarded.run(DAY.format(day))) == []
    plans[40:70] = ["pro"] * 30
    write(guarded, plans)
    assert parked(guarded.run(DAY.format(8))) == []
    plans[70:] = ["pro"] * 30
    write(guarded, plans)
    assert parked(guarded.run(DAY.format(9))) == ["Pro"]


def test_nothing_is_asked_twice_while_nothing_is_suspicious(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rulekit.evaluation.questions.snapshot import DataSnapshot

    asked = []
    look = DataSnapshot.membership_at
    monkeypatch.setattr(DataSnapshot, "membership_at", lambda *asks: asked.append(tuple(asks[2])) or look(*asks))
    write(guarded, ["free"] * 20)
    guarded.run(DAY.format(1))
    write(guarded, ["pro"] * 3 + ["free"] * 17)
    guarded.run(DAY.format(2))
    assert asked == []
    write(guarded, ["pro"] * 20)
    guarded.run(DAY.format(3))
    assert asked == [("Pro",)]


def of_companies(project: Any, sizes: dict[str, int], plans: dict[str, list[str]]) -> None:
    """Writes ten people to each company, with their plans, and the companies with their sizes."""
    people = [(f"{name}{n}", plan, name) for name, of in plans.items() for n, plan in enumerate(of)]
    rows = (f"{key},{key}@example.com,{plan},2025-06-01T00:00Z,{name}" for key, plan, name in people)
    project.write("data/people.csv", "\n".join(("id,email,plan,created,account", *rows)) + "\n")
    project.accounts(**sizes)


@pytest.fixture
def several(project: Any) -> Any:
    """A project of companies, with the guard as it is where the settings say nothing."""
    project.rules(
        "company:\n  size number\nsegment Large:\n  size >= 100",
        "persona Of_Large:\n  in Large",
        "trigger OnLarge: on tagged(Of_Large) send template Hello auto=true",
        "trigger OffLarge: on untagged(Of_Large) send template Hello auto=true",
        *TRIGGERS,
        schema=SCHEMA,
    )
    settings = (project.folder / "rulekit.toml").read_text()
    project.write("rulekit.toml", settings.replace("[guard]\npeople = 50\n", ""))
    project.events()
    return project


COMPANIES = [f"c{number}" for number in range(6)]


def test_one_company_may_move_all_of_its_people_at_once(several: Any) -> None:
    plans = dict.fromkeys(COMPANIES, ["free"] * 10)
    sizes = {name: 10 if name < "c3" else 1_000 for name in COMPANIES}
    of_companies(several, sizes, plans)
    several.run(DAY.format(1))
    of_companies(several, sizes | {"c0": 500}, plans)
    assert parked(several.run(DAY.format(2))) == []
    assert sorted({person[:2] for _, person, _ in several.emails()}) == ["c0"]
    assert len(several.emails()) == 10
    # but not all of them
    of_companies(several, dict.fromkeys(COMPANIES, 10), plans)
    report = several.run(DAY.format(3))
    assert (parked(report), len(several.emails())) == (["Of_Large"], 10)


def test_of_few_companies_people_are_counted(several: Any) -> None:
    plans = dict.fromkeys(COMPANIES[:4], ["free"] * 10)
    sizes = dict.fromkeys(COMPANIES[:4], 10)
    of_companies(several, sizes, plans)
    several.run(DAY.format(1))
    of_companies(several, sizes | {"c0": 500}, plans)
    assert (parked(several.run(DAY.format(2))), several.emails()) == (["Of_Large"], [])


def test_people_of_one_company_are_counted_where_a_persona_asks_nothing_of_companies(several: Any) -> None:
    plans = dict.fromkeys(COMPANIES, ["free"] * 10)
    sizes = dict.fromkeys(COMPANIES, 10)
    of_companies(several, sizes, plans)
    several.run(DAY.format(1))
    of_companies(several, sizes, plans | {"c0": ["pro"] * 10, "c1": ["pro"] * 10})
    report = several.run(DAY.format(2))
    assert (parked(report), several.emails()) == (["Pro"], [])


def test_a_name_that_is_not_there_is_refused(guarded: Any) -> None:
    write(guarded, ["free"] * 3)
    done = guarded.cli("plan", "--accept", "Prp", "--project", str(guarded.folder))
    assert done.exit_code != 0
    assert "there is no persona `Prp` to accept" in done.output
    assert "`--accept Pro`" in done.output


def test_the_option_takes_a_persona_or_everything(guarded: Any) -> None:
    write(guarded, ["free"] * 10)
    guarded.run(DAY.format(1))
    write(guarded, ["pro"] * 10)
    at = ("--now", DAY.format(2), "--project", str(guarded.folder))
    told = guarded.cli("run", *at)
    assert told.exit_code == 1
    assert (
        "Pro: too many people crossed at once, and not by what happened since: 10 in, 0 out; nothing was changed for it"
        in told.output
    )
    assert "`rulekit plan --accept NAME`" in told.output
    for accept in (("--accept", "Trial"), ("--accept", "Trial", "--accept", "Quiet")):
        assert "nothing was changed for it" in guarded.cli("plan", *accept, *at).output
    for accept in (("--accept", "Pro"), ("--accept",), ("--accept", "Trial", "--accept", "Pro"), ("--accept=Pro",)):
        assert "nothing was changed for it" not in guarded.cli("plan", *accept, *at).output, accept
    assert guarded.cli("run", *at, "--accept").exit_code == 0
    assert len(guarded.emails()) == 10


def test_what_is_parked_is_told_wherever_somebody_looks(guarded: Any) -> None:
    write(guarded, ["free"] * 10)
    guarded.run(DAY.format(1))
    write(guarded, ["pro"] * 10)
    guarded.run(DAY.format(2))
    guarded.run(DAY.format(3))
    at = ("--now", DAY.format(3), "--project", str(guarded.folder))
    doctor = guarded.cli("doctor", "--offline", *at)
    assert "parked: `Pro` since 2026-01-02T08:00:00Z: too many people crossed at once" in doctor.output
    assert "`rulekit plan --accept Pro`" in doctor.output
    metrics = guarded.cli("metrics", "--project", str(guarded.folder)).output
    assert 'rulekit_parked_timestamp_seconds{persona="Pro"} 1.7673' in metrics
    told = guarded.cli("reconcile", "--project", str(guarded.folder))
    assert "Pro: parked since 2026-01-02T08:00:00Z: too many people crossed at once" in told.output
    assert told.exit_code == 0
    write(guarded, ["free"] * 10)
    guarded.run(DAY.format(4))
    assert "parked: none" not in guarded.cli("doctor", "--offline", *at).output
    for command in ("doctor", "metrics", "reconcile"):
        assert "since 2026-01-02" not in guarded.cli(command, "--project", str(guarded.folder)).output


SEEN = """\
person:
  email  text
  seen   time?
event login
persona Away "Not seen for ten days":
  seen > 10d
template Hello:
  subject "Hello"
  text "Dear {{ person.email }}"
"""


@pytest.fixture
def seen(guarded: Any) -> Any:
    """A project whose people say when they were last seen."""
    guarded.rules("trigger Back: on untagged(Away) send template Hello auto=true", schema=SEEN)
    return guarded


def last_seen(project: Any, times: list[str]) -> None:
    """Writes people p00, p01, … with when they were last seen."""
    rows = (f"p{i:02},p{i:02}@example.com,{time}" for i, time in enumerate(times))
    project.write("data/people.csv", "\n".join(("id,email,seen", *rows)) + "\n")


LONG_AGO = [f"2025-{10 + i % 3}-{1 + i // 2:02}T07:30Z" for i in range(30)]


def test_who_is_seen_again_did_so_since_the_last_tick(seen: Any) -> None:
    last_seen(seen, LONG_AGO)
    seen.run(DAY.format(1))
    last_seen(seen, ["2026-01-01T20:00Z"] * 6 + LONG_AGO[6:12] + ["2026-01-01T19:00Z"] + LONG_AGO[13:])
    assert parked(seen.run(DAY.format(2))) == []


def test_who_has_an_event_since_then_is_a_witness_however_many_they_are(seen: Any) -> None:
    last_seen(seen, LONG_AGO)
    seen.run(DAY.format(1))
    last_seen(seen, ["2026-01-01T20:00Z"] * 25 + LONG_AGO[25:])
    seen.events(*((f"p{i:02}", "login", "2026-01-01T20:00Z") for i in range(25)))
    assert parked(seen.run(DAY.format(2))) == []
    assert len(seen.emails()) == 25


@pytest.mark.parametrize("damaged", [30, 15, 10])
def test_a_time_that_everybody_has_at_once_is_not_believed_however_long_it_lasts(seen: Any, damaged: int) -> None:
    last_seen(seen, LONG_AGO)
    seen.run(DAY.format(1))
    for day in (2, 3, 4, 5):
        last_seen(seen, [DAY.format(day)] * damaged + LONG_AGO[damaged:])
        assert parked(seen.run(DAY.format(day))) == ["Away"]
    assert seen.emails() == []
