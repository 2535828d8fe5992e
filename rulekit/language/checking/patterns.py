"""Patterns of `matches`, verified by the RE2 that will run them.

DuckDB takes a tenth of a second to load, so it is asked only for a project that has a pattern.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rulekit.diagnostics.source import Span

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# characters; RE2 takes seconds for some patterns that are much longer
LONGEST = 1000
# seconds of one core for all patterns of a project, each as often as it stands there: RE2 takes half a thousandth for
# an ordinary one, a third of a second for `(\pL|\pN){0,300}`, and as long again at each run
MOST_TIME = 2.0


@dataclass(frozen=True, slots=True)
class _Reading:
    refusal: str | None
    seconds: float


@dataclass(slots=True)
class Patterns:
    """The patterns of one check: how long RE2 took for all of them, and where the one stands that took longest."""

    total: float = 0.0
    longest: float = 0.0
    culprit: Span | None = None

    @property
    def exhausted(self) -> bool:
        """Returns whether they have taken more than MOST_TIME."""
        return self.total > MOST_TIME

    def refuse(self, pattern: str, place: Span) -> str | None:
        """Returns why RE2 refuses a pattern, or None when it can be matched in linear time."""
        reading = _read(pattern)
        self.total += reading.seconds
        if reading.seconds > self.longest:
            self.longest, self.culprit = reading.seconds, place
        return reading.refusal


@cache
def _read(pattern: str) -> _Reading:
    if len(pattern) > LONGEST:
        return _Reading(f"longer than {LONGEST:,} characters", 0.0)
    import duckdb

    connection, started = _connection(), time.thread_time()
    try:
        connection.execute("SELECT regexp_full_match('', $1)", [pattern]).fetchall()
    except duckdb.Error as error:
        refusal = str(error).removeprefix("Invalid Input Error: ").splitlines()[0]
        return _Reading(refusal, time.thread_time() - started)
    return _Reading(None, time.thread_time() - started)


@cache
def _connection() -> "DuckDBPyConnection":
    # one for all patterns: to connect takes longer than to try a hundred of them
    import duckdb

    return duckdb.connect()
