"""Patterns of `matches`, verified by the RE2 that will run them.

DuckDB takes a tenth of a second to load, so it is asked only for a project that has a pattern.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# characters; RE2 takes seconds for some patterns that are much longer
LONGEST = 1000


@cache
def invalid_pattern(pattern: str) -> str | None:
    """Returns why RE2 refuses a pattern, or None when it can be matched in linear time."""
    if len(pattern) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    import duckdb

    try:
        _connection().execute("SELECT regexp_full_match('', $1)", [pattern]).fetchall()
    except duckdb.Error as refusal:
        return str(refusal).removeprefix("Invalid Input Error: ").splitlines()[0]
    return None


@cache
def _connection() -> "DuckDBPyConnection":
    # one for all patterns: to connect takes longer than to try a hundred of them
    import duckdb

    return duckdb.connect()
