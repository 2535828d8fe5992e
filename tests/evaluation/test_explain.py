"""Why somebody is in a persona, what is kept with an email about it, and when time alone changes it."""

from datetime import UTC, datetime, timedelta

import pytest

from rulekit.errors import RulekitError
from rulekit.evaluation.questions.explanation import because, explain

NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
SCHEMA = """
person:
  plan    text?
  login   time?
  renews  date?
company:
  arr  number
event visit
event buy:
  amount  number
  until   time?
"""
PEOPLE = [
    {
        "person": "ada",
        "company": "acme",
        "plan": "pro",
        "login": NOW - 15 * DAY - 3 * HOUR,
        "renews": (NOW + 3 * DAY).date(),
    },
    {"person": "bob", "company": "acme", "login": NOW - DAY},
    {"person": "cyd", "company": None},
]
COMPANIES = [{"company": "acme", "arr": 1000}]
EVENTS = {
    "visit": [
        {"person": "ada", "at": NOW - 2 * DAY},
        {"person": "ada", "at": NOW - DAY},
        {"person": "bob", "at": NOW - DAY},
        {"person": "bob", "at": NOW + DAY},
    ],
    "buy": [{"person": "bob", "at": NOW - 2 * DAY, "amount": 12.5, "until": NOW + 5 * DAY}],
}


@pytest.fixture(scope="module")
def world(make_world):
    return make_world(SCHEMA, PEOPLE, COMPANIES, EVENTS)


def explained(world, condition: str, person: str, rules: str = ""):
    text = f"{rules}\npersona P:\n  {condition}\n"
    return explain(world.program(text), world.data, person, "P", NOW, world.sources(text))


def test_every_part_has_its_text_its_truth_and_its_values(world):
    found = explained(world, 'login > 14d and (plan = "free"\n  or not count(visit,  last 7d) < 2)', "ada")
    assert found.member is True
    assert found.because.holds is True
    age, either = found.because.children
    assert (age.text, age.holds) == ("login > 14d", True)
    assert age.values == (("login", "2026-01-15T21:00Z (15d 3h ago)"),)
    plan, opposite = either.children
    assert (plan.text, plan.holds, plan.values) == ('plan = "free"', False, (("plan", '"pro"'),))
    (count,) = opposite.children
    assert count.holds is False
    assert opposite.holds is True
    assert count.values == (("count(visit, last 7d)", "2"),)


def test_missing_values_and_things_never_done_are_told(world):
    found = explained(world, "login > 14d or did(visit) or did(visit then buy) or sum(buy.amount) > 1", "cyd")
    assert found.member is False
    login, did, sequence, total = found.because.children
    assert login.values == (("login", "missing"),)
    assert did.values == (("did(visit)", "never"),)
    assert [value for _, value in sequence.values] == ["never", "never"]
    assert total.values == (("sum(buy.amount)", "0"),)


def test_personas_and_segments_inside_are_opened_up(world):
    rules = "persona Old: login > 14d\nsegment Rich: arr > 500"
    found = explained(world, "not in Old and in Rich", "bob", rules)
    outside, rich = found.because.children
    (old,) = outside.children
    assert (outside.text, outside.holds) == ("not in Old", True)
    assert (old.text, old.holds) == ("login > 14d", False)
    assert rich.children[0].values == (("arr", "1000"),)
    assert found.member is True


def test_an_unknown_person_is_an_error(world):
    with pytest.raises(RulekitError, match="no person `zed`"):
        explained(world, "plan is missing", "zed")


@pytest.mark.parametrize(
    ("condition", "person", "change"),
    [
        ("login > 16d", "ada", NOW + 21 * HOUR + TICK),
        ("login >= 16d", "ada", NOW + 21 * HOUR),
        ("login > 14d", "ada", None),
        ("login <= 16d", "ada", NOW + 21 * HOUR + TICK),
        ("login > 14d", "cyd", None),
        ("renews within next 2d", "ada", NOW + DAY),
        ("renews within last 2d", "ada", NOW + 3 * DAY),
        ("did(visit, last 7d)", "ada", NOW + 6 * DAY),
        ("count(visit, last 7d) >= 2", "ada", NOW + 5 * DAY),
        ("did(visit, previous 7d)", "ada", NOW + 5 * DAY),
        ("count(visit) = 2", "bob", NOW + DAY),
        ("company.count(visit, last 7d) = 3", "ada", NOW + DAY),
        ("last(visit) > 7d", "ada", NOW + 6 * DAY + TICK),
        ("did(buy where until > 1d)", "bob", NOW + 6 * DAY + TICK),
        ("did(visit then visit, last 7d)", "ada", NOW + 5 * DAY),
        ("in S", "ada", NOW + DAY),
        ("in Other", "ada", NOW + 21 * HOUR + TICK),
        ("plan is missing", "ada", None),
    ],
)
def test_time_alone_changes_it_then(world, condition, person, change):
    rules = "segment S: count(visit) = 3\npersona Other: login > 16d"
    assert explained(world, condition, person, rules).changes_at == change


def test_the_change_is_exact(world):
    text = "\npersona P: login > 20d and not did(visit, last 21d)\n"
    program, sources = world.program(text), world.sources(text)
    change = explain(program, world.data, "ada", "P", NOW, sources).changes_at
    assert change is not None
    before, after = (explain(program, world.data, "ada", "P", at, sources) for at in (change - TICK, change))
    assert (before.member, after.member) == (False, True)


def test_looking_ahead_can_be_left_out(world):
    text = "\npersona P: login > 16d\n"
    found = explain(world.program(text), world.data, "ada", "P", NOW, world.sources(text), look_ahead=False)
    assert found.changes_at is None


def test_what_is_kept_with_an_email_is_found_for_all_people_at_once(world):
    text = "\npersona Old: login > 14d\npersona P: in Old or company.sum(buy.amount) > 10 or did(visit)\n"
    kept = because(world.program(text), world.data, "P", ["bob", "ada", "zed"], NOW, world.sources(text))
    assert list(kept) == ["bob", "ada"]
    assert kept["ada"] == {
        "login": "2026-01-15T21:00Z (15d 3h ago)",
        "company.sum(buy.amount)": "12.5",
        "did(visit)": "2 times",
    }
    assert kept["bob"]["did(visit)"] == "once"


def test_nothing_is_left_behind(world):
    explained(world, "did(visit) and company.did(buy)", "ada")
    names = world.data.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert not [name for (name,) in names if name.startswith("excerpt")]
