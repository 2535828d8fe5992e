"""Real data of others: counts that its publishers give. Skipped where the data is not there."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rulekit.builtin.file_source import FileSource
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.records import EventMapping, RecordMapping, SourceMapping


@pytest.fixture
def folder() -> Path:
    given = os.environ.get("RULEKIT_REAL_DATA")
    if not given:
        pytest.skip("RULEKIT_REAL_DATA does not name the folder of real data")
    return Path(given)


def count(data: Data, query: Any, what: str = "count(*)") -> Any:
    return data.connection.execute(f"SELECT {what} FROM ({query.sql(dialect='duckdb')}) AS q").fetchall()[0]


def test_loan_applications(folder: Path) -> None:
    expected = json.loads((folder / "bpic2012" / "expected.json").read_text())["third_party"]
    kinds = [kind for kind in expected["events_by_activity"] if kind.isidentifier()]
    people = "SELECT DISTINCT \"case\" AS id, amount_req AS amount FROM 'events.csv.gz'"
    mapping = SourceMapping(
        RecordMapping(query=people),
        None,
        (EventMapping("events.csv.gz", person="case", at="timestamp", name="activity", fields={"who": "resource"}),),
    )
    who = {"who": FieldType("who", types.TEXT, False)}
    schema = Schema({"amount": FieldType("amount", types.NUMBER, False)}, {}, dict.fromkeys(kinds, who))
    with open_data(schema, FileSource((folder / "bpic2012").resolve()), mapping, "UTC") as data:
        assert data.report.people == expected["cases"]
        assert {k: e.events for k, e in data.report.events.items()} == {
            k: expected["events_by_activity"][k] for k in kinds
        }
        assert data.report.undeclared_events + sum(e.events for e in data.report.events.values()) == expected["events"]
        assert not any(e.orphans or e.timeless for e in data.report.events.values())
        first = count(data, data.events("A_SUBMITTED"), 'min("at")::VARCHAR')
        assert first == ("2011-09-30 22:38:44.546",)


def test_purchases(folder: Path) -> None:
    text = "SELECT unnest(string_split(content, chr(10))) AS line FROM read_text('CDNOW_sample.txt')"
    lines = f"SELECT string_split_regex(trim(line), ' +') AS cell FROM ({text}) WHERE trim(line) <> ''"
    events = f"SELECT cell[2] AS person, strptime(cell[3], '%Y%m%d') AS \"at\", cell[5] AS dollars FROM ({lines})"
    mapping = SourceMapping(
        RecordMapping(query=f"SELECT DISTINCT cell[2] AS id FROM ({lines})"),
        None,
        (EventMapping(query=events, event="purchase"),),
    )
    schema = Schema({}, {}, {"purchase": {"dollars": FieldType("dollars", types.NUMBER, False)}})
    with open_data(schema, FileSource((folder / "cdnow").resolve()), mapping, "UTC") as data:
        assert data.report.people == 2357
        assert data.report.events["purchase"].events == 6919
        assert data.report.problems() == []
        assert count(data, data.events("purchase"), 'min("at")::DATE::VARCHAR, max("at")::DATE::VARCHAR') == (
            "1997-01-01",
            "1998-06-30",
        )
