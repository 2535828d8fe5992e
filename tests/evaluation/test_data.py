from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import compress
from operator import not_
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.builtin.file_source import FileSource
from rulekit.errors import SourceError
from rulekit.evaluation.data.data_report import EventReport, FieldReport
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Kind, Type
from rulekit.records import ArrowStream, EventMapping, QueryTable, RecordMapping, SourceMapping, StreamTable

PLAN = Type(Kind.ONE_OF, ("free", "pro"))
PEOPLE = RecordMapping("people.csv")
EVENTS = EventMapping("events.csv", name="event")

Open = Callable[..., Data]


def fields(**declared: Type) -> dict[str, FieldType]:
    """A name that ends with `_` may be missing, as with `?`."""
    return {n.rstrip("_"): FieldType(n.rstrip("_"), t, n.endswith("_")) for n, t in declared.items()}


def schema(
    person: Mapping[str, FieldType] | None = None,
    company: Mapping[str, FieldType] | None = None,
    **events: Mapping[str, FieldType],
) -> Schema:
    return Schema(person or {}, company or {}, events)


def rows(data: Data, query: Any) -> list[tuple[Any, ...]]:
    """Returns keys and values, without the flags of unreadable ones, which `test_unreadable.py` is about."""
    found = data.connection.execute(query.sql(dialect="duckdb"))
    flags = [name.startswith("u.") or name == "u at" for name, *_ in found.description]
    return sorted((tuple(compress(row, map(not_, flags))) for row in found.fetchall()), key=repr)


def column_types(data: Data, query: Any) -> dict[str, str]:
    described = data.connection.execute("DESCRIBE " + query.sql(dialect="duckdb")).fetchall()
    return {row[0]: row[1] for row in described}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens files given as `name=content` (a `_` in the name stands before the ending) below a folder of their own."""
    with ExitStack() as stack:

        def open_files(
            declared: Schema,
            people: RecordMapping = PEOPLE,
            company: RecordMapping | None = None,
            events: tuple[EventMapping, ...] = (),
            zone: str = "UTC",
            **files: str | pa.Table,
        ) -> Data:
            for name, content in files.items():
                path = tmp_path / ".".join(name.rsplit("_", 1))
                if isinstance(content, str):
                    path.write_text(content, encoding="utf-8")
                else:
                    pq.write_table(content, path)
            mapping = SourceMapping(people, company, events)
            return stack.enter_context(open_data(declared, FileSource(tmp_path.resolve()), mapping, zone))

        yield open_files


# rows


def test_rows_become_the_declared_types() -> None:
    declared = schema(
        fields(t_=types.TEXT, p_=PLAN, n_=types.NUMBER, b_=types.BOOL, at_=types.TIME, d_=types.DATE)
        | fields(s_=types.DURATION, l_=types.LIST_OF_TEXT, none_=types.NUMBER),
    )
    ada = {"person": "ada", "t": 'ö"\n\x00', "p": "pro", "n": 3, "b": True, "d": date(2026, 1, 2)}
    ada |= {"at": datetime(2026, 1, 2, 3, 4, 5, 6, timezone(timedelta(hours=2))), "s": timedelta(days=-1), "l": ["a;b"]}
    data = Data.from_rows(declared, [ada])
    rest = (date(2026, 1, 2), -86_400_000_000, ["a;b"], None)
    assert rows(data, data.people()) == [
        ("ada", None, 'ö"\n\x00', "pro", 3, True, datetime(2026, 1, 2, 1, 4, 5, 6), *rest),
    ]
    assert column_types(data, data.people()) == {
        "person": "VARCHAR",
        "company": "VARCHAR",
        "f.t": "VARCHAR",
        "f.p": "VARCHAR",
        "f.n": "BIGINT",
        "f.b": "BOOLEAN",
        "f.at": "TIMESTAMP",
        "f.d": "DATE",
        "f.s": "BIGINT",
        "f.l": "VARCHAR[]",
        "f.none": "DECIMAL(38,9)",
    }
    assert data.report.problems() == []
    assert data.report.problems() == []


@pytest.mark.parametrize(
    ("values", "column", "read"),
    [
        ([1, 2], "BIGINT", [1, 2]),
        ([2**63, 1], "HUGEINT", [2**63, 1]),
        ([1, Decimal("0.1")], "DECIMAL(38,9)", [Decimal(1), Decimal("0.1")]),
        ([1, 0.1], "DOUBLE", [1.0, 0.1]),
        ([float("nan"), float("-inf"), 0.5], "DOUBLE", [None, None, 0.5]),
    ],
)
def test_numbers_keep_their_exactness(values: list[Any], column: str, read: list[Any]) -> None:
    people = [{"person": str(index), "n": value} for index, value in enumerate(values)]
    data = Data.from_rows(schema(fields(n_=types.NUMBER)), people)
    assert column_types(data, data.people())["f.n"] == column
    assert [row[2] for row in rows(data, data.people())] == read
    assert sum(report.unreadable for report in data.report.fields) == read.count(None)


def test_rows_of_companies_and_events() -> None:
    declared = schema(
        fields(person=types.TEXT), fields(arr=types.NUMBER), buy=fields(at=types.TEXT), view=fields(x_=types.BOOL)
    )
    data = Data.from_rows(
        declared,
        [{"person": "ada", "company": "acme"}, {"person": "bob", "company": "gone"}, {"person": "cy"}],
        [{"company": "acme", "arr": 5}],
        {"buy": [{"person": "ada", "at": datetime(2026, 1, 1, tzinfo=UTC)}]},
    )
    assert rows(data, data.companies()) == [("acme", 5)]
    assert rows(data, data.events("view")) == []
    assert column_types(data, data.events("view")) == {"person": "VARCHAR", "at": "TIMESTAMP", "f.x": "BOOLEAN"}
    assert data.report.unknown_companies == 1
    assert data.report.companies == 1


def test_the_newest_hours_of_many_people_are_different_ones() -> None:
    now = datetime(2026, 3, 2, 6, tzinfo=UTC)
    # in each hour a hundred people, more than hours are kept; and one that is yet to come
    ago = [timedelta(hours=place // 100, seconds=place % 100) for place in range(10_000)]
    people = [{"person": str(place), "seen": now - one} for place, one in enumerate([*ago, -timedelta(days=2)])]
    data = Data.from_rows(schema(fields(seen_=types.TIME)), people)
    this = int(now.timestamp()) // 3600
    # an hour counts once, however many have it
    assert data.profile(now).newest == {("person", "seen"): tuple(range(this, this - 64, -1))}


def test_everything_empty_is_no_error() -> None:
    data = Data.from_rows(schema(fields(plan=PLAN), None, buy={}), [])
    assert data.report.people == 0
    assert rows(data, data.people()) == rows(data, data.companies()) == rows(data, data.events("buy")) == []


# text


def test_csv_values_are_read_as_declared_and_counted_where_they_cannot_be(opened: Open) -> None:
    declared = schema(fields(plan=PLAN, n=types.NUMBER, b_=types.BOOL, l_=types.LIST_OF_TEXT, d_=types.DURATION))
    data = opened(
        declared,
        people_csv="id,plan,n,b,l,d\n"
        '1,pro,1.5,true,"[""a;b"", ""c""]",14d\n'
        "2,Pro,,0,a; b;,90\n"
        "3,,1.5e3,maybe,,90m\n"
        '4,"",twelve,,[a,soon\n'
        "007,free,-0.000000001,f,;,0.5\n"
        ",free,1,,,\n",
    )
    assert rows(data, data.people()) == [
        ("007", None, "free", Decimal("-0.000000001"), False, [], 500_000),
        ("1", None, "pro", Decimal("1.5"), True, ["a;b", "c"], 14 * 86_400_000_000),
        ("2", None, None, None, False, ["a", "b"], 90_000_000),
        ("3", None, None, Decimal(1500), None, None, 5_400_000_000),
        ("4", None, None, None, None, None, None),
    ]
    assert data.report.fields == (
        FieldReport("person", "b", unreadable=1, shapes=(("aaaaa", 1),)),
        FieldReport("person", "d", unreadable=1, shapes=(("aaaa", 1),)),
        FieldReport("person", "l", unreadable=1, shapes=(("[a", 1),)),
        FieldReport("person", "n", missing=1, unreadable=1, shapes=(("aaaaaa", 1),)),
        FieldReport("person", "plan", missing=2, unreadable=1, outside=1, shapes=(("aaa", 1),)),
    )
    assert (data.report.people, data.report.keyless_people) == (5, 1)
    assert "`plan` of `person`: 2 values missing, but it is declared without `?`" in data.report.problems()
    assert "1 row of people without a key, left out" in data.report.problems()
    assert "`n` of `person`: 1 value not as declared: 1 like `aaaaaa`" in data.report.problems()
    assert "`plan` of `person`: 1 value outside the declared set: 1 like `aaa`" in data.report.problems()


@pytest.mark.parametrize(
    ("text", "utc", "stockholm"),
    [
        ("2026-01-31T09:00:00+02:00", "2026-01-31T07:00", "2026-01-31T07:00"),
        ("2026-01-31T09:00Z", "2026-01-31T09:00", "2026-01-31T09:00"),
        ("2026-01-31 09:00:00.5-0330", "2026-01-31T12:30:00.500000", "2026-01-31T12:30:00.500000"),
        ("2026-01-31 09:00:00 Asia/Tokyo", None, None),
        ("2026-01-31T09:00", "2026-01-31T09:00", "2026-01-31T08:00"),
        ("2026-07-31 09:00:00", "2026-07-31T09:00", "2026-07-31T07:00"),
        ("2026-01-31", "2026-01-31T00:00", "2026-01-30T23:00"),
        ("2026-07-31", "2026-07-31T00:00", "2026-07-30T22:00"),
        ("2026-03-29 02:30", "2026-03-29T02:30", "2026-03-29T01:30"),  # does not exist in Stockholm: 03:30 there
        ("2026-10-25 02:30", "2026-10-25T02:30", "2026-10-25T01:30"),  # exists twice there: the second one
        ("2026-10-25 02:30+02:00", "2026-10-25T00:30", "2026-10-25T00:30"),
        ("20260131", None, None),
        ("1769850000", None, None),
        ("2026-02-30", None, None),
        ("26-01-31", None, None),
        ("0001-01-01T00:00:00Z", None, None),
        ("infinity", None, None),
        ("soon", None, None),
    ],
)
def test_times_in_text(opened: Open, text: str, utc: str | None, stockholm: str | None) -> None:
    declared = schema(fields(seen=types.TIME), None, login=fields(seen=types.TIME))
    for zone, instant in (("UTC", utc), ("Europe/Stockholm", stockholm)):
        data = opened(
            declared,
            events=(EventMapping("log.csv", person="id", at="seen", event="login"),),
            zone=zone,
            people_csv=f"id,seen\n1,{text}\n",
            log_csv=f"id,seen\n1,{text}\n",
        )
        expected = datetime.fromisoformat(instant) if instant else None
        assert rows(data, data.people()) == [("1", None, expected)]
        assert rows(data, data.events("login")) == [("1", expected, expected)]
        login = data.report.events["login"]
        assert (login.events, login.timeless, login.unreadable) == (1, 0, int(expected is None))
        assert len(login.shapes) == login.unreadable
        assert [report.unreadable for report in data.report.fields] == ([] if expected else [1, 1])


def test_dates_are_those_that_are_written(opened: Open) -> None:
    people = "id,d\n1,2026-01-31\n2,2026-01-31T23:30:00-05:00\n3,31.1.2026\n"
    data = opened(schema(fields(d=types.DATE)), zone="Asia/Tokyo", people_csv=people)
    assert [row[2] for row in rows(data, data.people())] == [date(2026, 1, 31), date(2026, 1, 31), None]


def test_json_lines(opened: Open) -> None:
    declared = schema(fields(n=types.NUMBER, l_=types.LIST_OF_TEXT, t_=types.TIME, x_=types.TEXT, b_=types.BOOL))
    data = opened(
        declared,
        people=RecordMapping("people.jsonl"),
        people_jsonl='{"id": 1, "n": 0.1, "l": ["a", "b;c"], "t": "2026-01-31T09:00+02:00", "x": "1", "b": true}\n'
        '{"id": "x", "n": "many", "l": null, "x": {"y": 1}}\n',
    )
    assert rows(data, data.people()) == [
        ("1", None, Decimal("0.1"), ["a", "b;c"], datetime(2026, 1, 31, 7), "1", True),
        ("x", None, None, None, None, '{"y":1}', None),
    ]
    assert data.report.fields == (FieldReport("person", "n", unreadable=1, shapes=(("aaaa", 1),)),)


def test_the_shapes_of_what_cannot_be_read_name_no_value(opened: Open) -> None:
    seen = ["31.12.2026", "30.12.2026", "3.1.26", "3.1.26", "né en 2026", "x" * 50, "a\tb", "2026-01-01", ""]
    people = "id,seen\n" + "".join(f"{number},{value}\n" for number, value in enumerate(seen)) + ",1.1.1\n"
    log = "id,seen,kind\n" + "".join(f"1,{value},{'in' if n % 2 else 'x'}\n" for n, value in enumerate(seen * 2))
    data = opened(
        schema(fields(seen_=types.TIME), **{"in": {}}),
        events=tuple(EventMapping(f"log{n}.csv", person="id", at="seen", name="kind") for n in (1, 2)),
        people_csv=people,
        log1_csv=log,
        log2_csv=log,
    )
    commonest = (("9.9.99", 2), ("99.99.9999", 2), ("a a", 1))
    assert data.report.fields == (FieldReport("person", "seen", unreadable=7, shapes=commonest),)
    found = data.report.events["in"]
    assert (found.events, found.timeless, found.unreadable) == (18, 2, 14)
    assert found.shapes == (("9.9.99", 4), ("99.99.9999", 4), ("a a", 2))
    told = "2 like `9.9.99`, 2 like `99.99.9999`, 1 like `a a`"
    assert f"`seen` of `person`: 7 values not as declared: {told}" in data.report.problems()


# typed columns


def typed(**columns: pa.Array) -> pa.Table:
    return pa.table({"id": pa.array([1]), **columns})


NOON = datetime(2026, 7, 1, 12)


@pytest.mark.parametrize(
    ("declared", "column", "value"),
    [
        (types.TIME, pa.array([NOON], pa.timestamp("us")), datetime(2026, 7, 1, 10)),
        (types.TIME, pa.array([NOON], pa.timestamp("ns")), datetime(2026, 7, 1, 10)),
        (types.TIME, pa.array([NOON], pa.timestamp("s")), datetime(2026, 7, 1, 10)),
        (types.TIME, pa.array([NOON], pa.timestamp("us", "UTC")), NOON),
        (types.TIME, pa.array([NOON], pa.timestamp("us", "America/New_York")), NOON),
        (types.TIME, pa.array([date(2026, 7, 1)]), datetime(2026, 6, 30, 22)),
        (types.DATE, pa.array([date(2026, 7, 1)]), date(2026, 7, 1)),
        (types.DATE, pa.array([NOON], pa.timestamp("us")), date(2026, 7, 1)),
        (types.DATE, pa.array([datetime(2026, 7, 1, 23)], pa.timestamp("us", "UTC")), date(2026, 7, 2)),
        (types.NUMBER, pa.array([7], pa.int8()), 7),
        (types.NUMBER, pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (types.NUMBER, pa.array([Decimal("1.10")]), Decimal("1.10")),
        (types.NUMBER, pa.array([0.1], pa.float64()), 0.1),
        (types.NUMBER, pa.nulls(1), None),
        (types.BOOL, pa.array([True]), True),
        (types.BOOL, pa.array([1]), True),
        (types.BOOL, pa.array([2]), None),
        (types.TEXT, pa.array([5]), "5"),
        (types.TEXT, pa.array([""]), ""),
        (types.TEXT, pa.array(["a"]).dictionary_encode(), "a"),
        (types.LIST_OF_TEXT, pa.array([["a"]]), ["a"]),
        (types.LIST_OF_TEXT, pa.array([[1, 2]]), ["1", "2"]),
        (types.DURATION, pa.array([90]), 90_000_000),
        (types.DURATION, pa.array([2**62]), None),
        (types.DURATION, pa.array([0.5]), 500_000),
        (types.DURATION, pa.array([Decimal("1.5")]), 1_500_000),
    ],
)
def test_typed_columns(opened: Open, declared: Type, column: pa.Array, value: object) -> None:
    data = opened(
        schema(fields(x_=declared)),
        people=RecordMapping("people.parquet"),
        zone="Europe/Stockholm",
        people_parquet=typed(x=column),
    )
    assert rows(data, data.people()) == [("1", None, value)]
    assert (data.report.problems() == []) == (value is not None or column.null_count == 1)


@pytest.mark.parametrize(
    ("declared", "column"),
    [
        (types.TIME, pa.array([1769850000])),
        (types.NUMBER, pa.array([True])),
        (types.BOOL, pa.array([0.5])),
        (types.DATE, pa.array([20260131])),
        (types.LIST_OF_TEXT, pa.array([1])),
        (types.DURATION, pa.array([NOON])),
    ],
)
def test_columns_that_hold_something_else_fail_the_source(opened: Open, declared: Type, column: pa.Array) -> None:
    people = RecordMapping("people.parquet")
    with pytest.raises(
        SourceError, match=r"column `x` of `people.parquet` has the type .* but the field `x` of a pers"
    ):
        opened(schema(fields(x=declared)), people=people, people_parquet=typed(x=column))


def test_what_does_not_fit_into_memory_lies_in_a_folder_of_its_own(opened: Open, tmp_path: Path) -> None:
    data = opened(schema(), people_csv="id\nada\n")
    ((place,),) = data.connection.execute("SELECT current_setting('temp_directory')").fetchall()
    assert Path(place).stat().st_mode & 0o777 == 0o700
    assert not Path(place).is_relative_to(Path.cwd())


def test_a_machine_without_a_folder_for_it_has_memory_alone(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    data = opened(schema(), people_csv="id\nada\n")
    assert data.connection.execute("SELECT current_setting('temp_directory')").fetchall() == [("",)]
    assert data.report.people == 1


# keys and columns


@pytest.mark.parametrize("count", [1, 5])
def test_a_key_that_appears_twice_fails_the_source(opened: Open, count: int) -> None:
    people = "id\nzoe\n" + "".join(f"p{n}\np{n}\n" for n in range(count))
    with pytest.raises(SourceError, match="more than one row for the same person, ") as raised:
        opened(schema(), people_csv=people)
    # no key is told: it may be an address
    assert raised.value.message.endswith(", 5 keys in all" if count == 5 else ", 1 key in all")
    assert "to see them, count the rows of each `id`" in (raised.value.help or "")


def test_a_company_that_appears_twice_fails_the_source() -> None:
    with pytest.raises(SourceError, match="same company, 1 key in all"):
        Data.from_rows(schema(), [], [{"company": "acme"}, {"company": "acme"}])


def test_a_missing_column_is_named_with_a_suggestion(opened: Open) -> None:
    mapping = RecordMapping("people.csv", fields={"seen": "last_seen"})
    with pytest.raises(SourceError) as raised:
        opened(schema(fields(seen_=types.TIME)), mapping, people_csv="id,last_seen_at\n")
    assert raised.value.message == (
        "`people.csv` has no column `last_seen`, wanted for the field `seen` of a person; did you mean `last_seen_at`?"
    )
    assert raised.value.help is not None
    assert "[source.person]" in raised.value.help
    assert "`id`, `last_seen_at`" in raised.value.help


def test_declared_companies_need_a_table(opened: Open) -> None:
    with pytest.raises(SourceError, match="does not say where companies are"):
        opened(schema(None, fields(arr=types.NUMBER)), people_csv="id\n1\n")


def test_a_link_to_a_company_is_read_and_checked(opened: Open) -> None:
    data = opened(
        schema(None, fields(arr_=types.NUMBER)),
        RecordMapping("people.csv", company="account"),
        RecordMapping("companies.csv", key="name"),
        people_csv="id,account\n1,acme\n2,\n3,gone\n",
        companies_csv="name,arr\nacme,5\nother,\n,7\n",
    )
    assert rows(data, data.people()) == [("1", "acme"), ("2", None), ("3", "gone")]
    assert rows(data, data.companies()) == [("acme", Decimal(5)), ("other", None)]
    assert data.report.unknown_companies == 1
    assert data.report.keyless_companies == 1


# events


def test_kinds_of_one_table_and_tables_of_one_kind_are_put_together(opened: Open) -> None:
    declared = schema(None, None, view=fields(page_=types.TEXT), buy=fields(amount=types.NUMBER), idle={})
    data = opened(
        declared,
        events=(EVENTS, EventMapping("orders.csv", person="who", at="on", event="buy", fields={"amount": "eur"})),
        people_csv="id\n1\n2\n",
        events_csv="person,at,event,page\n"
        "1,2026-01-01,view,home\n"
        "3,2026-01-01,view,\n"
        ",2026-01-01,view,\n"
        "1,never,view,\n"
        "1,,view,\n"
        "1,2026-01-02,buy,\n"
        "1,2026-01-02,sneeze,\n"
        "1,2026-01-02,,\n",
        orders_csv="who,on,eur\n2,2026-01-03,9.5\n9,2026-01-03,x\n",
    )
    first, second, third = (datetime(2026, 1, day) for day in (1, 2, 3))
    assert rows(data, data.events("view")) == sorted(
        [("1", first, "home"), ("3", first, None), (None, first, None), ("1", None, None)], key=repr
    )
    assert rows(data, data.events("buy")) == [("1", second, None), ("2", third, Decimal("9.5")), ("9", third, None)]
    assert rows(data, data.events("idle")) == []
    assert data.report.events == {
        "buy": EventReport("buy", 3, orphans=1),
        "idle": EventReport("idle", 0),
        "view": EventReport("view", 5, orphans=2, timeless=1, unreadable=1, shapes=(("aaaaa", 1),)),
    }
    assert (data.report.undeclared_events, data.report.undeclared_kinds) == (2, (("sneeze", 1),))
    assert data.report.fields == (FieldReport("buy", "amount", missing=1, unreadable=1, shapes=(("a", 1),)),)


def test_a_field_misspelt_in_the_settings_is_named(opened: Open) -> None:
    mapping = RecordMapping("people.csv", fields={"last_logn": "last_seen"})
    with pytest.raises(SourceError) as raised:
        opened(schema(fields(last_login=types.TIME)), mapping, people_csv="id,last_seen\n")
    assert raised.value.message == (
        "`fields` under [source.person] names `last_logn`, which is not declared; did you mean `last_login`?"
    )


def test_a_mapped_column_needs_no_declared_field(opened: Open) -> None:
    mapping = RecordMapping("people.csv", fields={"agee": "years"})
    data = opened(schema(fields(age=types.NUMBER)), mapping, people_csv="id,age,years\nada,30,31\n")
    assert [row[-1] for row in rows(data, data.people())] == [30]


@pytest.mark.parametrize(("mark", "said"), [(";", '";"'), ("\t", r'"\t"'), ("|", '"|"')])
def test_what_stands_between_columns_is_recognised(opened: Open, mark: str, said: str) -> None:
    with pytest.raises(SourceError) as raised:
        opened(schema(fields(age=types.NUMBER)), people_csv=f"id{mark}age\nada{mark}30\n")
    assert raised.value.help is not None
    assert raised.value.help.startswith(f"write `delimiter = {said}` under [source.person] in rulekit.toml")


@pytest.mark.parametrize("way", ["a..b", ".a", "a.", "", " ", "a. .b"])
def test_a_way_with_a_gap_is_told_how_to_write_one(opened: Open, way: str) -> None:
    mapping = RecordMapping("people.csv", fields={"age": way})
    with pytest.raises(SourceError) as raised:
        opened(schema(fields(age=types.NUMBER)), mapping, people_csv="id,a\nada,30\n")
    assert raised.value.message.startswith(
        f"`people.csv` has no column `{way}`, wanted for the field `age` of a person"
    )
    assert raised.value.help == (
        f"write a column, or the way into one like `address.city`, without a gap, in place of `{way}` under"
        " [source.person] in rulekit.toml; there are: `id`, `a`"
    )


def test_a_property_has_a_column_somewhere(opened: Open) -> None:
    declared = schema(None, None, view=fields(pgae=types.TEXT))
    with pytest.raises(SourceError, match=r"`events.csv` has no column `pgae`, wanted for `pgae` of `view`; .* `page`"):
        opened(declared, events=(EVENTS,), people_csv="id\n", events_csv="person,at,event,page\n")


def test_a_table_of_an_undeclared_kind_is_counted(opened: Open) -> None:
    mapping = EventMapping("log.csv", event="sneeze")
    data = opened(schema(), events=(mapping,), people_csv="id\n1\n", log_csv="person,at\n1,2026-01-01\n2,x\n")
    assert data.report.undeclared_events == 2


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (["sign_up"] * 3 + ["export"], ": 3 `sign_up`, 1 `export`"),
        (
            [f"k{n}" for n in range(7)],
            ": 1 `k0`, 1 `k1`, 1 `k2`, 1 `k3`, 1 `k4` and 2 more",
        ),
        # what no declaration can name, or what is a column of something else, is a value like any other
        (["ada@example.com", "Ada Smith", ""], ""),
        ([f"person{n}" for n in range(200)], ""),
    ],
)
def test_kinds_that_are_not_declared_are_named(opened: Open, kinds: list[str], told: str) -> None:
    lines = "".join(f"1,2026-01-02,{kind}\n" for kind in kinds)
    files = {"people_csv": "id\n1\n", "events_csv": f"person,at,event\n{lines}"}
    data = opened(schema(None, None, login={}), events=(EVENTS,), **files)
    assert data.report.problems() == [f"{len(kinds)} events of a kind that is not declared, left out{told}"]


@pytest.mark.parametrize(("column", "zone"), [("at", "UTC"), ("instant", "UTC"), ("instant", "Europe/Stockholm")])
def test_parquet_is_scanned_in_place_for_the_window(opened: Open, column: str, zone: str) -> None:
    at = [datetime(2026, 1, 1) + timedelta(hours=n) for n in range(1000)]
    log = pa.table(
        {
            "person": pa.array([n % 7 for n in range(1000)]),
            "at": pa.array(at, pa.timestamp("us")),
            "instant": pa.array(at, pa.timestamp("us", "UTC")),
            "event": pa.array(["view" if n % 2 else "buy" for n in range(1000)]),
        }
    )
    mapping = EventMapping("log.parquet", at=column, name="event")
    data = opened(
        schema(None, None, view={}, buy={}), events=(mapping,), zone=zone, people_csv="id\n1\n", log_parquet=log
    )
    window = data.events("view").where("\"at\" > CAST('2026-02-01' AS TIMESTAMP)", dialect="duckdb")
    plan = data.connection.execute("EXPLAIN " + window.sql(dialect="duckdb")).fetchall()[0][1]
    scan = plan[plan.index("Read Parquet") :]
    assert "event = 'view'" in scan
    # the engine evaluates the filter on an instant in the scan or directly above it, as it sees fit
    assert "2026-02-01" in (scan if column == "at" else plan)
    assert len(rows(data, window)) == sum(n % 2 and moment > datetime(2026, 2, 1) for n, moment in enumerate(at))


# streams and queries


class Streams:
    """A source without a query language that can be read once."""

    def __init__(self, **tables: pa.Table) -> None:
        self.tables = tables
        self.opened: list[str] = []

    def table(self, name: str) -> StreamTable:
        def open_stream() -> ArrowStream:
            self.opened.append(name)
            return pa.RecordBatchReader.from_batches(self.tables[name].schema, self.tables[name].to_batches())

        return StreamTable(open_stream)

    def query(self, sql: str) -> QueryTable:
        raise SourceError("this source has no query language", help="name a table")

    def default_mapping(self) -> SourceMapping | None:
        return None


def test_a_stream_is_opened_once() -> None:
    source = Streams(
        log=pa.table(
            {"id": ["a", "b"], "person": ["a", "x"], "at": [NOON, NOON], "kind": ["k", "l"], "d": [timedelta(1)] * 2}
        )
    )
    mapping = SourceMapping(RecordMapping("log"), None, (EventMapping("log", name="kind"),))
    with open_data(schema(fields(d=types.DURATION), None, k={}, l={}), source, mapping, "UTC") as data:
        assert rows(data, data.people()) == [("a", None, 86_400_000_000), ("b", None, 86_400_000_000)]
        assert rows(data, data.events("l")) == [("x", NOON)]
        assert data.report.events["l"].orphans == 1
    assert source.opened == ["log"]


def test_a_source_says_itself_that_it_has_no_queries() -> None:
    with (
        pytest.raises(SourceError, match="no query language"),
        open_data(schema(), Streams(), SourceMapping(RecordMapping(query="x"), None, ()), "UTC"),
    ):
        pass


def test_a_query_reads_files_of_the_folder(opened: Open) -> None:
    people = RecordMapping(
        query="SELECT substr(line, 1, 2) AS id FROM read_csv('odd.txt', header = false, names = ['line'])"
    )
    data = opened(schema(), people, odd_txt="01 x\n02 y\n")
    assert rows(data, data.people()) == [("01", None), ("02", None)]


@pytest.mark.parametrize(
    "sql", ["SELECT * FRM x", "SELECT * FROM 'nothing.csv'", "SELECT * FROM people", "SELECT 1 AS x"]
)
def test_a_query_that_fails_is_told_in_one_line(opened: Open, sql: str) -> None:
    people = pa.table({"id": ["a variable of this program, which a query must not see"]})
    with pytest.raises(SourceError, match=r"the query under \[source\.person\]") as raised:
        opened(schema(), RecordMapping(query=sql))
    assert people.num_rows == 1
    assert "\n" not in raised.value.message
