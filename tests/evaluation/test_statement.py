"""How the statement is made: shared measures, one scan for each kind of event, nothing glued together."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlglot

from rulekit.evaluation.questions.membership import evaluate
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.evaluation.sql.statement import people_statement

NOW = datetime(2026, 1, 31, tzinfo=UTC)
SCHEMA = """
person:
  plan   text?
  login  time?
company:
  arr    number
event visit
event buy:
  amount  number
  sku     text
"""
MANY = "\n".join(
    f"""
persona Visit{i}: count(visit, last {i}d) > {i} or did(visit, previous {i}d)
persona Buy{i}: sum(buy.amount where sku = "s{i}") > {i}
"""
    for i in range(1, 26)
)


@pytest.fixture(scope="module")
def world(make_world):
    events = {
        "visit": [{"person": "a", "at": NOW + timedelta(days=8)}],
        "buy": [{"person": "a", "at": NOW + timedelta(days=8), "amount": 1, "sku": "x"}],
    }
    return make_world(SCHEMA, [{"person": "a", "company": "c"}], [{"company": "c", "arr": 1}], events)


def scans(world, plan, kind: str) -> tuple[int, int]:
    """Returns how often a kind is read: in the statement, and in the engine's plan of it."""
    statement = people_statement(plan, world.data)
    (relation,) = {table.name for table in world.data.events(kind).find_all(sqlglot.exp.Table)}
    tree = sqlglot.parse_one(statement.sql, dialect="duckdb")
    written = sum(table.name == relation for table in tree.find_all(sqlglot.exp.Table))
    (base,) = read_by(world, world.data.events(kind).sql(dialect="duckdb"), {})
    instants = {name: datetime(2026, 2, 9) + distance for name, distance in statement.cutoffs.items()}
    return written, read_by(world, statement.sql, instants).count(base)


def read_by(world, sql: str, parameters: dict[str, datetime]) -> list[str]:
    """Returns the stored tables that the engine scans for a statement, once per scan."""
    explained = world.data.connection.execute("EXPLAIN (FORMAT json) " + sql, parameters).fetchall()
    return [table for root in json.loads(explained[0][1]) for table in tables_read(root)]


def tables_read(node: dict[str, Any]) -> Iterator[str]:
    if "SCAN" in node["name"] and "Table" in node["extra_info"]:
        yield node["extra_info"]["Table"]
    for child in node["children"]:
        yield from tables_read(child)


def test_fifty_personas_read_each_kind_of_event_once(world):
    plan = build_plan(world.program(MANY))
    assert len(plan.columns) == 50
    assert scans(world, plan, "visit") == (1, 1)
    assert scans(world, plan, "buy") == (1, 1)


def test_several_readers_of_a_kind_share_one_scan(world):
    rules = """
segment Busy: count(visit) > 3
persona P: in Busy and did(visit, last 1d) and company.count(visit) > 5 and did(visit then buy within 3d)
persona Q: did(buy then visit then buy) and company.sum(buy.amount) > 5 and distinct(buy.sku) = 1
"""
    plan = build_plan(world.program(rules), segments=["Busy"])
    assert scans(world, plan, "visit") == (1, 1)
    assert scans(world, plan, "buy") == (1, 1)


def test_conditions_on_fields_read_no_events(world):
    plan = build_plan(world.program('persona P: login > 14d and plan != "free"\npersona Q: did(visit)'), personas=["P"])
    statement = people_statement(plan, world.data).sql
    assert plan.kinds == ()
    assert "event" not in statement


def test_equal_measures_are_one(world):
    rules = """
let fortnight = 14d
persona A: count(visit, last 2w) > 3 and did(visit, last 14d)
persona B: not did(visit, last fortnight)
"""
    plan = build_plan(world.program(rules))
    assert len(plan.measures) == 1
    assert hash(plan) == hash(build_plan(world.program(rules)))
    assert plan == build_plan(world.program(rules))


def test_the_widest_window_bounds_the_scan(world):
    rules = "persona A: count(visit, last 7d) > count(visit, 30d..14d ago)"
    statement = people_statement(build_plan(world.program(rules)), world.data)
    outer = sqlglot.parse_one(statement.sql, dialect="duckdb")
    group = next(select for select in outer.find_all(sqlglot.exp.Select) if select.args.get("group"))
    bound = {p.name for p in group.args["where"].find_all(sqlglot.exp.Placeholder)}
    assert {statement.cutoffs[name] for name in bound} == {timedelta(0), timedelta(days=-30)}


def test_the_statement_is_the_same_at_every_instant(world):
    program = world.program("persona A: login > 14d and did(visit, last 3d)")
    statement = people_statement(build_plan(program), world.data)
    assert not re.search(r"\d{4}-\d\d-\d\d", statement.sql)
    for now in (NOW, NOW + timedelta(days=1)):
        statement.run(world.data.connection, now)


def test_names_and_texts_cannot_break_out(make_world):
    schema = "person:\n  `select`  text?\nevent `from`:\n  `where`  text?\n"
    nasty = "'); DROP TABLE people; -- \" $now \\"
    world = make_world(
        schema,
        [{"person": nasty, "company": None, "select": nasty}],
        events={"from": [{"person": nasty, "at": NOW, "where": nasty}]},
    )
    text = nasty.replace("\\", "\\\\").replace('"', '\\"')
    condition = f'`select` = "{text}" and did(`from` where `where` = "{text}") and last(`from`.`where`) = "{text}"'
    assert world.who(condition, NOW) == {nasty}


def test_a_segment_and_a_persona_may_use_the_same_results(world):
    rules = "segment S: count(visit) = 0\npersona P: in S and company.count(visit) = 0 and not company.did(visit)"
    found = evaluate(build_plan(world.program(rules)), world.data, NOW)
    assert list(found.personas["P"]) == [True]
