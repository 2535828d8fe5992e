"""People as values of Python, with their company."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from rulekit.evaluation.questions.people import fetch_people

NOW = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)
SCHEMA = """
person:
  name    text?
  score   number?
  ratio   number?
  vip     bool?
  login   time?
  born    date?
  trial   duration?
  tags    list of text?
company:
  arr  number?
"""
ADA = {
    "name": "Ada",
    "score": Decimal("12.50"),
    "ratio": 0.1,
    "vip": True,
    "login": NOW,
    "born": date(1990, 2, 3),
    "trial": timedelta(days=1, microseconds=1),
    "tags": ["a", "b"],
}


def test_values_come_back_as_they_were(make_world, read_rules):
    people = [
        {"person": "ada", "company": "acme", **ADA},
        {"person": "bob", "company": None},
        {"person": "cyd", "company": "ghost", "score": Decimal("0.1")},
        {"person": "dan", "company": "acme"},
    ]
    world = make_world(SCHEMA, people, [{"company": "acme", "arr": 5}])
    found = fetch_people(read_rules(SCHEMA).schema, world.data, ["cyd", "ada", "bob", "zed"])
    assert found.keys() == {"ada", "bob", "cyd"}
    assert found["ada"].fields == ADA
    assert str(found["ada"].fields["score"]) == "12.5"
    assert found["ada"].company == {"arr": 5}
    assert found["bob"].fields == dict.fromkeys(ADA)
    assert found["bob"].company is None
    assert found["cyd"].company is None


def test_nobody_asked_for_is_nobody(make_world, read_rules):
    assert fetch_people(read_rules(SCHEMA).schema, make_world(SCHEMA, []).data, []) == {}
