"""What the values of a column are: how many there are, and how many of them each way of reading can read.

A way is tried on a part of the rows, and only what remains is counted over all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlglot import exp

from rulekit.evaluation.data.normalise import read
from rulekit.language.types import BOOL, DATE, DURATION, LIST_OF_TEXT, NUMBER, TIME, Type
from rulekit.schema.seen_tables import SeenColumn, SeenTable, Sight
from rulekit.value_spelling import Spelling

# words that exports write where there is nothing, in small letters
NOTHING_WORDS = ("null", "n/a", "#n/a", "nan", "\\n", "(null)", "undefined", "none", "nil", "na", "-", "--")
# those of them that could be a value among texts: Namibia, a plan that is called so
DOUBTFUL_WORDS = ("none", "nil", "na", "-", "--")
# values that formats of times are tried on
_TRIED = 60
# of a column with more values than that, none is kept
FEW = 30

_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d")
_SHORT_DAYS = ("%-d/%-m/%Y", "%-m/%-d/%Y", "%-d.%-m.%Y")
_WORDY = ("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %-H:%M", " %-I:%M %p")
FORMATS = tuple(day + clock for day in (*_DAYS, *_SHORT_DAYS, *_WORDY) for clock in _CLOCKS)


def _reads(type_: Type, spelling: Spelling | None = None) -> str:
    """Returns whether the value is read as declared, in the engine's SQL."""
    reading = read(exp.Placeholder(this="value"), "VARCHAR", type_, "UTC", spelling or Spelling())
    return f"TRY({reading.value.sql(dialect='duckdb')}) IS NOT NULL" if reading else "FALSE"


_ISO_DAY = "regexp_full_match($value, '[0-9]{4}-[0-9]{2}-[0-9]{2}')"
_WHOLE = "TRY_CAST($value AS BIGINT)"
# ways to read a text, by name: which texts each can read
WAYS: Mapping[str, str] = {
    "number": _reads(NUMBER),
    "bool": f"$value NOT IN ('0', '1') AND {_reads(BOOL)}",
    "bit": "$value IN ('0', '1')",
    "time": f"NOT {_ISO_DAY} AND contains($value, '-') AND {_reads(TIME)}",
    "date": f"{_ISO_DAY} AND {_reads(DATE)}",
    "duration": f"regexp_matches($value, '[a-z:]') AND NOT contains($value, '-') AND {_reads(DURATION)}",
    "list": f"starts_with($value, '[') AND {_reads(LIST_OF_TEXT)}",
    "semicolons": "contains($value, ';')",
    "commas": _reads(NUMBER, Spelling(decimal=",")),
    "grouped commas": _reads(NUMBER, Spelling(decimal=",", group=".")),
    "grouped": _reads(NUMBER, Spelling(group=",")),
    "comma": r"regexp_full_match($value, '[-+]?[0-9.]*[0-9],[0-9]+')",
    "padded_number": "regexp_full_match($value, '0[0-9]+')",
    "s": f"{_WHOLE} BETWEEN 946684800 AND 2208988800",
    "ms": f"{_WHOLE} BETWEEN 946684800000 AND 2208988800000",
    "us": f"{_WHOLE} BETWEEN 946684800000000 AND 2208988800000000",
    "address": r"regexp_full_match($value, '[^@\s]+@[^@\s]+\.[^@\s]+')",
    "float_of_whole": r"regexp_full_match($value, '[0-9]+\.0')",
    "digits": "regexp_matches($value, '[0-9]')",
} | {format_: _reads(TIME, Spelling(format=format_)) for format_ in FORMATS}
# a day of eight digits is a number, too, so it is tried at once
COMPACT_DAY = "%Y%m%d"
_FIRST = (*(way for way in WAYS if way not in FORMATS), COMPACT_DAY)


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """Counts over the rows of a table: `present` have a value, `words` only one that stands for nothing.

    `read` says how many values each way can read; `distinct` is about how many there are.
    """

    column: SeenColumn
    rows: int
    present: int
    words: int
    padded: int
    distinct: int
    read: Mapping[str, int]

    def share(self, way: str) -> float:
        """Returns the share of the values that a way can read, from 0 to 1; 0 where there are no values."""
        return self.read.get(way, 0) / self.present if self.present else 0.0

    @property
    def missing(self) -> int:
        """Returns how many rows have no value."""
        return self.rows - self.present


def look_at(sight: Sight, table: SeenTable) -> list[ColumnFacts]:
    """Returns the facts of each column, from a part of the rows: formats of times are tried where nothing else fits."""
    first = _count(sight, table.sample, [(column, _FIRST) for column in table.columns])
    return [_try_formats(sight, table, one) if _may_be_times(one) else one for one in first]


def _may_be_times(facts: ColumnFacts) -> bool:
    clear = max(map(facts.share, ("number", "time", "date", "address", "list")))
    return facts.share("digits") > 0.5 and clear < 0.5


def _try_formats(sight: Sight, table: SeenTable, facts: ColumnFacts) -> ColumnFacts:
    """Returns the facts with how many values each format reads, as some of them show: what fails takes its time."""
    some = f"SELECT DISTINCT {_value(facts.column)} AS v FROM {table.sample}"  # noqa: S608 - quoted
    counts = ", ".join(f"count(*) FILTER (WHERE {WAYS[format_].replace('$value', 'v')})" for format_ in FORMATS)
    tried = f"SELECT v FROM ({some}) WHERE v IS NOT NULL ORDER BY hash(v) LIMIT {_TRIED}"  # noqa: S608 - quoted
    ((total, *found),) = sight.ask(f"SELECT count(*), {counts} FROM ({tried})")  # noqa: S608 - quoted
    read_by = {format_: facts.present * count // total for format_, count in zip(FORMATS, found, strict=True) if count}
    return replace(facts, read={**facts.read, **read_by})


def count_all(sight: Sight, table: SeenTable, ways: Mapping[str, Iterable[str]]) -> dict[str, ColumnFacts]:
    """Returns the facts over all rows, by column, with the ways that are named for it."""
    counted = _count(sight, table.relation, [(c, tuple(ways.get(c.name, ()))) for c in table.columns])
    return {one.column.name: one for one in counted}


def find_values(sight: Sight, table: SeenTable, column: SeenColumn) -> tuple[tuple[str, int], ...] | None:
    """Returns all values of a column with their counts, the commonest first; None where they are more than a few."""
    rows = sight.ask(
        f"SELECT v, count(*) AS n FROM (SELECT trim({column.text}) AS v FROM {table.relation}) "  # noqa: S608 - quoted
        f"WHERE v <> '' GROUP BY v ORDER BY n DESC, v LIMIT {FEW + 1}"
    )
    return tuple(rows) if len(rows) <= FEW else None


def find_nothings(sight: Sight, table: SeenTable, column: SeenColumn, words: Sequence[str]) -> tuple[str, ...]:
    """Returns the words for nothing that a column has, as they are written."""
    rows = sight.ask(
        f"SELECT DISTINCT trim({column.text}) AS v FROM {table.relation} "  # noqa: S608 - quoted
        f"WHERE lower(trim({column.text})) IN ({_listed(words)}) ORDER BY v"
    )
    return tuple(value for (value,) in rows)


def _count(sight: Sight, relation: str, wanted: Sequence[tuple[SeenColumn, Sequence[str]]]) -> list[ColumnFacts]:
    """Counts in one pass."""
    if not wanted:
        return []
    values, asked = [], ["count(*)"]
    for number, (column, ways) in enumerate(wanted):
        values += [f"{_value(column)} AS v{number}", f"{_word(column)} AS w{number}"]
        values.append(f"{column.text} <> trim({column.text}) AS p{number}")
        asked += [f"count(v{number})", f"count(*) FILTER (WHERE w{number})", f"count(*) FILTER (WHERE p{number})"]
        asked.append(f"approx_count_distinct(v{number})")
        asked += [f"count(*) FILTER (WHERE {WAYS[way].replace('$value', f'v{number}')})" for way in ways]
    rows = f"SELECT {', '.join(values)} FROM {relation}"  # noqa: S608 - quoted
    ((total, *counts),) = sight.ask(f"SELECT {', '.join(asked)} FROM ({rows})")  # noqa: S608 - quoted
    return list(_facts(wanted, total, iter(counts)))


def _facts(
    wanted: Sequence[tuple[SeenColumn, Sequence[str]]], rows: int, counts: Iterator[int]
) -> Iterator[ColumnFacts]:
    for column, ways in wanted:
        present, words, padded, distinct = islice(counts, 4)
        yield ColumnFacts(column, rows, present, words, padded, distinct, dict(zip(ways, counts, strict=False)))


def _value(column: SeenColumn) -> str:
    return f"CASE WHEN NOT coalesce({_word(column)}, FALSE) THEN nullif(trim({column.text}), '') END"


def _word(column: SeenColumn) -> str:
    return f"lower(trim({column.text})) IN ({_listed(NOTHING_WORDS)})"


def _listed(words: Sequence[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)
