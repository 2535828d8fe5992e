"""Ticks over exports of three people and two companies: what values look like tells what counting rows cannot."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

PEOPLE = {
    "ada": {"email": "ada@example.com", "name": "Ada", "balance": "12.50", "tags": "vip;beta", "account": "big"},
    "bo": {"email": "bo@example.com", "name": "", "balance": "", "tags": "vip", "account": "big"},
    "chi": {"email": "chi@example.com", "name": "Chi", "balance": "249.99", "tags": "", "account": "acme"},
}
COMPANIES = {"big": "trade", "acme": ""}
PERSONAS = {
    "Rich": "balance > 250",
    "Unbilled": "balance is missing",
    "Nameless": "name is missing",
    "Vip": 'tags contains "vip"',
    "In_Trade": 'company.trade = "trade"',
    "Homeless": "company is missing",
}
SCHEMA = (
    "person:\n  email text\n  name text?\n  balance number?\n  tags list of text\ncompany:\n  trade text?\n"
    + "".join(f"persona {name}:\n  {condition}\n" for name, condition in PERSONAS.items())
    + 'template Hello:\n  subject "Hello"\n  text "Hello."\n'
)
TRIGGERS = [
    f"trigger {edge.title()}_{name}: on {edge}({name}) send template Hello auto=true"
    for name in PERSONAS
    for edge in ("tagged", "untagged")
]
OTHERWISE = "the same in other capitals, or with other signs or blanks"


class Few:
    """Three people and two companies; a tick writes them, with what of them is other than in `PEOPLE`."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.day = 1
        project.rules(*TRIGGERS, schema=SCHEMA)

    def tick(self, day: int, companies: dict[str, str] = COMPANIES, **values: dict[str, str]) -> Any:
        rows = {
            key: {**row, **{field: of[key] for field, of in values.items() if key in of}} for key, row in PEOPLE.items()
        }
        header = ("id", *PEOPLE["ada"])
        self.project._csv("people.csv", header, ([key, *row.values()] for key, row in rows.items()))
        self.project._csv("accounts.csv", ("id", "trade"), companies.items())
        return self.project.run(f"2026-02-{day:02}T08:00Z").tick

    def latest(self) -> dict[str, Any]:
        (kept,) = self.project.ask("SELECT latest FROM profiles WHERE latest IS NOT NULL")
        found: dict[str, Any] = json.loads(kept[0])
        return found

    def keep(self, latest: dict[str, Any]) -> None:
        with closing(sqlite3.connect(self.project.folder / "state/rulekit.db")) as connection, connection:
            connection.execute("UPDATE profiles SET latest = ? WHERE latest IS NOT NULL", [json.dumps(latest)])


@pytest.fixture
def few(project: Any) -> Few:
    """Three people after a tick."""
    made = Few(project)
    assert made.tick(1).parked == []
    return made


def live(few: Few) -> None:
    """Takes four more ticks, at one of which each of them had a balance, and at one only one of them."""
    for balance in ({"bo": "7.10"}, {"ada": ""}, {}, {}):
        few.day += 1
        assert few.tick(few.day, balance=balance).parked == []


DAMAGES: list[tuple[dict[str, Any], str]] = [
    (
        {"balance": {"ada": "1250", "chi": "24999"}},
        "`balance` of `[source.person]`: the same digits 100 times as large as before, for 2 of 2",
    ),
    (
        {"balance": {"ada": "0.125", "chi": "2.4999"}},
        "`balance` of `[source.person]`: the same digits 100 times as small as before, for 2 of 2",
    ),
    ({"balance": {"ada": "", "chi": ""}}, "`balance` of `[source.person]`: missing 67 % → 100 %"),
    (
        {"balance": {"ada": "4", "bo": "2", "chi": "700"}},
        "`balance` of `[source.person]`: values of another form for 2 of 2",
    ),
    ({"balance": {"bo": "0"}}, "`balance` of `[source.person]`: what may stand for no value, for 1 of 1"),
    ({"name": {"bo": "NULL"}}, "`name` of `[source.person]`: with a value 67 % → 100 %"),
    ({"tags": {"ada": "vip,beta"}}, f"`tags` of `[source.person]`: {OTHERWISE}, for 1 of 2"),
    ({"companies": {"big": "TRADE", "acme": ""}}, f"`trade` of `[source.company]`: {OTHERWISE}, for 1 of 1"),
    ({"companies": {"big": "Trade", "acme": ""}}, f"`trade` of `[source.company]`: {OTHERWISE}, for 1 of 1"),
    ({"companies": {"big": "trade   ", "acme": ""}}, f"`trade` of `[source.company]`: {OTHERWISE}, for 1 of 1"),
    ({"companies": {"big": "trade"}}, "`company` of `[source.person]`: not there 0 % → 33 %"),
]
CHANGES: list[dict[str, Any]] = [
    {"balance": {"ada": "300.10"}},
    {"balance": {"ada": "12"}},
    {"balance": {"bo": "5"}},
    {"balance": {"chi": ""}},
    {"balance": {"ada": "0"}},
    {"name": {"ada": "Ada Maria"}},
    {"name": {"ada": "ada"}},
    {"name": {"bo": "Bo"}},
    {"tags": {"ada": "beta"}},
    {"companies": {"big": "food", "acme": ""}},
    {"companies": {"big": "trade", "acme": "food"}},
]


def test_what_values_look_like_parks_who_asks_for_them(few: Few) -> None:
    live(few)
    before = few.project.emails()
    for day, (damage, said) in enumerate(DAMAGES, start=6):
        because = few.tick(day, **damage).because
        assert len(set(because.values())) == 1, (damage, because)
        assert next(iter(because.values())).startswith(said), (damage, because)
    assert few.tick(6 + len(DAMAGES), **DAMAGES[0][0]).parked == ["Rich", "Unbilled"]
    assert few.tick(7 + len(DAMAGES)).parked == []
    assert few.project.emails() == before


def test_what_one_person_may_do_parks_nobody(few: Few) -> None:
    live(few)
    for day, change in enumerate(CHANGES, start=6):
        assert few.tick(day, **change).because == {}, change


def test_what_is_accepted_as_nothing_is_usual_from_then_on(few: Few) -> None:
    tick = few.tick(2, balance={"bo": "0"})
    assert tick.parked == ["Rich", "Unbilled"]
    few.project.run("2026-02-02T09:00Z", accept=True)
    assert few.tick(3, balance={"bo": "0", "ada": ""}).parked == []
    assert few.tick(4, balance={"bo": "0", "ada": "0"}).parked == []


def test_what_an_older_version_kept_is_not_compared(few: Few) -> None:
    latest = few.latest()
    latest["engine"] = latest["engine"].partition(",")[0]
    latest["followed"] = {
        owner: {column: {key: value[:2] for key, value in values.items()} for column, values in columns.items()}
        for owner, columns in latest["followed"].items()
    }
    few.keep(latest)
    assert few.tick(2, balance={"ada": "1250", "chi": "24999"}).parked == []
    assert few.tick(3, balance={"ada": "1250", "chi": "24999"}).parked == []
    # from then on it is compared again
    assert few.tick(4).parked == ["Rich", "Unbilled"]


def test_of_a_value_no_more_is_kept_than_a_short_digest_and_its_form(few: Few) -> None:
    people = few.latest()["followed"]["person"]
    assert {name.partition(":")[0] for name in people} == {"email", "name", "balance", "tags", "(company)"}
    assert max(len(shape) for values in people.values() for shape in values.values()) <= len("00word") + 2
