"""Who went through a persona while it was parked is mailed nothing, and has a line that says why."""

import json
from typing import Any

import pytest

from rulekit.engine.tick.guard import Accept

DAY = "2026-01-{:02}T08:00Z"
SCHEMA = """\
person:
  email  text
  plan   text?
persona Pro "Paying people":
  plan = "pro"
template Hello:
  subject "Hello"
  text "Dear {{ person.email }}"
trigger Greet: on tagged(Pro) send template Hello auto=true
trigger Bye: on untagged(Pro) send template Hello auto=true
"""
SETTINGS = """\
edition = 1
[source]
url = "files:data"
[source.person]
table = "people.csv"
key = "id"
[store]
url = "sqlite:///state/rulekit.db"
[sender]
url = "folder:outbox"
from = "Ada at Example <ada@example.com>"
"""
PRO = frozenset({"Pro"})


class Company:
    """Twenty people on plans, of which a letter each says which: `p`ro, `f`ree, one that is not there (`-`)."""

    def __init__(self, project: Any) -> None:
        self.project = project
        project.rules(schema=SCHEMA)
        project.write("rulekit.toml", SETTINGS)

    def run(self, day: int, plans: str, accept: Accept = False) -> list[str]:
        """Runs a tick over their plans; returns what is parked."""
        words = {"p": "pro", "f": "free"}
        rows = [f"p{i:02},p{i:02}@example.com,{words[plan]}" for i, plan in enumerate(plans) if plan != "-"]
        self.project.write("data/people.csv", "\n".join(("id,email,plan", *rows)) + "\n")
        parked: list[str] = self.project.run(DAY.format(day), accept=accept).tick.parked
        return parked

    def noted(self) -> list[tuple[Any, ...]]:
        """Returns (person, day that it was parked, day that it was not any more, whether the kept side is in)."""
        return self.project.ask(
            "SELECT p.key, CAST(substr(n.since, 9, 2) AS INTEGER), CAST(substr(n.until, 9, 2) AS INTEGER), n.member"
            " FROM passages n JOIN people p ON p.ordinal = n.person ORDER BY p.ordinal, n.since"
        )

    def passed(self) -> list[tuple[Any, ...]]:
        return self.project.ask("SELECT name FROM personas WHERE passed IS NOT NULL")

    def explain(self, person: str, *options: str) -> str:
        done = self.project.cli("explain", person, "Pro", "--now", DAY.format(9), *options)
        assert done.exit_code == 0, done.output
        text: str = done.output
        return text


@pytest.fixture
def company(project: Any) -> Company:
    return Company(project)


def test_who_was_in_and_out_again_is_told_why_no_email_came(company: Company) -> None:
    company.run(1, "f" * 20)
    assert company.run(2, "p" * 10 + "f" * 10) == ["Pro"]
    assert company.run(3, "p" * 10 + "f" * 9 + "p") == ["Pro"]
    assert company.passed() == [("Pro",)]
    # while it is parked nobody knows yet who will be back
    assert company.noted() == []
    assert company.run(4, "f" + "p" * 9 + "f" * 10, accept=PRO) == []
    assert company.noted() == [("p00", 2, 4, 0), ("p19", 2, 4, 0)]
    assert company.passed() == []
    assert company.project.emails() == [("Greet", f"p{i:02}", "sent") for i in range(1, 10)]
    assert [person for _, person, _, _ in company.project.log()] == [f"p{i:02}" for i in range(1, 10)]
    assert company.project.cli("reconcile").exit_code == 0
    said = (
        "`Pro` was parked from 2026-01-02T08:00:00Z to 2026-01-04T08:00:00Z; by what the data said meanwhile they were"
        " in it and out again, and no email was made for that\n"
    )
    assert company.explain("p00").endswith(said)
    assert company.explain("p00@example.com").endswith(said)
    # who crossed got their email, and who never moved has no line
    for person in ("p01", "p15"):
        assert "parked" not in company.explain(person)
        assert json.loads(company.explain(person, "--output", "json"))["passages"] == []
    told = json.loads(company.explain("p00", "--output", "json"))["passages"]
    assert told == [{"from": "2026-01-02T08:00:00Z", "until": "2026-01-04T08:00:00Z", "member": False}]


def test_a_misread_file_that_is_mended_makes_lines_and_no_crossing(company: Company) -> None:
    company.run(1, "p" * 20)
    assert company.run(2, "f" * 19 + "p") == ["Pro"]
    assert company.run(3, "p" * 20) == []
    assert company.noted() == [(f"p{i:02}", 2, 3, 1) for i in range(19)]
    assert (company.project.emails(), company.project.log(), company.passed()) == ([], [], [])
    assert "meanwhile they left it and were back, and no email" in company.explain("p00")
    # the next parking has lines of its own
    company.run(4, "f" * 15 + "p" * 5)
    company.run(5, "p" * 20)
    assert company.noted()[:3] == [("p00", 2, 3, 1), ("p00", 4, 5, 1), ("p01", 2, 3, 1)]


def test_nothing_is_noted_while_nothing_is_parked(company: Company) -> None:
    company.run(1, "f" * 20)
    for day in (2, 4):
        assert company.run(day, "p" + "f" * 19) == []
        assert company.run(day + 1, "f" * 20) == []
    assert (company.noted(), company.passed()) == ([], [])


def test_of_somebody_absent_nothing_is_seen(company: Company) -> None:
    company.run(1, "p" * 20)
    assert company.run(2, "-" + "f" * 18 + "p") == ["Pro"]
    # the one is back and was not elsewhere as far as anybody saw, and of the other nobody knows whether they are back
    assert company.run(3, "p-" + "p" * 18) == []
    assert [person for person, *_ in company.noted()] == [f"p{i:02}" for i in range(2, 19)]


def test_who_came_while_it_was_parked_and_was_in_for_a_day_has_a_line(company: Company) -> None:
    company.run(1, "f" * 20)
    company.run(2, "p" * 10 + "f" * 10 + "p")
    assert company.run(3, "f" * 21) == []
    assert ("p20", 2, 3, 0) in company.noted()
    assert company.project.emails() == []


def test_what_an_edit_does_is_not_noted(company: Company) -> None:
    company.run(1, "f" * 20)
    assert company.run(2, "p" * 10 + "f" * 10) == ["Pro"]
    company.project.rules(schema=SCHEMA.replace('plan = "pro"', 'plan = "free"'))
    company.run(3, "f" * 20, accept=PRO)
    assert (company.noted(), company.passed(), company.project.emails()) == ([], [], [])


def test_a_persona_that_is_renamed_keeps_what_was_noted(company: Company) -> None:
    company.run(1, "f" * 20)
    assert company.run(2, "p" * 10 + "f" * 10) == ["Pro"]
    company.project.rules(schema=SCHEMA.replace("persona Pro ", "persona Paying was Pro ").replace("(Pro)", "(Paying)"))
    assert company.run(3, "f" * 20) == []
    assert len(company.noted()) == 10


def test_a_parking_that_a_clock_ahead_began_ends_no_earlier_than_it_began(company: Company) -> None:
    company.run(1, "f" * 20)
    assert company.run(20, "p" * 10 + "f" * 10) == ["Pro"]
    assert company.run(2, "f" * 20, accept=True) == []
    assert company.noted() == [(f"p{i:02}", 2, 2, 0) for i in range(10)]
    assert (company.passed(), company.project.emails()) == ([], [])


def test_explain_answers_without_the_store(company: Company) -> None:
    company.run(1, "f" * 20)
    store = company.project.write("state/rulekit.db", "no database")
    assert "what was noted while it was parked is not known" in company.explain("p00")
    assert json.loads(company.explain("p00", "--output", "json"))["passages"] is None
    store.unlink()
