"""Other ways to write values, declared in the settings of a project: what `rulekit members` finds then."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.builtin.file_source import FileSource
from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import open_project
from rulekit.errors import SettingsError, SourceError
from rulekit.evaluation.data.dataset import open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.records import RecordMapping, SourceMapping, Spellings
from rulekit.value_spelling import Spelling

RULES = """
person:
  plan    one of ("free", "pro")?
  seen    time?
  born    date?
  spent   number?
  active  bool?
  length  duration?
  note    text?

event buy:
  amount  number?

persona All:
  spent > 0
"""
TABLES = (
    '[source.person]\ntable = "people.csv"\n{person}\n[[source.events]]\ntable = "log.csv"\nevent = "buy"\n{events}\n'
)


def project(
    folder: Path, source: str = "", person: str = "", events: str = "", people: str = "", log: str = ""
) -> Path:
    (folder / "data").mkdir(exist_ok=True)
    header = "id,plan,seen,born,spent,active,length,note\n"
    (folder / "data/people.csv").write_text(header + people, encoding="utf-8")
    (folder / "data/log.csv").write_text(f"person,at,amount\n{log}", encoding="utf-8")
    tables = TABLES.format(person=person, events=events)
    (folder / "rulekit.toml").write_text(f"edition = 1\n[source]\n{source}\n{tables}", encoding="utf-8")
    (folder / "people.rules").write_text(RULES)
    return folder


def people(folder: Path) -> tuple[list[tuple[object, ...]], list[str]]:
    """Returns what was read of people, and what the report says of it."""
    with open_project_data(open_project(folder)) as data:
        query = data.people().order_by('"person"').sql(dialect="duckdb")
        found = data.connection.execute(query).fetchall()
        return [(row[0], *row[2:9]) for row in found], data.report.problems()


def bought(folder: Path) -> list[tuple[object, ...]]:
    with open_project_data(open_project(folder)) as data:
        query = data.events("buy").order_by('"at"').sql(dialect="duckdb")
        return data.connection.execute(query).fetchall()


NOON = datetime(2026, 2, 1, 12)
HOUR = timedelta(hours=1) // timedelta(microseconds=1)


def test_a_german_export(tmp_path: Path) -> None:
    source = """
        null = ["", "NULL", "k. A."]
        decimal = ","
        group = "."
        format = "%d.%m.%Y %H:%M"
        true = ["ja", "x"]
        false = ["nein"]
        trim = true
    """
    folder = project(
        tmp_path,
        source=source,
        person='[source.person.columns.Born]\nformat = "%d.%m.%Y"\n',
        people='ada,  pro ,01.02.2026 12:00,24.12.1990,"1.234,56",ja,"3.600,0",NULL\n'
        'bob,k. A.,NULL,k. A.,NULL,NULL,NULL," \t"\n'
        'cy,Pro,2026-02-01T12:00Z,1.2.1990,1.23,true,1h,"  a b "\n',
        log='ada,01.02.2026 12:00,"12,5"\nNULL,01.02.2026 13:00,1\nada,k. A.,2\n',
    )
    found, problems = people(folder)
    assert found == [
        ("ada", "pro", NOON, date(1990, 12, 24), Decimal("1234.56"), True, HOUR, None),
        ("bob", None, None, None, None, None, None, None),
        ("cy", None, None, None, None, None, HOUR, "a b"),
    ]
    for field, shape in [("seen", "9999-99-99a99:99a"), ("born", "9.9.9999"), ("spent", "9.99"), ("active", "aaaa")]:
        assert f"`{field}` of `person`: 1 value not as declared: 1 like `{shape}`" in problems
    assert "`plan` of `person`: 1 value outside the declared set: 1 like `aaa`" in problems
    assert "1 `buy` event without a time, left out" in problems
    assert bought(folder) == [("ada", NOON, Decimal("12.5")), (None, NOON.replace(hour=13), Decimal(1))]


@pytest.mark.parametrize(
    ("unit", "number"),
    [
        ("s", "1769947200"),
        ("s", "1769947200.0"),
        ("ms", "1769947200000"),
        ("ms", "1.7699472e12"),
        ("us", "1769947200000000"),
        ("ns", "1769947200000000999"),
        ("d", "20485.5"),
        ("h", "491652"),
        ("ms", "2026-02-01T12:00Z"),
    ],
)
def test_times_as_numbers(tmp_path: Path, unit: str, number: str) -> None:
    folder = project(tmp_path, source=f'unit = "{unit}"', people=f"ada,,{number},,,,,\n", log=f"ada,{number},1\n")
    found, problems = people(folder)
    assert (found[0][2], problems) == (NOON, [])
    assert bought(folder) == [("ada", NOON, Decimal(1))]


@pytest.mark.parametrize("number", ["1769947200000000000000", "-99999999999999", "1.769.947", "0x5", "1769947200s"])
def test_numbers_that_are_no_times(tmp_path: Path, number: str) -> None:
    found, problems = people(project(tmp_path, source='unit = "s"', people=f"ada,,{number},,,,,\n"))
    assert found[0][2] is None
    assert len(problems) == 1


def test_the_nearest_spelling_wins(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        source='null = ["source"]\nunit = "s"\nformat = "%d/%m/%Y"',
        person='null = ["table"]\n[source.person.columns.note]\nnull = ["column"]\n'
        '[source.person.columns.length]\nunit = "d"\n[source.person.columns.seen]\nunit = "ms"\n',
        people="a,,1769947200000,02/01/2026,,,2,column\nb,,,,,,,table\nc,table,,,,,,source\n",
        log="a,01/02/2026,source\n",
    )
    found, problems = people(folder)
    assert [row[7] for row in found] == [None, "table", "source"]
    assert found[0][2:4] == (NOON, date(2026, 1, 2))
    assert (found[0][6], found[2][1], problems) == (48 * HOUR, None, [])
    assert bought(folder) == [("a", datetime(2026, 2, 1), None)]


@pytest.mark.parametrize(
    ("form", "text", "instant"),
    [
        ("%d/%m/%Y %H:%M", "01/02/2026 13:00", NOON),
        ("%d/%m/%Y %H:%M", "1/2/2026 13:00", None),
        ("%d/%m/%Y %H:%M", "01/02/2026 13:00:00", None),
        ("%d/%m/%Y %H:%M", "31/02/2026 13:00", None),
        ("%d/%m/%Y %H:%M", "01/13/2026 13:00", None),
        ("%-d/%-m/%Y %-H:%M", "1/2/2026 13:00", NOON),
        ("%-d/%-m/%Y %-H:%M", "01/02/2026 13:00", None),
        ("%m/%d/%Y %I:%M:%S %p", "02/01/2026 01:00:00 pm", NOON),
        ("%d %b %Y %H:%M", "01 feb 2026 13:00", NOON),
        ("%B %-d %Y - %H:%M:%S.%f", "February 1 2026 - 13:00:00.25", NOON.replace(microsecond=250_000)),
        ("%a %b %d %H:%M:%S %z %Y", "Sun Feb 01 14:00:00 +0200 2026", NOON),
        ("%Y-%m-%d %H:%M:%S %z", "2026-02-01 14:00:00 +02:00", NOON),
        ("%Y-%m-%d %H:%M:%S%z", "2026-02-01 12:00:00Z", NOON),
        ("%Y-%m-%d %H:%M:%S%z", "2026-02-01 12:00:00+25:00", None),
        ("%Y-%m-%d %H:%M:%S UTC", "2026-02-01 12:00:00 UTC", NOON),
        ("%Y-%m-%d %H:%M:%S UTC", "2026-02-01 12:00:00 BST", None),
        ("%Y%m%d%H%M", "202602011300", NOON),
        ("%Y.%m.%d (%H:%M) 100%%", "2026.02.01 (13:00) 100%", NOON),
        ("%Y.%m.%d (%H:%M) 100%%", "2026x02.01 (13:00) 100%", None),
    ],
)
def test_formats_of_times(tmp_path: Path, form: str, text: str, instant: datetime | None) -> None:
    source = f'timezone = "Europe/Stockholm"\nformat = "{form}"'
    found, problems = people(project(tmp_path, source=source, people=f"ada,,{text},{text},,,,\n"))
    assert found[0][2] == instant
    assert found[0][3] == (date(2026, 2, 1) if instant else None)
    assert len(problems) == (0 if instant else 2)


def test_json_and_parquet(tmp_path: Path) -> None:
    spelt = 'format = "%Y%m%d"\nunit = "ms"\nnull = ["-1", "n/a"]\ntrue = ["2"]\nfalse = ["1"]\n'
    spelt += '[source.person.columns.seen]\nunit = "ms"\n'
    folder = project(tmp_path, person=spelt)
    row = {"id": 1, "plan": "pro", "seen": 1769947200000, "born": 19901224, "spent": -1, "active": 2, "length": 5}
    table = pa.table({name: [value] for name, value in (row | {"note": "n/a"}).items()})
    pq.write_table(table, folder / "data/people.parquet")
    (folder / "data/people.jsonl").write_text(
        '{"id": 1, "plan": "pro", "seen": 1769947200000, "born": "19901224", "spent": -1, "active": "2", '
        '"length": 5, "note": "n/a"}'
    )
    settings = (folder / "rulekit.toml").read_text()
    for name in ("people.parquet", "people.jsonl"):
        (folder / "rulekit.toml").write_text(settings.replace("people.csv", name))
        expected = ("1", "pro", NOON, date(1990, 12, 24), None, True, 5000, None)
        assert people(folder) == ([expected], [])


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (
            'format = "%d/%m/%y"',
            "`source.person.format`: `%d/%m/%y` is no format of times: `%y` leaves the century open",
        ),
        ('format = "%d/%m"', "`%d/%m` is no format of times: it has no year (`%Y`)"),
        ('format = "%Y-%m-%d %H:%M %Z"', "`%Z` would take names of zones"),
        ('format = "%Q%Y%m%d"', "there is no `%Q`; there are %Y %m"),
        ('format = "%-d%-m%Y"', "the digits of `%-m` and of what follows run together"),
        ('format = "%d/%m/%Y %I:%M"', "`%I` and `%p` come together"),
        ('format = "%d/%m/%Y %d"', "it names the day twice"),
        ('format = "%d/%m/%Y %M"', "it has a minute without the hour"),
        ("format = 5", "`source.person.format`: write a text in quotes"),
        ('unit = "seconds"', '`source.person.unit`: write "w", "d", "h", "m", "s", "ms", "us" or "ns"'),
        ('decimal = ";"', '`source.person.decimal`: write "." or ","'),
        ('group = "."', "`group` and `decimal` are both `.`"),
        ('group = "x"', "`source.person.group`: write one of `,`"),
        ('true = ["ja"]', "write `false`, too"),
        ('true = ["x"]\nfalse = ["x"]', "`true` and `false` have a word in common"),
        ('null = "NULL"', "`source.person.null`: write a list"),
        ('trim = "yes please"', "`source.person.trim`: write true or false"),
        (
            "[source.person.columns.seen]\nfromat = 5",
            "there is no setting `source.person.columns.seen.fromat`; did you",
        ),
        ("[source.person.columns]\nseen = 5", "`source.person.columns.seen`: write a section with keys of its own"),
    ],
)
def test_what_is_wrong_is_told_by_its_key(tmp_path: Path, key: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        open_project(project(tmp_path, person=key))
    assert told in raised.value.message


def test_a_spelling_of_a_column_that_is_not_there(tmp_path: Path) -> None:
    folder = project(tmp_path, person='[source.person.columns.sen]\nunit = "s"\n')
    with pytest.raises(SourceError, match=r"has no column `sen`, wanted for its spelling .*; did you mean `seen`\?"):
        people(folder)


def test_a_time_of_numbers_needs_its_unit(tmp_path: Path) -> None:
    folder = project(tmp_path)
    pq.write_table(pa.table({"person": ["ada"], "at": [1769947200], "amount": [1]}), folder / "data/log.parquet")
    settings = (folder / "rulekit.toml").read_text().replace("log.csv", "log.parquet")
    (folder / "rulekit.toml").write_text(settings)
    with pytest.raises(SourceError) as raised:
        bought(folder)
    assert 'numbers are times where the settings say their `unit`, as in `unit = "s"`' in (raised.value.help or "")
    (folder / "rulekit.toml").write_text(settings + '[source.events.columns.at]\nunit = "s"\n')
    assert bought(folder) == [("ada", NOON, 1)]


def test_people_are_found_by_values_that_are_spelt_otherwise(tmp_path: Path) -> None:
    from rulekit.engine.asking import list_members

    folder = project(tmp_path, person='decimal = ","', people='ada,,,,"1,5",,,\nbob,,,,"2,5",,,\n')
    (folder / "people.rules").write_text(RULES + "\npersona Big:\n  spent > 2\n")
    assert list_members(open_project(folder), "Big", datetime(2026, 3, 1, tzinfo=UTC)).keys == ["bob"]


def test_a_source_may_say_how_its_values_are_written(tmp_path: Path) -> None:
    spellings = Spellings(Spelling(null=("N/A",)), {"SEEN": Spelling(unit="ms")})
    (tmp_path / "people.csv").write_text("id,seen\nada,1769947200000\nbob,N/A\nN/A,\n")
    mapping = SourceMapping(RecordMapping("people.csv", spellings=spellings.within(Spelling(unit="d"))), None, ())
    schema = Schema({"seen": FieldType("seen", types.TIME, True)}, {}, {})
    with open_data(schema, FileSource(tmp_path.resolve()), mapping, "UTC") as data:
        found = data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()
        assert sorted(row[::2] for row in found) == [("ada", NOON), ("bob", None)]
        assert (data.report.fields, data.report.keyless_people) == ((), 1)
