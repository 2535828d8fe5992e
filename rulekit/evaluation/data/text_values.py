"""How a value that is written as a text is read as a declared type.

What a text must look like is said by one regular expression for the whole of it, and only what matches is cast. So
what is read depends on the declaration and the spelling alone, and not on what a cast of the engine lets pass. White
space around anything but a text is no part of it.
"""

from collections.abc import Callable, Mapping

from sqlglot import exp

from rulekit.evaluation.data.sql_templates import INSTANT, fill
from rulekit.evaluation.data.wall_clock import to_local, to_utc
from rulekit.language.types import Kind
from rulekit.time_format import OFFSET, TimeFormat, parse_format
from rulekit.value_spelling import UNITS, Spelling

# white space as `\s` of a pattern has it
_BARE = "trim(:x, ' \t\n\r\f')"
_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
# RFC 3339, section 5.6; also with a blank for the `T`, without seconds, and with a shorter offset
_WITH_OFFSET = f"{_DAY}{_CLOCK}{OFFSET}"
_WITHOUT = f"{_DAY}(?:{_CLOCK})?"
_DATE = f"{_DAY}(?:{_CLOCK}{OFFSET}?)?"
_WHOLE = r"[+-]?\d{1,30}"
_DURATION = r"\d{1,12}[wdhms]"
_LENGTH = (
    f"CAST(left({_BARE}, -1) AS HUGEINT) * "
    f"CASE right({_BARE}, 1) WHEN 'w' THEN 604800 WHEN 'd' THEN 86400 WHEN 'h' THEN 3600 WHEN 'm' THEN 60 ELSE 1 END"
)
_LONGEST = 36525 * 86400

# by the statistics of a Parquet file, which know no NaN, the engine takes the cast for one that cannot fail
_COUNTED = "CASE WHEN isfinite(CAST(:x AS DOUBLE)) THEN TRY_CAST(round(CAST(:x AS DOUBLE) * :micros) AS BIGINT) END"
_WORDS = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")

_TEXT_LIST = (
    "CASE WHEN starts_with(trim(:x), '[') "
    """THEN TRY([e FOR e IN from_json(:x, '["VARCHAR"]') IF e IS NOT NULL]) """
    "ELSE [trim(e) FOR e IN string_split(:x, ';') IF trim(e) <> ''] END"
)


def read_written(text: exp.Expr, kind: Kind, spelling: Spelling, zone: str) -> exp.Expr:
    """Returns the value that a text is of a declared kind, in the zone of local times, its range not checked.

    It is NULL where the text is no such value.
    """
    return _READERS[kind](text, spelling, zone)


def count_units(number: exp.Expr, unit: str, *, is_whole: bool) -> exp.Expr:
    """Returns a number of some unit in microseconds; NULL where there are too many."""
    if not is_whole:
        return fill(_COUNTED, number, micros=UNITS[unit] / 1000)
    return fill("TRY_CAST(TRY(CAST(:x AS HUGEINT) * :unit // 1000) AS BIGINT)", number, unit=UNITS[unit])


def at_micros(micros: exp.Expr) -> exp.Expr:
    """Returns the instant that many microseconds after the beginning of 1970; NULL where there is none."""
    return fill("TRY(make_timestamp(:x))", micros)


def read_words(text: exp.Expr, yes: tuple[str, ...], no: tuple[str, ...]) -> exp.Expr:
    """Returns a bool that is written by one of some words."""
    return exp.case().when(text.isin(*yes), exp.true()).when(text.isin(*no), exp.false())


def _read_bool(text: exp.Expr, spelling: Spelling, zone: str) -> exp.Expr:
    if spelling.true is not None and spelling.false is not None:
        return read_words(fill(_BARE, text), spelling.true, spelling.false)
    return read_words(fill(f"lower({_BARE})", text), *_WORDS)


def _read_number(text: exp.Expr, spelling: Spelling, zone: str) -> exp.Expr:
    return exp.case().when(_is_like(text, _number_pattern(spelling)), _as_decimal(text, spelling))


def _number_pattern(spelling: Spelling) -> str:
    point = _in_pattern(spelling.decimal or ".")
    whole = r"\d+"
    if spelling.group is not None:
        whole = rf"(?:\d+|\d{{1,3}}(?:{_in_pattern(spelling.group)}\d{{3}})+)"
    return rf"[+-]?(?:{whole}(?:{point}\d+)?|{point}\d+)(?:[eE][+-]?\d+)?"


def _in_pattern(character: str) -> str:
    return f"[{character}]"


def _as_decimal(text: exp.Expr, spelling: Spelling) -> exp.Expr:
    if spelling.group is not None:
        text = fill("replace(:x, :sign, '')", text, sign=spelling.group)
    if spelling.decimal not in (None, "."):
        text = fill("replace(:x, :sign, '.')", text, sign=spelling.decimal)
    return fill("TRY_CAST(:x AS DECIMAL(38, 9))", text)


def _read_time(text: exp.Expr, spelling: Spelling, zone: str) -> exp.Expr:
    if spelling.format is not None:
        return _read_format(text, parse_format(spelling.format), zone)
    reading = exp.case()
    if spelling.unit is not None:
        reading = reading.when(
            _is_like(text, _number_pattern(spelling)), at_micros(_count(text, spelling, spelling.unit))
        )
    instant = fill(INSTANT.replace(":x", f"TRY_CAST(upper({_BARE}) AS TIMESTAMPTZ)"), text)
    local = fill(f"TRY_CAST(upper({_BARE}) AS TIMESTAMP)", text)
    return reading.when(_is_like(text, _WITH_OFFSET), instant).when(_is_like(text, _WITHOUT), to_utc(local, zone))


def _read_format(text: exp.Expr, form: TimeFormat, zone: str) -> exp.Expr:
    written = _written(text, form)
    if form.has_offset:
        offset = fill(f"upper(regexp_extract({_BARE}, :pattern, 2))", text, pattern=form.pattern)
        value = fill(
            INSTANT.replace(":x", "TRY_CAST(CAST(:x AS VARCHAR) || :offset AS TIMESTAMPTZ)"), written, offset=offset
        )
    else:
        value = written if form.is_utc else to_utc(written, zone)
    return exp.case().when(_is_like(text, form.pattern), value)


def _written(text: exp.Expr, form: TimeFormat) -> exp.Expr:
    """Returns the clock and the date that a text of a format shows, without its offset."""
    plain = fill(_BARE, text)
    if form.has_offset:
        plain = fill("regexp_replace(:x, :pattern, '\\1\\3')", plain, pattern=form.pattern)
    return exp.Anonymous(this="try_strptime", expressions=[plain, exp.convert(form.plain)])


def _read_date(text: exp.Expr, spelling: Spelling, zone: str) -> exp.Expr:
    if spelling.format is not None:
        form = parse_format(spelling.format)
        return exp.case().when(_is_like(text, form.pattern), fill("CAST(:x AS DATE)", _written(text, form)))
    reading = exp.case()
    if spelling.unit is not None:
        instant = at_micros(_count(text, spelling, spelling.unit))
        day = fill("CAST(:x AS DATE)", to_local(instant, zone))
        reading = reading.when(_is_like(text, _number_pattern(spelling)), day)
    return reading.when(_is_like(text, _DATE), fill(f"TRY_CAST(left({_BARE}, 10) AS DATE)", text))


def _read_duration(text: exp.Expr, spelling: Spelling, zone: str) -> exp.Expr:
    seconds = fill(_LENGTH, text)
    length = exp.case().when(seconds <= _LONGEST, fill("CAST(:x * 1000000 AS BIGINT)", exp.paren(seconds)))
    number = _count(text, spelling, spelling.unit or "s")
    return exp.case().when(_is_like(text, _DURATION), length).when(_is_like(text, _number_pattern(spelling)), number)


def _count(text: exp.Expr, spelling: Spelling, unit: str) -> exp.Expr:
    whole = count_units(fill("TRY_CAST(:x AS HUGEINT)", text), unit, is_whole=True)
    return (
        exp.case()
        .when(_is_like(text, _WHOLE), whole)
        .else_(count_units(_as_decimal(text, spelling), unit, is_whole=False))
    )


def _read_list(text: exp.Expr, spelling: Spelling, zone: str) -> exp.Expr:
    return fill(_TEXT_LIST, text)


def _is_like(text: exp.Expr, pattern: str) -> exp.Expr:
    return exp.Anonymous(this="regexp_full_match", expressions=[text.copy(), exp.convert(rf"\s*(?:{pattern})\s*")])


_READERS: Mapping[Kind, Callable[[exp.Expr, Spelling, str], exp.Expr]] = {
    Kind.NUMBER: _read_number,
    Kind.BOOL: _read_bool,
    Kind.TIME: _read_time,
    Kind.DATE: _read_date,
    Kind.DURATION: _read_duration,
    Kind.LIST: _read_list,
}
