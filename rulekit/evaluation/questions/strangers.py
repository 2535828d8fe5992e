"""Events of nobody: kinds of which most events name people whom neither the data has nor anybody knows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.sql.fragments import aliased
from rulekit.evaluation.sql.relations import Relations
from rulekit.evaluation.sql.values import column


@dataclass(frozen=True, slots=True)
class Strangers:
    """How many of the `events` of a kind are of nobody, the key that one of them has, and that of a person."""

    events: int
    of_nobody: int
    key: str
    person: str


def find_strangers(data: Data, known: Sequence[str], accepted: Collection[str] = ()) -> dict[str, Strangers]:
    """Returns the kinds of which more than half of the events are of nobody, but for those that are `accepted`.

    `known` are people whom the data lacks. Nothing is asked of the data where the report has no such kind.
    """
    found: dict[str, Strangers] = {}
    for kind, report in data.report.events.items():
        if kind in accepted or report.orphans * 2 <= report.events:
            continue
        count, key = _count_of_nobody(data, kind, known)
        if count * 2 > report.events:
            found[kind] = Strangers(report.events, count, key, _first_person(data))
    return found


def _count_of_nobody(data: Relations, kind: str, known: Sequence[str]) -> tuple[int, str]:
    """Returns how many events are of nobody, and the first key that they have."""
    key = column("e", "person")
    people = exp.Select(expressions=[column("p", "person")], from_=exp.From(this=aliased(data.people(), "p")))
    is_known = exp.Anonymous(this="list_contains", expressions=[exp.Placeholder(this="known"), key.copy()])
    of_nobody = exp.And(
        this=exp.Not(this=exp.In(this=key.copy(), query=exp.Subquery(this=people))), expression=exp.Not(this=is_known)
    )
    query = exp.Select(
        expressions=[exp.Count(this=exp.Star()), exp.Min(this=key.copy())],
        from_=exp.From(this=aliased(data.events(kind), "e")),
        where=exp.Where(this=of_nobody),
    )
    row = data.connection.execute(query.sql(dialect="duckdb"), {"known": list(known)}).fetchone()
    return (0, "") if row is None else (row[0], row[1] or "")


def _first_person(data: Relations) -> str:
    query = exp.Select(
        expressions=[exp.Min(this=column("p", "person"))], from_=exp.From(this=aliased(data.people(), "p"))
    )
    row = data.connection.execute(query.sql(dialect="duckdb")).fetchone()
    return "" if row is None else row[0] or ""
