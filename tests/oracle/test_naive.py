"""Every row of the language's tables with answers computed by hand, put to the naive evaluator and to the real one."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.membership import evaluate, segment_members
from rulekit.evaluation.sql.query_plan import build_plan
from tests.oracle import naive
from tests.oracle.reading import program_from

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

SCHEMA = """
person:
  email       text
  plan        one of ("free", "pro", "enterprise")?
  logins      number?
  score       number?
  ratio       number?
  active      bool?
  created_at  time
  last_login  time?
  renewal     date?
  trial       duration?
  tags        list of text?
company:
  name        text
  arr         number?
  industry    text?
event signed_up
event project_created
event project_live
event purchase:
  amount      number?
  sku         text?
  gift        bool?
segment Large:
  arr >= 50_000
segment Void:
  name = "Void"
let idle = 14d
let is_quiet = last_login > idle
persona Free:
  plan = "free"
"""

ADA = {
    "person": "a", "company": "c1", "email": "ada@example.com", "plan": "pro", "logins": 3, "score": Decimal("1.50"),
    "ratio": 0.5, "active": True, "created_at": NOW - 30 * DAY, "last_login": NOW - 14 * DAY,
    "renewal": date(2026, 3, 10), "trial": 14 * DAY, "tags": ["x", "y"],
}  # fmt: skip
BOB = {
    "person": "b", "company": "c1", "email": "Bob@Example.com", "plan": "free", "logins": 0, "score": Decimal("0.00"),
    "ratio": None, "active": False, "created_at": NOW - 20 * DAY, "last_login": NOW - 14 * DAY - TICK,
    "renewal": date(2026, 3, 31), "trial": None, "tags": [],
}  # fmt: skip
CYD = {
    "person": "c", "company": "c2", "email": "100% \"cyd\" 'O\\_'", "plan": None, "logins": None, "score": None,
    "ratio": None, "active": None, "created_at": NOW, "last_login": None, "renewal": None, "trial": None, "tags": None,
}  # fmt: skip
DAN = {
    "person": "d", "company": None, "email": "\U0001d521an@example.com", "plan": "enterprise", "logins": -2,
    "score": Decimal("2.50"), "ratio": -0.25, "active": None, "created_at": NOW - 7 * DAY, "last_login": NOW,
    "renewal": date(2026, 3, 1), "trial": DAY, "tags": ["y"],
}  # fmt: skip


def purchase(person: str, at: datetime, amount: Decimal | None, sku: str | None, gift: bool | None) -> naive.Row:
    return {"person": person, "at": at, "amount": amount, "sku": sku, "gift": gift}


WORLD = naive.World(
    people=[ADA, BOB, CYD, DAN],
    companies=[
        {"company": "c1", "name": "Acme", "arr": 50_000, "industry": "internal"},
        {"company": "c2", "name": "Best", "arr": None, "industry": None},
        {"company": "c3", "name": "Void", "arr": 100, "industry": "tech"},
    ],
    events={
        "signed_up": [
            {"person": "a", "at": NOW - 30 * DAY},
            {"person": "b", "at": NOW - 20 * DAY},
            {"person": "c", "at": NOW},
            {"person": "d", "at": NOW + TICK},
        ],
        "project_created": [{"person": "a", "at": NOW - 29 * DAY}, {"person": "b", "at": NOW - 20 * DAY}],
        "project_live": [{"person": "a", "at": NOW - 14 * DAY}, {"person": "b", "at": NOW - 14 * DAY + TICK}],
        "purchase": [
            purchase("a", NOW - 28 * DAY, Decimal("10.00"), "x", True),
            purchase("a", NOW - 20 * DAY, Decimal("0.10"), "y", None),
            purchase("a", NOW - 20 * DAY, Decimal("0.20"), None, False),
            purchase("a", NOW - DAY, None, "x", None),
            purchase("a", NOW + DAY, Decimal("99.00"), "z", True),
            purchase("b", NOW - DAY, Decimal("5.00"), None, None),
            purchase("d", NOW - 3 * DAY, Decimal("-7.25"), "x", False),
        ],
    },
)

PEOPLE = {
    # comparisons
    'plan = "pro"': "a",
    'plan != "pro"': "bcd",
    'not plan = "pro"': "bcd",
    "logins < 3": "bd",
    "logins <= 3": "abd",
    "logins > 0": "a",
    "logins >= 0": "ab",
    "not logins >= 0": "cd",
    "score = 2.5": "d",
    "score between 0 and 1.5": "ab",
    "not score between 0 and 1.5": "cd",
    "logins between 3 and 0": "",
    'plan in ("pro", "free")': "ab",
    'plan not in ("pro", "free")': "cd",
    "logins in (0, -2)": "bd",
    "active": "a",
    "not active": "bcd",
    "active = false": "b",
    "active != false": "acd",
    'email < "a"': "bc",
    'email > "z"': "d",
    # one half is exactly representable, so a double equals the decimal
    "ratio = 0.5": "a",
    "ratio < score": "ad",
    # arithmetic
    "logins + 1 * 2 = 5": "a",
    "(logins + 1) * 2 = 8": "a",
    "-logins = 2": "d",
    "logins - 1 - 1 = 1": "a",
    "6 / logins = 2": "a",
    "6 / logins is missing": "bc",
    "50% of logins = score": "ab",
    "score > 50% of logins": "d",
    "last_login + 14d > created_at": "abd",
    "last_login - created_at = 16d": "a",
    # texts
    'email contains "example"': "ad",
    'email contains "%"': "c",
    'email contains "_"': "c",
    'email contains ""': "abcd",
    'email starts with "\U0001d521"': "d",
    'email ends with ".com"': "abd",
    'lower(email) = "bob@example.com"': "b",
    'email matches "[a-z]+@example[.]com"': "a",
    'email matches ".an.*"': "d",
    'email matches "example"': "",
    'tags contains "y"': "ad",
    'not tags contains "y"': "bc",
    # missing values
    "plan is missing": "c",
    "plan is present": "abd",
    "tags is missing": "c",
    "tags is empty": "b",
    "not tags is empty": "acd",
    "tags is present and not tags is empty": "ad",
    "company.arr is missing": "cd",
    "company.arr >= 50_000": "ab",
    'default(plan, "free") = "free"': "bc",
    "default(logins, 7) > 2": "ac",
    # sets
    "in Large": "ab",
    "not in Large": "cd",
    "in Free": "b",
    "not in Free": "acd",
    "in Void": "",
    # time against duration
    "last_login > 14d": "b",
    "last_login >= 14d": "ab",
    "last_login < 14d": "d",
    "not last_login > 14d": "acd",
    "is_quiet": "b",
    "not is_quiet": "acd",
    "renewal > 11h": "d",
    "renewal > 12h": "",
    "last_login within last 14d": "d",
    "last_login within last 15d": "abd",
    "renewal within next 30d": "ab",
    "renewal within next 8d": "",
    "renewal within last 1d": "d",
    "trial = idle": "a",
    "trial * 2 > 27d": "a",
    "trial < 2d": "d",
    "last_login > trial": "",
    "last_login >= trial": "a",
    "last_login = 2026-02-15T12:00Z": "a",
    "renewal = 2026-03-31": "b",
    # did
    "did(signed_up)": "abc",
    "not did(signed_up)": "d",
    "did(signed_up, last 1d)": "c",
    "did(project_live, last 14d)": "b",
    "did(project_live, previous 14d)": "a",
    "did(project_live, 30d..14d ago)": "a",
    "did(purchase, previous 14d)": "a",
    "did(purchase, 29d..28d ago)": "a",
    "not did(any, last 14d)": "",
    "did(any, last 2d)": "abc",
    "did(purchase where gift)": "a",
    "did(purchase where not gift)": "abd",
    'did(purchase where sku = "z")': "",
    "did(purchase where amount > 4, last 2d)": "b",
    # in order: b's two events are at one instant, so neither is later
    "did(signed_up then project_created)": "a",
    "did(project_created then signed_up)": "",
    "did(signed_up then project_created then project_live)": "a",
    "did(signed_up then project_live)": "ab",
    "did(signed_up then project_created within 1d)": "a",
    "did(signed_up then project_created within 23h)": "",
    "did(signed_up then project_live within 15d)": "b",
    "did(signed_up then project_created then project_live within 16d)": "a",
    "did(signed_up then project_created then project_live within 15d)": "",
    "did(signed_up then project_live, last 30d)": "b",
    "did(signed_up then project_live, last 31d)": "ab",
    "did(signed_up then purchase where amount > 4)": "ab",
    'did(purchase where sku = "x" then purchase where amount = 0.2)': "a",
    # aggregates
    "count(purchase) = 4": "a",
    "count(purchase) = 0": "c",
    "count(purchase, last 14d) < 50% of count(purchase, previous 14d)": "",
    "count(purchase, last 14d) <= 50% of count(purchase, previous 14d)": "ac",
    "sum(purchase.amount) = 10.3": "a",
    "sum(purchase.amount) = 0": "c",
    "sum(purchase.amount, previous 14d) = 0.3": "a",
    "sum(purchase.amount, last 2d) = 0": "acd",
    "avg(purchase.amount) = -7.25": "d",
    "avg(purchase.amount) > 3": "ab",
    "avg(purchase.amount) is missing": "c",
    "avg(purchase.amount, last 2d) is missing": "acd",
    "avg(purchase.amount, 29d..27d ago) = 10": "a",
    "min(purchase.amount) = 0.1": "a",
    "max(purchase.amount) = 10": "a",
    "min(purchase.amount where gift) = 10": "a",
    "max(purchase.amount) is missing": "c",
    "distinct(purchase.sku) = 2": "a",
    "distinct(purchase.sku) = 0": "bc",
    "first(signed_up) = 2026-01-30T12:00Z": "a",
    "first(signed_up) > 29d": "a",
    "first(signed_up) is missing": "d",
    "last(purchase) < 2d": "ab",
    'first(purchase.sku) = "x"': "ad",
    "last(purchase.amount) is missing": "ac",
    "last(purchase.amount, previous 14d) = 0.2": "a",
    'last(purchase.sku, previous 14d) = "y"': "a",
    "first(purchase.gift, previous 14d)": "",
    "first(purchase.gift, previous 14d) is present": "a",
    # the whole company
    "company.count(purchase) = 5": "ab",
    "company.count(purchase) = 0": "c",
    "company.count(purchase) != 0": "abd",
    "not company.count(purchase) > 0": "cd",
    "company.count(purchase) is missing": "d",
    "company.sum(purchase.amount) = 0": "c",
    "company.distinct(purchase.sku) < 2": "c",
    "default(company.count(purchase), 0) = 0": "cd",
    "count(purchase) <= company.count(purchase)": "abc",
    "not company.did(purchase)": "cd",
    "company is missing": "d",
    "company is present": "abc",
    "company is present and not company.did(purchase)": "c",
    "company.did(signed_up)": "abc",
    "company.sum(purchase.amount) = 15.3": "ab",
    "company.max(purchase.amount, last 14d) = 5": "ab",
    "company.avg(purchase.amount) is missing": "cd",
    "company.distinct(purchase.sku) = 2": "ab",
    "company.first(signed_up) = company.last(signed_up)": "c",
    "company.last(purchase.amount) = 5": "ab",
    "company.did(signed_up then project_live within 10d)": "ab",
    "company.did(project_created then signed_up)": "ab",
    "company.count(purchase) > count(purchase) and did(purchase)": "ab",
    # precedence
    "active or logins = 0 and logins = 1": "a",
    "(active or logins = 0) and logins = 0": "b",
    "not active and logins = 0": "b",
    "not (active and logins = 0)": "abcd",
    "not active or logins = 3": "abcd",
    "1 + 50% of 4 - -1 = 4": "abcd",
}

COMPANIES = {
    "arr >= 50_000": {"c1"},
    "arr is missing": {"c2"},
    'industry != "internal"': {"c2", "c3"},
    "count(purchase) = 5": {"c1"},
    "count(purchase) = 0": {"c2", "c3"},
    "sum(purchase.amount) = 0": {"c2", "c3"},
    "avg(purchase.amount) is missing": {"c2", "c3"},
    "did(signed_up, last 1d)": {"c2"},
    "did(project_created then signed_up)": {"c1"},
    "last(signed_up) > 19d": {"c1"},
}


@pytest.fixture(scope="module")
def program():
    """Returns all conditions as personas P0, P1, … and segments S0, S1, … of one program."""
    personas = [f"persona P{i}:\n  {condition}" for i, condition in enumerate(PEOPLE)]
    segments = [f"segment S{i}:\n  {condition}" for i, condition in enumerate(COMPANIES)]
    return program_from(SCHEMA + "\n".join(personas + segments))


@pytest.fixture(scope="module")
def expected_by_oracle(program):
    return naive.members(program, WORLD, NOW)


@pytest.fixture(scope="module")
def data(program):
    return Data.from_rows(program.schema, WORLD.people, WORLD.companies, WORLD.events)


@pytest.fixture(scope="module")
def membership(program, data):
    return evaluate(build_plan(program), data, NOW)


@pytest.mark.parametrize(("number", "condition"), list(enumerate(PEOPLE)), ids=list(PEOPLE))
def test_condition_holds_for_exactly_these_people(number, condition, expected_by_oracle, membership):
    hand = set(PEOPLE[condition])
    assert expected_by_oracle[f"P{number}"] == hand
    bits = membership.personas[f"P{number}"]
    assert {key for key, bit in zip(membership.people, bits, strict=True) if bit} == hand


@pytest.mark.parametrize(("number", "condition"), list(enumerate(COMPANIES)), ids=list(COMPANIES))
def test_condition_holds_for_exactly_these_companies(number, condition, program, data):
    hand = COMPANIES[condition]
    assert naive.segment_members(program, WORLD, f"S{number}", NOW) == hand
    assert segment_members(program, data, f"S{number}", NOW) == sorted(hand)
