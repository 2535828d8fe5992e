"""How a column of a source is read as a declared type: one expression of the engine per pair of types.

No value is guessed: what cannot be read as declared becomes NULL, and the reading says of which rows it is. The
expressions do not depend on the time zone of the database's session.

Times. An offset in a text is honoured. A time without one, a TIMESTAMP and a DATE are local to the source's time zone;
a date alone is its midnight. In a night when clocks are put forward, a local time that does not exist is taken with
the offset from before (02:30 becomes 03:30); when they are put back, a local time that exists twice is its second
occurrence. Instants before the year 1000 or after 9999 cannot be read: they are sentinels or years of two digits.
Nanoseconds are cut or rounded to microseconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from rulekit.evaluation.data.sql_templates import INSTANT, fill
from rulekit.evaluation.data.text_values import at_micros, count_units, read_written
from rulekit.evaluation.data.wall_clock import to_local, to_utc
from rulekit.language.types import TIME, Kind, Type
from rulekit.value_spelling import Spelling

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

_SHAPE = (
    "regexp_replace(regexp_replace(regexp_replace(left(:x, 40), '\\pL', 'a', 'g'), '\\p{Nd}', '9', 'g'), "
    "'[\\pC\\p{Zl}\\p{Zp}]', ' ', 'g')"
)
_BIT = "CASE WHEN :x = 1 THEN TRUE WHEN :x = 0 THEN FALSE END"

# by declared kind and family of the column: the value, before its range is checked. What depends on a zone or on the
# unit of a number stands below, and what is written as a text in `text_values`
_READINGS: Mapping[tuple[Kind, str], str] = {
    (Kind.NUMBER, "integer"): "CAST(:x AS BIGINT)",
    (Kind.NUMBER, "large"): "CAST(:x AS HUGEINT)",
    (Kind.NUMBER, "vast"): "TRY_CAST(:x AS HUGEINT)",
    (Kind.NUMBER, "decimal"): ":x",
    (Kind.NUMBER, "float"): "CASE WHEN isfinite(:x) THEN CAST(:x AS DOUBLE) END",
    (Kind.BOOL, "bool"): ":x",
    (Kind.BOOL, "integer"): _BIT,
    (Kind.BOOL, "large"): _BIT,
    (Kind.DATE, "date"): ":x",
    (Kind.DATE, "timestamp"): "CAST(:x AS DATE)",
    (Kind.TIME, "instant"): INSTANT,
    (Kind.DURATION, "interval"): "epoch_us(:x)",
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
_NUMBERS = {"integer": True, "large": True, "decimal": False, "float": False}
# around a value, with `trim`
_WHITE = " \t\r\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
_AS_WRITTEN = Spelling()


@dataclass(frozen=True, slots=True)
class Reading:
    """A column read as a declared type. `unreadable` says of a row whether its value is there but lost; None: never."""

    value: exp.Expr
    unreadable: exp.Expr | None


def read(
    column: exp.Expr,
    column_type: str,
    declared: Type,
    zone: str,
    spelling: Spelling = _AS_WRITTEN,
    once: Callable[[exp.Expr], exp.Expr] = lambda expression: expression,
) -> Reading | None:
    """Returns how a column is read as a declared type; None when nothing in such a column ever is one.

    `column_type` is the engine's name of the type; `zone` that of the source's times without an offset. `once` gives
    an expression a name, so that what is used several times is computed once.
    """
    plain, family = _plain(column, column_type, spelling)
    if family == "nothing":
        return Reading(missing(declared), None)
    if declared.is_textual:
        return _read_textual(_as_text(plain, family), declared)
    value = _read(plain, family, declared.kind, zone, spelling)
    if value is None:
        return None
    if (declared.kind, family) in _SURE:
        return Reading(value, None)
    value = _in_range(once(value), declared.kind)
    return Reading(value, is_lost(plain, value))


def _read(plain: exp.Expr, family: str, kind: Kind, zone: str, spelling: Spelling) -> exp.Expr | None:
    """Returns the value, its range not checked, or None where such a column holds none."""
    if family == "text" or _is_text_in_numbers(family, kind, spelling):
        return read_written(_as_text(plain, family), kind, spelling, zone)
    if kind is Kind.TIME and family in ("timestamp", "date"):
        return to_utc(fill("CAST(:x AS TIMESTAMP)", plain), zone)
    if kind is Kind.DATE and family == "instant":
        return fill("CAST(:x AS DATE)", to_local(fill(INSTANT, plain), zone))
    if family in _NUMBERS and kind in (Kind.TIME, Kind.DATE, Kind.DURATION):
        return _read_units(plain, family, kind, zone, spelling)
    template = _READINGS.get((kind, family))
    return fill(template, plain) if template else None


def _is_text_in_numbers(family: str, kind: Kind, spelling: Spelling) -> bool:
    """Returns whether whole numbers are texts without a mark of it: `20260131` of a `format`, `2` of words."""
    if family not in ("integer", "large"):
        return False
    return bool(spelling.format and kind in (Kind.TIME, Kind.DATE)) or bool(spelling.true and kind is Kind.BOOL)


def _read_units(number: exp.Expr, family: str, kind: Kind, zone: str, spelling: Spelling) -> exp.Expr | None:
    unit = spelling.unit or ("s" if kind is Kind.DURATION else None)
    if unit is None:
        return None
    micros = count_units(number, unit, is_whole=_NUMBERS[family])
    if kind is Kind.DURATION:
        return micros
    instant = at_micros(micros)
    return instant if kind is Kind.TIME else fill("CAST(:x AS DATE)", to_local(instant, zone))


def _read_textual(text: exp.Expr, declared: Type) -> Reading:
    if not declared.choices:
        return Reading(text, None)
    return Reading(exp.case().when(text.isin(*declared.choices), text), text.isin(*declared.choices).not_())


def is_lost(column: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Returns whether a column holds something of which no value was read."""
    return column.is_(exp.null()).not_().and_(value.is_(exp.null()))


def shape(column: exp.Expr, column_type: str) -> exp.Expr:
    """Returns what a value looks like: a digit as 9, a letter as a, and 40 characters at most, none of control."""
    return fill(_SHAPE, read_text(column, column_type))


def read_text(column: exp.Expr, column_type: str, spelling: Spelling = _AS_WRITTEN) -> exp.Expr:
    """Returns how a column is read as a text, which every column can be."""
    return _as_text(*_plain(column, column_type, spelling))


def read_instant(column: exp.Expr, column_type: str, zone: str, spelling: Spelling = _AS_WRITTEN) -> exp.Expr | None:
    """Returns how a column is read as an instant, its range not checked; None when it never is one."""
    plain, family = _plain(column, column_type, spelling)
    return missing(TIME) if family == "nothing" else _read(plain, family, Kind.TIME, zone, spelling)


def is_there(column: exp.Expr, column_type: str, spelling: Spelling = _AS_WRITTEN) -> exp.Expr:
    """Returns whether a column holds something that does not stand for a missing value."""
    return _plain(column, column_type, spelling)[0].is_(exp.null()).not_()


def midnight(day: exp.Expr, zone: str) -> exp.Expr:
    """Returns the instant at which a date begins on the clocks of a zone, as a column of dates is read as times."""
    return to_utc(fill("CAST(:x AS TIMESTAMP)", day), zone)


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


def _plain(column: exp.Expr, column_type: str, spelling: Spelling) -> tuple[exp.Expr, str]:
    """Returns the column and its family, without what stands for a missing value.

    A text of an ENUM or in JSON becomes a plain one.
    """
    column, family = _with_family(column, column_type)
    if family == "text" and spelling.trim:
        column = fill("NULLIF(trim(:x, :white), '')", column, white=_WHITE)
    if spelling.null and family != "nothing":
        column = exp.case().when(_as_text(column, family).isin(*spelling.null).not_(), column)
    return column, family


def _with_family(column: exp.Expr, column_type: str) -> tuple[exp.Expr, str]:
    if column_type == "JSON":
        return fill("(json_extract_string(:x, '$'))", column), "text"
    if column_type.startswith("ENUM") or column_type == "UUID":
        return fill("CAST(:x AS VARCHAR)", column), "text"
    if column_type.endswith("]"):
        return column, "list"
    return column, "decimal" if column_type.startswith("DECIMAL") else _FAMILIES.get(column_type, "other")


def _as_text(plain: exp.Expr, family: str) -> exp.Expr:
    return plain if family == "text" else fill("CAST(:x AS VARCHAR)", plain)


def _timestamp(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), "TIMESTAMP", dialect="duckdb")
