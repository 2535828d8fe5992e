"""Both real projects give exactly the numbers that others published about the data."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project, open_project
from rulekit.evaluation.questions.explanation import because
from rulekit.evaluation.questions.membership import Membership, evaluate
from rulekit.evaluation.sql.query_plan import build_plan

HERE = Path(__file__).parent
LOANS_END = datetime(2012, 4, 1, tzinfo=UTC)
SHOPPERS_END = datetime(1997, 9, 30, tzinfo=UTC)


def members(project: Project, now: datetime) -> Membership:
    with open_project_data(project) as data:
        return evaluate(build_plan(project.program), data, now)


@pytest.fixture(scope="module")
def loans(loans_expected) -> Membership:
    return members(open_project(HERE / "loans"), LOANS_END)


@pytest.fixture(scope="module")
def shoppers(shoppers_expected) -> Membership:
    return members(open_project(HERE / "shoppers"), SHOPPERS_END)


def test_the_applicants_who_never_ended(loans, loans_expected):
    assert len(loans.people) == loans_expected["third_party"]["cases"]
    assert loans.personas["Never_Ended"].sum() == 399


def test_the_applicants_per_activity(loans, loans_expected):
    expected = loans_expected["recounted_here"]["people_with_event"]

    assert {name: int(loans.personas[f"With_{name}"].sum()) for name in expected} == expected


def test_an_answer_needs_an_offer_before_it(loans, loans_expected):
    counts = loans_expected["recounted_here"]["people_with_event"]

    assert loans.personas["Silent"].sum() == counts["O_SENT"] - counts["O_SENT_BACK"]
    assert loans.personas["Answered_In_Order"].sum() == counts["O_SENT_BACK"]


def test_the_events_per_activity(loans_expected):
    expected = {
        name.replace(" ", "_"): count for name, count in loans_expected["third_party"]["events_by_activity"].items()
    }
    project = open_project(HERE / "loans")
    with open_project_data(project) as data:
        counted = {}
        for kind in expected:
            events = data.events(kind).subquery("events").sql("duckdb")
            found = data.connection.execute(f"select count(*) from {events}").fetchone()
            counted[kind] = found[0]

    assert counted == expected


def test_the_shoppers_inactive_for_so_many_days(shoppers, shoppers_expected):
    expected = shoppers_expected["derived_from_third_party_table"]["inactive_at_least_days"]

    assert {days: int(shoppers.personas[f"Inactive{days}"].sum()) for days in expected} == expected


def test_the_shoppers_who_came_back(shoppers, shoppers_expected):
    assert len(shoppers.people) == shoppers_expected["third_party"]["customers_in_sample"]
    assert shoppers.personas["Came_Back"].sum() == shoppers_expected["third_party"]["repeat_customers"]


def published_table(path: Path) -> Iterator[tuple[str, int, float, float, float]]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            yield f"{int(row['ID']):04}", int(row["x"]), float(row["t_x"]), float(row["T"]), float(row["zbar"])


def weeks(text: str) -> float:
    """Returns the weeks in a text like `213d` or `1997-08-02T00:00Z (59d ago)`, rounded as the table is."""
    days = re.search(r"(\d+)d", text)
    return round(int(days[1]) / 7, 2) if days else 0.0


def test_the_table_per_shopper(shoppers_table):
    project = open_project(HERE / "shoppers")
    rows = list(published_table(shoppers_table))
    people = [row[0] for row in rows]
    with open_project_data(project) as data:
        seen = because(project.program, data, "Measured", people, SHOPPERS_END, project.rules.sources)

    assert len(rows) == 2357
    for person, days, recency, age, spend in rows:
        values = seen[person]
        assert int(values["distinct(purchase.day where again)"]) == days
        assert weeks(values["last(purchase) - first(purchase)"]) == pytest.approx(recency, abs=0.005)
        assert weeks(values["first(purchase)"]) == pytest.approx(age, abs=0.005)
        mean = float(values["sum(purchase.amount where again)"]) / days if days else 0.0
        assert mean == pytest.approx(spend, abs=0.0051)
