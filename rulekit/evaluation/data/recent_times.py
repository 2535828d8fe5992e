"""How many times of a field are as new as the newest ones, of a day and of a week; and who did something since."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rulekit.evaluation.data.events import TIMES
from rulekit.evaluation.data.profile import Column, Recent, time_fields
from rulekit.language.program import FieldType

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STRETCHES = (timedelta(hours=36), timedelta(days=8))
"""How far before the newest time a day and a week reach: a tick, or an export, may be some hours late."""


def count_recent(
    connection: "DuckDBPyConnection", relation: str, owner: str, fields: Mapping[str, FieldType], now: datetime
) -> dict[Column, tuple[Recent, ...]]:
    """Returns of each field that is a time or a date how many lie within each of `STRETCHES` before the newest to now.

    Events of people witness what happened to them; what companies have nothing witnesses.
    """
    names = time_fields(fields)
    until = now.astimezone(UTC).replace(tzinfo=None)
    newest = _newest(connection, relation, names, until) if names else {}
    if not newest:
        return {}
    counts = ", ".join(
        f"count_if({inside}), count_if({inside} AND (w.at IS NULL OR w.at <= {_text(at - stretch)}))"
        for name, at in newest.items()
        for stretch in STRETCHES
        for inside in [f'q."f.{name}" > {_text(at - stretch)} AND q."f.{name}" <= {_text(at)}']
    )
    lately = f'"at" > {_text(until - 2 * STRETCHES[-1])} AND "at" <= {_text(until)}'
    active = f'SELECT person, max("at") AS at FROM "{TIMES}" WHERE {lately} GROUP BY person'  # noqa: S608 - only names of our own
    same = "q.person = w.person" if owner == "person" else "false"
    query = f'SELECT {counts} FROM "{relation}" AS q LEFT JOIN ({active}) AS w ON {same}'  # noqa: S608 - only names of our own
    (row,) = connection.execute(query).fetchall()
    found = iter(_pairs(row))
    return {(owner, name): tuple(next(found) for _ in STRETCHES) for name in newest}


def _newest(connection: "DuckDBPyConnection", relation: str, names: list[str], now: datetime) -> dict[str, datetime]:
    newest = ", ".join(
        f'max(CAST("f.{name}" AS TIMESTAMP)) FILTER (WHERE "f.{name}" <= {_text(now)})' for name in names
    )
    (row,) = connection.execute(f'SELECT {newest} FROM "{relation}"').fetchall()  # noqa: S608 - only names of our own
    return {name: time for name, time in zip(names, row, strict=True) if time is not None}


def _pairs(row: tuple[int, ...]) -> Iterator[Recent]:
    for place in range(0, len(row), 2):
        yield Recent(row[place], row[place + 1])


def _text(instant: datetime) -> str:
    return f"TIMESTAMP '{instant.isoformat(' ')}'"
