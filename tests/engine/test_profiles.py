"""Ticks over exports that change: what of the data jumps parks who uses it, and nobody else."""

import json
from typing import Any

import pytest

SCHEMA = """\
person:
  email  text
  plan   text?
  seats  number?
company:
  size  number
event login
event export
segment Large:
  size >= 100
persona Pro:
  plan = "pro"
persona Small:
  seats < 5
persona Quiet:
  not did(login, last 7d)
persona Exporter:
  did(export)
persona Of_Large:
  in Large
persona Both:
  in Pro and in Small
template Hello:
  subject "Hello"
  text "Hello."
"""
TRIGGERS = [
    f"trigger {edge.title()}_{name}: on {edge}({name}) send template Hello"
    for name in ("Pro", "Small", "Quiet", "Exporter", "Of_Large", "Both")
    for edge in ("tagged", "untagged")
]
PEOPLE = [f"p{number:02}" for number in range(20)]


def day(number: int) -> str:
    return f"2026-02-{number:02}T08:00Z"


class Company:
    """Twenty people, each in a company, who log in and export; what a test changes of them is written at each tick."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.people = PEOPLE
        self.plans = {key: "pro" if number % 2 else "free" for number, key in enumerate(PEOPLE)}
        self.seats = {key: str(1 + number % 8) for number, key in enumerate(PEOPLE)}
        self.accounts = {key: "acme" if number % 2 else "big" for number, key in enumerate(PEOPLE)}
        days = [(key, f"2026-01-{1 + number:02}") for number, key in enumerate(PEOPLE)]
        self.logins = [(key, f"{day}T{hour}:00Z") for key, day in days for hour in ("07", "09")]
        self.exports = [(key, "2026-01-05T05:00Z") for key in PEOPLE[:8]]
        project.rules(*TRIGGERS, schema=SCHEMA)

    def write(self) -> None:
        rows = (
            [key, f"{key}@example.com", self.plans[key], self.accounts[key], self.seats[key]] for key in self.people
        )
        self.project._csv("people.csv", ("id", "email", "plan", "account", "seats"), rows)
        self.project.accounts(acme=10, big=1_000)
        events = [(key, "login", at) for key, at in self.logins] + [(key, "export", at) for key, at in self.exports]
        self.project.events(*events)

    def tick(self, number: int, **options: Any) -> Any:
        self.write()
        return self.project.run(day(number), **options).tick


@pytest.fixture
def company(project: Any) -> Company:
    """A company after two ticks."""
    made = Company(project)
    assert made.tick(1).parked == []
    made.plans["p00"] = "pro"
    made.logins.append(("p03", "2026-02-01T12:00Z"))
    assert made.tick(2).parked == []
    return made


def test_a_column_that_is_emptied_in_part_parks_who_uses_it(company: Company) -> None:
    before = company.project.emails()
    good = dict(company.plans)
    company.plans |= dict.fromkeys(PEOPLE[:12], "")
    company.seats["p07"] = "2"
    tick = company.tick(3)
    assert tick.because == dict.fromkeys(("Both", "Pro"), "`plan` of `[source.person]`: missing 0 % → 60 %")
    # what does not use it goes on
    assert company.project.emails()[len(before) :] == [("Tagged_Small", "p07", "unapproved")]
    assert company.tick(4).parked == ["Both", "Pro"]
    company.plans = good
    assert company.tick(5).parked == []
    assert [one for one in company.project.emails()[len(before) + 1 :] if "Pro" in one[0]] == []


def test_what_is_parked_is_said_by_plan_and_run(company: Company) -> None:
    company.plans |= dict.fromkeys(PEOPLE[:12], "")
    company.write()
    said = "`plan` of `[source.person]`: missing 0 % → 60 %"
    planned = company.project.cli("plan", "--now", day(3))
    assert f"  Pro: {said}; nothing was changed for it" in planned.output
    told = company.project.cli("run", "--now", day(3), "--output", "json")
    assert told.exit_code == 1
    document = json.loads(told.stdout)
    assert {one["name"]: one["parked_because"] for one in document["personas"] if one["parked"]} == {
        "Both": said,
        "Pro": said,
    }
    assert document["needs"][0].startswith(f"Both: {said}: look at ")


def test_what_is_accepted_is_believed_from_then_on(company: Company) -> None:
    company.plans |= dict.fromkeys(PEOPLE[:12], "")
    assert company.tick(3).parked == ["Both", "Pro"]
    assert company.tick(4, accept=True).parked == []
    assert company.tick(5).parked == []


def test_what_waits_does_not_creep_in(company: Company) -> None:
    company.plans |= dict.fromkeys(PEOPLE[:12], "")
    for number in range(3, 8):
        assert company.tick(number).parked == ["Both", "Pro"]
        company.plans[PEOPLE[10 + number]] = ""
        company.logins.append(("p09", f"2026-02-{number:02}T12:00Z"))
    assert company.project.ask("SELECT believed FROM profiles ORDER BY at") == [(1,)] * 2 + [(0,)] * 5


def test_values_where_there_were_none_park_who_asks_for_them(project: Any) -> None:
    company = Company(project)
    company.seats |= dict.fromkeys(PEOPLE[:8], "")
    for number in (1, 2):
        assert company.tick(number).parked == []
    company.seats |= dict.fromkeys(PEOPLE[:8], "0")
    said = "`seats` of `[source.person]`: with a value 60 % → 100 %"
    assert company.tick(3).because == dict.fromkeys(("Both", "Small"), said)


def test_links_to_companies_that_are_gone_park_who_asks_for_one(company: Company) -> None:
    company.accounts = {key: "ACME" if account == "acme" else account for key, account in company.accounts.items()}
    assert company.tick(3).because == {"Of_Large": "`company` of `[source.person]`: not there 0 % → 50 %"}


def test_half_of_the_events_parks_who_asks_for_them(company: Company) -> None:
    company.logins = company.logins[::2]
    tick = company.tick(3)
    assert tick.parked == ["Quiet"]
    assert tick.because["Quiet"].startswith("`login` events: ")


def test_events_that_come_twice_park_who_asks_for_them(company: Company) -> None:
    company.exports *= 2
    assert company.tick(3).because == {
        "Exporter": "`export` events: 8 more than the 8 that were read before, of the same time"
    }


def test_events_of_other_times_park_who_asks_for_them(company: Company) -> None:
    company.logins = [(key, at.replace(":00Z", ":30Z")) for key, at in company.logins]
    assert company.tick(3).because == {
        "Quiet": "`login` events: 41 of 41 that are followed have another person or time"
    }
    company.logins = [(key, at.replace(":30Z", ":00Z")) for key, at in company.logins]
    assert company.tick(4).parked == []


def test_events_of_nobody_park_who_asks_for_them(company: Company) -> None:
    company.logins = [(key if number % 3 else key.upper(), at) for number, (key, at) in enumerate(company.logins)]
    assert company.tick(3).because == {"Quiet": "`login` events: of nobody 0 % → 34 %"}


def test_other_values_for_nearly_everybody_park_who_asks_for_them(company: Company) -> None:
    for number in range(3, 7):
        assert company.tick(number).parked == []
    company.seats = {key: str(11 + int(seats)) for key, seats in company.seats.items()}
    assert company.tick(7).because == dict.fromkeys(
        ("Both", "Small"), "`seats` of `[source.person]`: another value for 100 % of those who are followed"
    )


def test_other_values_in_events_of_before_park_who_asks_for_them(company: Company) -> None:
    heavy = "persona Heavy:\n  last(export.size) > 500\ntrigger Heavy: on tagged(Heavy) send template Hello"
    company.project.rules(*TRIGGERS, heavy, schema=SCHEMA.replace("event export\n", "event export:\n  size  number\n"))

    def tick(number: int, unit: int) -> Any:
        company.write()
        # who exports twice at one time cannot be told apart
        exports = [*company.exports, *company.exports[:1], ("p09", f"2026-02-{number:02}T01:00Z")]
        rows = [(key, "login", at, "") for key, at in company.logins]
        rows += [(key, "export", at, str((1 + place) * unit)) for place, (key, at) in enumerate(exports)]
        company.project._csv("events.csv", ("who", "event", "at", "size"), rows)
        return company.project.run(day(number)).tick

    for number in range(3, 8):
        assert tick(number, 10).parked == []
    assert tick(8, 130).because == {
        "Heavy": "`size` of `export` events: another value for 100 % of those that are followed"
    }
    assert tick(9, 10).parked == []


def test_people_of_days_ago_park_who_asks_for_any_field_of_them(company: Company) -> None:
    company.project.rules(*TRIGGERS, schema=SCHEMA.replace("  seats  number?\n", "  seats  number?\n  seen  time?\n"))

    def tick(number: int, of: int) -> Any:
        rows = (
            (key, f"{key}@example.com", company.plans[key], f"2026-02-{of:02}T0{place % 8}:00Z", company.accounts[key])
            for place, key in enumerate(PEOPLE)
        )
        header = ("id", "email", "plan", "seen", "account", "seats")
        company.project._csv("people.csv", header, ((*row, company.seats[row[0]]) for row in rows))
        return company.project.run(day(number)).tick

    for number in range(3, 9):
        assert tick(number, number).parked == []
    before = company.project.emails()
    company.plans |= {"p02": "pro", "p03": "free"}
    stale = tick(9, 3)
    assert stale.parked == ["Both", "Exporter", "Of_Large", "Pro", "Quiet", "Small"]
    assert set(stale.because.values()) == {
        "`seen` of `[source.person]`: the newest is 119h older than what was read before"
    }
    assert [one[:2] for one in company.project.emails()] == [one[:2] for one in before]
    assert tick(10, 10).parked == []


def test_a_persona_that_is_new_takes_no_baseline_of_data_in_doubt(company: Company) -> None:
    good = dict(company.plans)
    company.plans |= dict.fromkeys(PEOPLE[:12], "")
    free = "persona Free:\n  plan is missing\ntrigger Free: on tagged(Free) send template Hello backfill=true"
    company.project.rules(*TRIGGERS, free, schema=SCHEMA)
    assert company.tick(3).parked == ["Both", "Free", "Pro"]
    company.plans = good | {"p01": ""}
    tick = company.tick(4)
    assert tick.parked == []
    assert [one.baseline for one in tick.personas if one.name == "Free"] == [True]
    assert [one for one in company.project.emails() if one[0] == "Free"] == [("Free", "p01", "unapproved")]


def test_a_tick_without_earlier_ones_parks_nobody(project: Any) -> None:
    company = Company(project)
    company.plans = dict.fromkeys(PEOPLE, "")
    assert company.tick(1).parked == []


def test_somebody_who_is_deleted_with_all_their_events_is_no_jump(company: Company) -> None:
    company.people = [key for key in PEOPLE if key != "p02"]
    company.logins = [login for login in company.logins if login[0] != "p02"]
    company.exports = [export for export in company.exports if export[0] != "p02"]
    assert company.tick(3).parked == []


def test_people_who_come_without_a_value_are_no_jump(company: Company) -> None:
    company.people = [*PEOPLE, "q1", "q2", "q3", "q4"]
    for key in company.people[-4:]:
        company.plans[key], company.seats[key], company.accounts[key] = "", "", "acme"
    assert company.tick(3).parked == []


def test_no_value_is_kept(company: Company) -> None:
    (kept,) = company.project.ask("SELECT latest FROM profiles WHERE latest IS NOT NULL")
    assert "example.com" not in kept[0]
    assert not any(f'"{word}"' in kept[0] for word in ("pro", "free", "acme", *PEOPLE))


def test_values_in_the_wrong_columns_mail_nobody_among_three(project: Any) -> None:
    fields = 'email text\n  plan one of ("free", "pro")\n  mrr number\n  city text?\n  seen time\n  joined time'
    project.rules(
        "persona Quiet: seen > 14d",
        "trigger Win_Back: on tagged(Quiet) send template Hello auto=true",
        schema=f'person:\n  {fields}\ntemplate Hello:\n  subject "Hello"\n  text "Hello."\n',
    )
    header = ("id", "email", "account", "plan", "mrr", "city", "seen", "joined")
    project.accounts(acme=10)

    def tick(number: int, *, shifted: bool) -> Any:
        seen = day(number - 1)
        rows = [
            [key, f"{key}@example.com", "acme", "pro", "50", "Oslo", seen, "2025-01-01T00:00Z"] for key in PEOPLE[:3]
        ]
        project._csv("people.csv", header, [[*row[:3], *row[4:], ""] for row in rows] if shifted else rows)
        return project.run(day(number)).tick

    for number in range(2, 7):
        assert tick(number, shifted=False).parked == []
    tick_of_damage = tick(7, shifted=True)
    assert tick_of_damage.parked == ["Quiet"]
    assert "`plan` of `[source.person]`: unreadable 0 % → 100 %" in tick_of_damage.because["Quiet"]
    assert tick(8, shifted=False).parked == []
    assert project.emails() == []
