"""What cannot be read makes an answer unknown, and data that can be read is asked as if nothing else existed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import compress
from math import nan
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from rulekit.builtin.file_source import FileSource
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.evaluation.questions.membership import Membership, evaluate, segment_members
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.evaluation.sql.statement import companies_statement, people_statement
from rulekit.language.program import Program
from rulekit.records import EventMapping, RecordMapping, SourceMapping

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCHEMA = """
person:
  plan    one of ("free", "pro")
  age     number?
  joined  time?
company:
  arr     number?
event buy:
  amount  number?
  sku     text
event seen:
  at      time?
"""
PEOPLE = {
    "ada": ("acme", "pro", "40", "2026-02-01T00:00:00Z"),
    "bob": ("acme", "gold", "40", "2026-02-01T00:00:00Z"),
    "cyd": ("evil", "free", "forty", "01/02/2026"),
    "dan": ("", "free", "", ""),
}
COMPANIES = {"acme": "10", "evil": "ten"}
BUYS = [
    ("ada", "2026-02-20T00:00:00Z", "5", "gift"),
    ("ada", "2026-02-21T00:00:00Z", "7", "book"),
    ("bob", "20/02/2026", "5", "book"),
    ("cyd", "2026-02-20T00:00:00Z", "five", "book"),
    ("dan", "", "5", "book"),
    ("dan", "2020-01-01T00:00:00Z", "?", "book"),
]
MAPPING = SourceMapping(
    RecordMapping("people.csv", company="company"),
    RecordMapping("companies.csv"),
    (EventMapping("buys.csv", event="buy"), EventMapping("seen.csv", event="seen", fields={"at": "when"})),
)
YES, NO, UNKNOWN = "yes", "no", "unknown"


def csv(header: str, rows: Any) -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


@pytest.fixture(scope="module")
def data(opened: Any) -> Iterator[Data]:
    with opened() as data:
        yield data


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, read_rules: Callable[[str], Program]) -> Any:
    """Opens the data above, with other rows in their place where given."""

    def open_rows(people: Any = PEOPLE, companies: Any = COMPANIES, buys: Any = BUYS, seen: Any = ()) -> Any:
        folder = tmp_path_factory.mktemp("unreadable")
        tables = {
            "people": csv("id,company,plan,age,joined", [(key, *row) for key, row in people.items()]),
            "companies": csv("id,arr", companies.items()),
            "buys": csv("person,at,amount,sku", buys),
            "seen": csv("person,at,when", seen),
        }
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return open_data(read_rules(SCHEMA).schema, FileSource(folder), MAPPING, "UTC")

    return open_rows


def answers(found: Membership, name: str) -> list[str]:
    """Returns what is said of each person, in the order of their keys."""
    unjudged = found.unjudged.get(name, [False] * len(found.people))
    assert not any(inside and open_ for inside, open_ in zip(found.personas[name], unjudged, strict=True))
    known = [YES if inside else NO for inside in found.personas[name]]
    return [UNKNOWN if open_ else answer for answer, open_ in zip(known, unjudged, strict=True)]


# ada can be read throughout; bob's plan and the time of his event cannot, cyd's age, join, company and amount cannot;
# dan has no company, no age, an event without a time and an old one whose amount cannot be read
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('plan = "pro"', [YES, UNKNOWN, NO, NO]),
        ('plan != "pro"', [NO, UNKNOWN, YES, YES]),
        ('plan in ("free", "pro")', [YES, UNKNOWN, YES, YES]),
        ("plan is missing", [NO, UNKNOWN, NO, NO]),
        ("age is present", [YES, YES, UNKNOWN, NO]),
        ("default(age, 0) = 0", [NO, NO, UNKNOWN, YES]),
        ("age + 1 > 3", [YES, YES, UNKNOWN, NO]),
        ("joined > 14d", [YES, YES, UNKNOWN, NO]),
        ("joined within last 60d", [YES, YES, UNKNOWN, NO]),
        ('age > 30 or plan = "free"', [YES, YES, YES, YES]),
        ('age > 30 and plan = "pro"', [YES, UNKNOWN, NO, NO]),
        ('not (age > 30 and plan = "pro")', [NO, UNKNOWN, YES, YES]),
        ("company.arr > 5", [YES, YES, UNKNOWN, NO]),
        ("company.arr is missing", [NO, NO, UNKNOWN, YES]),
        ("in Large", [YES, YES, UNKNOWN, NO]),
        ("not in Large", [NO, NO, UNKNOWN, YES]),
        ("in Pro", [YES, UNKNOWN, NO, NO]),
        ("did(buy)", [YES, UNKNOWN, YES, YES]),
        ("count(buy) > 0", [YES, UNKNOWN, YES, YES]),
        ("did(any)", [YES, UNKNOWN, YES, YES]),
        ('did(buy where sku = "gift")', [YES, NO, NO, NO]),
        ('did(buy where sku = "book", 600d..400d ago)', [NO, UNKNOWN, NO, NO]),
        ("did(buy where amount > 1)", [YES, UNKNOWN, UNKNOWN, UNKNOWN]),
        ("did(buy where amount > 1, last 90d)", [YES, UNKNOWN, UNKNOWN, NO]),
        ("sum(buy.amount, last 90d) > 1", [YES, UNKNOWN, UNKNOWN, NO]),
        ('sum(buy.amount where sku = "gift") > 1', [YES, NO, NO, NO]),
        ("last(buy) > 1d", [YES, UNKNOWN, YES, YES]),
        ("last(buy.amount) > 5", [YES, UNKNOWN, UNKNOWN, UNKNOWN]),
        ("last(buy.sku) = \"book\"", [YES, UNKNOWN, YES, YES]),
        ("did(buy then buy)", [YES, UNKNOWN, NO, NO]),
        ("did(buy then buy then buy)", [NO, UNKNOWN, NO, NO]),
        ('did(buy where sku = "gift" then buy where amount > 1 within 7d)', [YES, UNKNOWN, UNKNOWN, UNKNOWN]),
        ('did(buy where sku = "gift" then buy where amount > 1 within 7d, last 60d)', [YES, UNKNOWN, UNKNOWN, NO]),
        ("did(seen then seen then seen)", [NO, NO, NO, NO]),
        ("company.did(buy)", [UNKNOWN, UNKNOWN, YES, NO]),
        ("company.count(buy) is missing", [UNKNOWN, UNKNOWN, NO, YES]),
        ("company.did(buy then buy then buy)", [UNKNOWN, UNKNOWN, NO, NO]),
        ("in Buying", [UNKNOWN, UNKNOWN, YES, NO]),
        ("company is present", [YES, YES, YES, NO]),
    ],
)  # fmt: skip
def test_who_cannot_be_judged(data, read_rules, condition, expected):
    rules = f"""{SCHEMA}
segment Large: arr > 5
segment Buying: count(buy) > 0
persona Pro: plan = "pro"
persona P: {condition}
"""
    found = evaluate(build_plan(read_rules(rules), personas=["P"]), data, NOW)
    assert answers(found, "P") == expected


def test_segments_are_known_per_person_and_list_who_certainly_is_in(opened, read_rules):
    program = read_rules(SCHEMA + "segment Large: arr > 5\nsegment Small: not arr > 5\npersona P: in Large\n")
    with opened() as data:
        found = evaluate(build_plan(program, segments=["Large", "Small"]), data, NOW)
        assert {name: list(compress(found.people, bits)) for name, bits in found.unjudged_segments.items()} == {
            "Large": ["cyd"],
            "Small": ["cyd"],
        }
        assert list(compress(found.people, found.segments["Large"])) == ["ada", "bob"]
        assert segment_members(program, data, "Large", NOW) == ["acme"]
        assert segment_members(program, data, "Small", NOW) == []


def test_a_property_may_be_called_like_the_time(opened, read_rules):
    seen = [("ada", "soon", "2026-01-01"), ("bob", "2026-01-01", "soon"), ("cyd", "2026-01-01", "2026-01-01")]
    program = read_rules(SCHEMA + "persona Timed: did(seen)\npersona Asked: did(seen where at is present)\n")
    with opened(seen=seen) as data:
        found = evaluate(build_plan(program), data, NOW)
        assert answers(found, "Timed") == [UNKNOWN, YES, YES, NO]
        assert answers(found, "Asked") == [UNKNOWN, UNKNOWN, YES, NO]


RULES = (
    SCHEMA
    + """
segment Large: arr > 5 and did(seen)
persona P:
  age > 30 and company.arr > 5 and in Large and count(seen, last 14d) < 50% of count(seen, previous 14d)
  and did(seen then seen then seen within 7d) and company.did(seen)
persona Q: not did(seen where at within last 3d) and last(seen.at) > 3d
persona Other: plan = "pro" or did(buy where amount > 1) or did(buy then buy then seen) or sum(buy.amount) > 3
"""
)


def statements(program: Program, data: Data, personas: list[str]) -> list[str]:
    plan = build_plan(program, personas=personas, segments=["Large"])
    return [people_statement(plan, data).sql, companies_statement(plan, data).sql]


def test_clean_data_is_asked_the_same_statement_as_if_nothing_could_be_unreadable(opened, read_rules):
    program = read_rules(RULES)
    clean = {key: (row[0] or "acme", "pro", "40", "2026-01-01") for key, row in PEOPLE.items()}
    figures = dict.fromkeys(COMPANIES, "1")
    with opened(clean, figures, [("ada", "2026-01-01", "1", "book")]) as data:
        assert data.unreadable == {}
        assert data.untimed == frozenset()
        before = statements(program, data, ["P", "Q"])
    # what cannot be read is used by another persona alone
    dubious = {key: (row[0], "gold", *row[2:]) for key, row in clean.items()}
    with opened(dubious, figures) as data:
        assert data.unreadable == {"event buy": frozenset({"amount"}), "person": frozenset({"plan"})}
        assert data.untimed == {"buy"}
        assert statements(program, data, ["P", "Q"]) == before
        columns = statements(program, data, ["P", "Q", "Other"])[0].count('AS "unknown ')
        assert columns == 1


@pytest.mark.parametrize("part", ["people", "companies", "seen"])
def test_what_cannot_be_read_is_in_no_group_that_it_does_not_reach(opened, read_rules, part):
    """One value of each: its persona has a second column, and the others have none."""
    people = {"ada": ("acme", "pro", "forty" if part == "people" else "40", "2026-01-01")}
    companies = {"acme": "ten" if part == "companies" else "10"}
    seen = [("ada", "soon" if part == "seen" else "2026-01-01", "2026-01-01")]
    with opened(people, companies, [], seen) as data:
        statement = statements(read_rules(RULES), data, ["P", "Q", "Other"])[0]
    unsure = {"people": ["P"], "companies": ["P", "segment"], "seen": ["P", "Q", "Other", "segment"]}[part]
    names = ["unknown persona " + name for name in ("P", "Q", "Other")] + ["unknown segment Large"]
    told = [
        name.rpartition("persona ")[2] if "persona" in name else "segment"
        for name in names
        if f'AS "{name}"' in statement
    ]
    assert told == unsure


def test_no_number_of_a_parquet_file_is_no_length_of_time(tmp_path, read_rules):
    """The statistics of the file know nothing of it, and the engine believes them where a cast cannot fail."""
    parquet.write_table(pa.table({"id": ["ada", "bob"], "trial": [nan, 86400.0]}), tmp_path / "people.parquet")
    program = read_rules("person:\n  trial duration?\npersona Trying: trial is present\n")
    mapping = SourceMapping(RecordMapping("people.parquet"), None, ())
    with open_data(program.schema, FileSource(tmp_path), mapping, "UTC") as data:
        assert answers(evaluate(build_plan(program), data, NOW), "Trying") == [UNKNOWN, YES]


def test_a_kind_of_event_may_be_called_like_people(tmp_path, read_rules):
    (tmp_path / "people.csv").write_text("id,x,y\nada,1,one\nbob,1,1\n")
    (tmp_path / "seen.csv").write_text("person,at,x\nada,2026-01-01,1\nbob,2026-01-01,one\n")
    program = read_rules(
        "person:\n  x number\n  y number\nevent `person`:\n  x number\n"
        "persona X: x = 1\npersona Y: y = 1\npersona Seen: did(`person` where x = 1)\n"
    )
    mapping = SourceMapping(RecordMapping("people.csv"), None, (EventMapping("seen.csv", event="person"),))
    with open_data(program.schema, FileSource(tmp_path), mapping, "UTC") as data:
        found = evaluate(build_plan(program), data, NOW)
        assert {name: answers(found, name) for name in found.personas} == {
            "X": [YES, YES],
            "Y": [UNKNOWN, YES],
            "Seen": [YES, UNKNOWN],
        }
