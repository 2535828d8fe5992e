"""Each spelling of each type that a text file may hold: what is read, and what is not."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulekit.builtin.file_source import FileSource
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Type
from rulekit.records import RecordMapping, SourceMapping

NINE = datetime(2026, 1, 31, 9)
TIMES = {
    "2026-01-31T09:00:00Z": NINE,
    "2026-01-31t09:00:00z": NINE,
    "2026-01-31 09:00:00Z": NINE,
    "2026-01-31T09:00:00.25Z": NINE.replace(microsecond=250_000),
    "2026-01-31T09:00:00.1234567899Z": NINE.replace(microsecond=123_456),
    "2026-01-31T11:00:00+02:00": NINE,
    "2026-01-31T11:00:00+0200": NINE,
    "2026-01-31 11:00:00+02": NINE,
    "2026-01-31T05:30:00-03:30": NINE,
    "2026-01-31T09:00:00-00:00": NINE,
    "2026-02-01T08:59:00+23:59": NINE,
    "2026-01-31T09:00Z": NINE,
    "2026-01-31T09:00": NINE,
    "2026-01-31 09:00:00": NINE,
    "2026-01-31 09:00:00.5": NINE.replace(microsecond=500_000),
    "2026-01-31": datetime(2026, 1, 31),
    " 2026-01-31 09:00:00 ": NINE,
    "2024-02-29": datetime(2024, 2, 29),
}
NO_DAYS = [
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-1-31",
    "2026-01-3",
    "26-01-31",
    "20260131",
    "2026-01",
    "2026",
]
NO_DAYS += [
    "31.01.2026",
    "01/31/2026",
    "2026/01/31",
    "2026-W05-6",
    "2026-031",
    "infinity",
    "-infinity",
    "epoch",
    "today",
]
NO_DAYS += [
    "12026-01-31",
    "0999-12-31",
    "0001-01-01",
    "2026-01-31 (BC)",
    "\N{FULLWIDTH DIGIT TWO}026-01-31",
    "1769850000",
]
NO_TIMES = [
    *NO_DAYS,
    *("2026-01-31T09:00:00+25:00", "2026-01-31T09:00:00+02:60", "2026-01-31T09:00:00+2", "2026-01-31T09:00:00+2:00"),
    *("2026-01-31T09:00:00 BST", "2026-01-31T09:00:00BST", "2026-01-31 09:00:00 UTC", "2026-01-31T09:00:00 Asia/Tokyo"),
    *("2026-01-31T09:00:00 +02:00", "2026-01-31T09:00:00A", "2026-01-31T09:00:00ZZ", "2026-01-31T09:00:00Z junk"),
    *("2026-01-31T24:00:00Z", "2026-01-31T23:59:60Z", "2026-01-31T09:60Z", "2026-01-31T9:00Z", "2026-01-31T09Z"),
    *("2026-01-31T09:00:00.", "2026-01-31T09:00:00.Z", "2026-01-31T09:00.5Z", "2026-01-31T09:00:00,5Z", "2026-01-31T"),
    *("2026-01-31  09:00", "2026-01-31_09:00", "2026-01-31T090000Z", "09:00", "2026-01-31T09:00 PM", "2026-01-31Z"),
    *("2026-02-29T09:00Z", "2026-01-31T09:00:0", "0001-01-01T00:00:00Z", "2026-01-31+02:00"),
]
READ: list[tuple[Type, dict[str, object], list[str]]] = [
    (types.TIME, dict(TIMES), NO_TIMES),
    (
        types.DATE,
        {"2026-01-31": date(2026, 1, 31), " 2026-01-31": date(2026, 1, 31)}
        | {"2026-01-31T23:30:00-05:00": date(2026, 1, 31), "2026-01-31 00:00": date(2026, 1, 31)},
        [*NO_DAYS, "2026-01-31 junk", "2026-01-31T25:00", "2026-01-31x"],
    ),
    (
        types.NUMBER,
        {"12": Decimal(12), " 12 ": Decimal(12), "-0.5": Decimal("-0.5"), "+7": Decimal(7), ".5": Decimal("0.5")}
        | {"1e5": Decimal(100_000), "1.5E-3": Decimal("0.0015"), "007": Decimal(7), "0.0000000015": Decimal("2E-9")},
        [
            *(
                "1,5",
                "1,234",
                "1_000",
                "0x10",
                "0b1",
                "NaN",
                "inf",
                "-Infinity",
                "1.",
                "1.2.3",
                "1e",
                "e5",
                "--1",
                "1 000",
            ),
            *("12 €", "$12", "12%", "½", "\N{ARABIC-INDIC DIGIT FIVE}", "true", "1" * 30, "1e40", "-", "."),
        ],
    ),
    (
        types.BOOL,
        dict.fromkeys(("true", "True", "TRUE", "t", "yes", "Y", "1", " true "), True)
        | dict.fromkeys(("false", "FALSE", "f", "no", "N", "0"), False),
        ["on", "off", "2", "1.0", "wahr", "tru", "ja", "-1", "x", "null"],
    ),
    (
        types.DURATION,
        {"14d": timedelta(14), "2w": timedelta(14), "3h": timedelta(hours=3), "90m": timedelta(minutes=90)}
        | {"5s": timedelta(seconds=5), "90": timedelta(seconds=90), "0.5": timedelta(milliseconds=500)}
        | {" 1d ": timedelta(1), "36525d": timedelta(36_525), "-5": timedelta(seconds=-5)},
        [
            *("14 days", "1:30:00", "01:30", "1h30m", "1.5d", "14D", "1 d", "P14D", "1mo", "1y", "-1d", "36526d", "d"),
            *("999999999999w", "9999999999999d", "1 month", "999999999999999999999"),
        ],
    ),
    (types.Type(types.Kind.ONE_OF, ("free", "pro")), {"free": "free", "pro": "pro"}, ["Pro", "pro ", " pro", "trial"]),
]


def read(folder: Path, declared: Type, texts: Iterable[str], zone: str = "UTC") -> tuple[list[object], Data]:
    """Returns what the texts are, read from a column of a CSV file."""
    lines = [f'{number:05},"{text}"\n' for number, text in enumerate(texts)]
    (folder / "people.csv").write_text("id,x\n" + "".join(lines), encoding="utf-8")
    schema = Schema({"x": FieldType("x", declared, True)}, {}, {})
    with open_data(schema, FileSource(folder), SourceMapping(RecordMapping("people.csv"), None, ()), zone) as data:
        query = data.people().order_by('"person"').sql(dialect="duckdb")
        found = data.connection.execute(query).fetchall()
        assert [row[0] for row in found] == [line[:5] for line in lines]
        return [row[2] for row in found], data


@pytest.mark.parametrize(
    ("declared", "texts", "unreadable"), READ, ids=lambda one: str(one) if isinstance(one, Type) else ""
)
def test_what_is_read(tmp_path: Path, declared: Type, texts: dict[str, object], unreadable: list[str]) -> None:
    found, data = read(tmp_path.resolve(), declared, texts)
    expected = [v // timedelta(microseconds=1) if isinstance(v, timedelta) else v for v in texts.values()]
    assert dict(zip(texts, found, strict=True)) == dict(zip(texts, expected, strict=True))
    assert data.report.fields == ()
    found, data = read(tmp_path.resolve(), declared, unreadable)
    assert {text: value for text, value in zip(unreadable, found, strict=True) if value is not None} == {}
    (report,) = data.report.fields
    assert (report.unreadable, report.missing) == (len(unreadable), 0)


INSTANTS = st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29))
OFFSETS = st.none() | st.just(UTC) | st.integers(-1439, 1439).map(lambda n: timezone(timedelta(minutes=n)))


@st.composite
def rfc3339(draw: st.DrawFn) -> tuple[str, datetime]:
    """Returns a text of RFC 3339 in one of its common spellings, and the instant that Python reads from it."""
    at = draw(INSTANTS)
    zone = draw(OFFSETS)
    text = at.isoformat(
        draw(st.sampled_from("Tt ")), draw(st.sampled_from(["auto", "minutes", "seconds", "milliseconds"]))
    )
    expected = datetime.fromisoformat(text.upper())
    if zone is None:
        return text, expected
    offset = at.replace(tzinfo=zone).strftime("%z")
    spelt = draw(st.sampled_from([offset, f"{offset[:3]}:{offset[3:]}"] + ["Z", "z"] * (zone is UTC)))
    return text + spelt, expected - (zone.utcoffset(None) or timedelta(0))


@settings(deadline=None, max_examples=15)
@given(st.lists(rfc3339(), min_size=50, max_size=100))
def test_any_text_of_rfc_3339_is_what_python_reads(tmp_path_factory: pytest.TempPathFactory, drawn) -> None:
    found, data = read(tmp_path_factory.mktemp("d").resolve(), types.TIME, [text for text, _ in drawn])
    assert found == [instant for _, instant in drawn]
    assert data.report.fields == ()


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(rfc3339(), st.integers(0, 40), st.sampled_from("0:/.+-TZx 5")), min_size=50, max_size=100))
def test_a_text_with_one_character_wrong_is_read_as_python_does_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, drawn
) -> None:
    damaged = [text[: at % len(text)] + char + text[at % len(text) + 1 :] for (text, _), at, char in drawn]
    found, _ = read(tmp_path_factory.mktemp("d").resolve(), types.TIME, damaged)
    for text, value in zip(damaged, found, strict=True):
        assert value is None or value == by_python(text), text


def by_python(text: str) -> datetime:
    read = datetime.fromisoformat(text.upper().strip())
    return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
