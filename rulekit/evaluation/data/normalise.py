"""How a column of a source is read as a declared type: one expression of the engine per pair of types.

No value is guessed: what cannot be read as declared becomes NULL, and the reading says of which rows it is. The
expressions do not depend on the time zone of the database's session.

Times. An offset in a text is honoured. A time without one, a TIMESTAMP and a DATE are local to the source's time zone;
a date alone is its midnight. In a night when clocks are put forward, a local time that does not exist is taken with
the offset from before (02:30 becomes 03:30); when they are put back, a local time that exists twice is its second
occurrence. Instants before the year 1000 or after 9999 cannot be read: they are sentinels or years of two digits.
Nanoseconds are cut or rounded to microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import exp

from rulekit.language.types import Kind, Type

FIRST_INSTANT = "1000-01-01 00:00:00"
LAST_INSTANT = "9999-12-31 23:59:59.999999"

# physical types of the columns that hold declared values
PHYSICAL: Mapping[Kind, str] = {
    Kind.TEXT: "VARCHAR",
    Kind.ONE_OF: "VARCHAR",
    Kind.NUMBER: "BIGINT",
    Kind.BOOL: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.DURATION: "BIGINT",
    Kind.LIST: "VARCHAR[]",
}

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_LARGE = ("UBIGINT", "HUGEINT")
WHOLE_NUMBERS = frozenset({*_INTEGERS, *_LARGE})
# the type of a column without any value
NOTHING = '"NULL"'
_FAMILIES: Mapping[str, str] = {
    "VARCHAR": "text",
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(_LARGE, "large"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "float"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "timestamp"),
    "TIMESTAMP WITH TIME ZONE": "instant",
    "UHUGEINT": "vast",
    "BOOLEAN": "bool",
    "DATE": "date",
    "INTERVAL": "interval",
    NOTHING: "nothing",
}

_TEXT_LIST = (
    "CASE WHEN starts_with(trim(:x), '[') "
    """THEN TRY([e FOR e IN from_json(:x, '["VARCHAR"]') IF e IS NOT NULL]) """
    "ELSE [trim(e) FOR e IN string_split(:x, ';') IF trim(e) <> ''] END"
)
_WHOLE_SECONDS = "TRY(TRY_CAST(:x AS BIGINT) * 1000000)"
_SECONDS = "TRY_CAST(round(CAST(:x AS DOUBLE) * 1000000) AS BIGINT)"
_SHAPE = (
    "regexp_replace(regexp_replace(regexp_replace(left(:x, 40), '\\pL', 'a', 'g'), '\\p{Nd}', '9', 'g'), "
    "'[\\pC\\p{Zl}\\p{Zp}]', ' ', 'g')"
)
_BIT = "CASE WHEN :x = 1 THEN TRUE WHEN :x = 0 THEN FALSE END"

# by declared kind and family of the column: the value, before its range is checked; times stand below
_READINGS: Mapping[tuple[Kind, str], str] = {
    (Kind.NUMBER, "text"): "TRY_CAST(:x AS DECIMAL(38, 9))",
    (Kind.NUMBER, "integer"): "CAST(:x AS BIGINT)",
    (Kind.NUMBER, "large"): "CAST(:x AS HUGEINT)",
    (Kind.NUMBER, "vast"): "TRY_CAST(:x AS HUGEINT)",
    (Kind.NUMBER, "decimal"): ":x",
    (Kind.NUMBER, "float"): "CASE WHEN isfinite(:x) THEN CAST(:x AS DOUBLE) END",
    (Kind.BOOL, "text"): "TRY_CAST(:x AS BOOLEAN)",
    (Kind.BOOL, "bool"): ":x",
    (Kind.BOOL, "integer"): _BIT,
    (Kind.BOOL, "large"): _BIT,
    (Kind.DATE, "text"): "TRY_CAST(:x AS DATE)",
    (Kind.DATE, "date"): ":x",
    (Kind.DATE, "timestamp"): "CAST(:x AS DATE)",
    (Kind.DATE, "instant"): "CAST(timezone(:zone, :x) AS DATE)",
    (Kind.DURATION, "text"): "epoch_us(TRY_CAST(:x AS INTERVAL))",
    (Kind.DURATION, "interval"): "epoch_us(:x)",
    (Kind.DURATION, "integer"): _WHOLE_SECONDS,
    (Kind.DURATION, "large"): _WHOLE_SECONDS,
    (Kind.DURATION, "decimal"): _SECONDS,
    # by the statistics of a Parquet file, which know no NaN, the engine takes the cast for one that cannot fail
    (Kind.DURATION, "float"): f"CASE WHEN isfinite(:x) THEN {_SECONDS} END",
    (Kind.LIST, "text"): _TEXT_LIST,
    (Kind.LIST, "list"): "CAST(:x AS VARCHAR[])",
}
# pairs in which every value that is there can be read
_SURE = {
    (Kind.NUMBER, "integer"),
    (Kind.NUMBER, "large"),
    (Kind.NUMBER, "decimal"),
    (Kind.BOOL, "bool"),
    (Kind.DURATION, "interval"),
    (Kind.LIST, "list"),
}
# behind the minutes or seconds, something that begins with a sign or a letter: an offset or the name of a zone
_HAS_OFFSET = "regexp_matches(:x, ':[0-9.]+ *[-+A-Za-z]')"
_INSTANT = "make_timestamp(epoch_us({}))"


def _time_readings(local: str) -> Mapping[str, str]:
    whole = local.format("CAST(:x AS TIMESTAMP)")
    with_offset, without = _INSTANT.format("TRY_CAST(:x AS TIMESTAMPTZ)"), local.format("TRY_CAST(:x AS TIMESTAMP)")
    text = f"CASE WHEN {_HAS_OFFSET} THEN {with_offset} ELSE {without} END"
    return {
        "text": text,
        "timestamp": whole,
        "date": whole,
        "instant": _INSTANT.format(":x"),
        "nothing": "CAST(:x AS TIMESTAMP)",
    }


# in UTC nothing needs to be shifted, and a bare column lets the engine skip what lies outside a window
_UTC_TIMES = _time_readings("{}")
_ZONED_TIMES = _time_readings(_INSTANT.format("timezone(:zone, {})"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A column read as a declared type. `unreadable` says of a row whether its value is there but lost; None: never."""

    value: exp.Expr
    unreadable: exp.Expr | None


def read(column: exp.Expr, column_type: str, declared: Type, zone: str) -> Reading | None:
    """Returns how a column is read as a declared type; None when nothing in such a column ever is one.

    `column_type` is the engine's name of the type; `zone` that of the source's times without an offset.
    """
    plain, family = _plain(column, column_type)
    if family == "nothing":
        return Reading(missing(declared), None)
    if declared.is_textual:
        return _read_textual(read_text(column, column_type), declared)
    if declared.kind is Kind.TIME:
        value = read_instant(column, column_type, zone)
    else:
        template = _READINGS.get((declared.kind, family))
        value = _fill(template, plain, zone) if template else None
    if value is None:
        return None
    value = _in_range(value, declared.kind)
    sure = (declared.kind, family) in _SURE
    return Reading(value, None if sure else is_lost(plain, value))


def _read_textual(text: exp.Expr, declared: Type) -> Reading:
    if not declared.choices:
        return Reading(text, None)
    return Reading(exp.case().when(text.isin(*declared.choices), text), text.isin(*declared.choices).not_())


def is_lost(column: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Returns whether a column holds something of which no value was read."""
    return column.is_(exp.null()).not_().and_(value.is_(exp.null()))


def shape(column: exp.Expr, column_type: str) -> exp.Expr:
    """Returns what a value looks like: a digit as 9, a letter as a, and 40 characters at most, none of control."""
    return _fill(_SHAPE, read_text(column, column_type))


def read_text(column: exp.Expr, column_type: str) -> exp.Expr:
    """Returns how a column is read as a text, which every column can be."""
    plain, family = _plain(column, column_type)
    return plain if family == "text" else _fill("CAST(:x AS VARCHAR)", plain)


def read_instant(column: exp.Expr, column_type: str, zone: str) -> exp.Expr | None:
    """Returns how a column is read as an instant, its range not checked; None when it never is one."""
    column, family = _plain(column, column_type)
    template = (_UTC_TIMES if zone == "UTC" else _ZONED_TIMES).get(family)
    return _fill(template, column, zone) if template else None


def midnight(day: exp.Expr, zone: str) -> exp.Expr:
    """Returns the instant at which a date begins on the clocks of a zone, as a column of dates is read as times."""
    return _fill((_UTC_TIMES if zone == "UTC" else _ZONED_TIMES)["date"], day, zone)


def _in_range(value: exp.Expr, kind: Kind) -> exp.Expr:
    if kind not in (Kind.TIME, Kind.DATE):
        return value
    return exp.case().when(is_readable(value), value)


def is_readable(instant: exp.Expr) -> exp.Expr:
    """Returns whether an instant lies in the years that can be read; unknown for a missing one."""
    return instant.between(_timestamp(FIRST_INSTANT), _timestamp(LAST_INSTANT))


def missing(declared: Type) -> exp.Expr:
    """Returns a missing value of a declared type."""
    return exp.cast(exp.null(), PHYSICAL[declared.kind], dialect="duckdb")


def _plain(column: exp.Expr, column_type: str) -> tuple[exp.Expr, str]:
    """Returns the column and its family; a text of an ENUM or in JSON becomes a plain one."""
    if column_type == "JSON":
        return _fill("(json_extract_string(:x, '$'))", column), "text"
    if column_type.startswith("ENUM") or column_type == "UUID":
        return _fill("CAST(:x AS VARCHAR)", column), "text"
    if column_type.endswith("]"):
        return column, "list"
    return column, "decimal" if column_type.startswith("DECIMAL") else _FAMILIES.get(column_type, "other")


def _timestamp(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "TIMESTAMP", dialect="duckdb")


@cache
def _parsed(template: str) -> exp.Expr:
    return sqlglot.parse_one(template, dialect="duckdb")


def _fill(template: str, column: exp.Expr, zone: str = "UTC") -> exp.Expr:
    return exp.replace_placeholders(_parsed(template), x=column, zone=exp.Literal.string(zone))
