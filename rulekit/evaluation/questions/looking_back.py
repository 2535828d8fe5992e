"""The data as it may have been at an earlier instant: a time that came into it since is not known for then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from rulekit.evaluation.data.events import TIMES
from rulekit.evaluation.data.profile import Column
from rulekit.evaluation.sql.fragments import aliased, named, table
from rulekit.evaluation.sql.relations import Relations
from rulekit.evaluation.sql.values import column

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS, _EVENTS = "q", "w"


@dataclass(frozen=True, slots=True)
class Since:
    """From which instant on a time is new, and whether only of who has an event since then."""

    at: datetime
    needs_witness: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """Data whose fields in `since` are unreadable where they have a new time, up to `now`.

    What such a field said before, nobody knows any more. Times after `now` are plans, which may be old.
    """

    data: Relations
    since: Mapping[Column, Since]
    now: datetime

    @property
    def connection(self) -> "DuckDBPyConnection":
        """Returns where the relations can be read."""
        return self.data.connection

    @property
    def now_column(self) -> str | None:
        """Returns the column that says at which instant a row is looked at."""
        return self.data.now_column

    @property
    def zone(self) -> str:
        """Returns the name of the time zone in which dates begin."""
        return self.data.zone

    @property
    def untimed(self) -> frozenset[str]:
        """Returns the kinds of event of which some have a time that cannot be read."""
        return self.data.untimed

    @property
    def unreadable(self) -> Mapping[str, frozenset[str]]:
        """Returns the fields of which some value cannot be read, or may have come since."""
        found = dict(self.data.unreadable)
        for owner, name in self.since:
            found[owner] = found.get(owner, frozenset()) | {name}
        return found

    def people(self) -> exp.Query:
        """Returns a query for all people."""
        return self._doubting(self.data.people(), "person")

    def companies(self) -> exp.Query:
        """Returns a query for all companies."""
        return self._doubting(self.data.companies(), "company")

    def events(self, kind: str) -> exp.Query:
        """Returns a query for all events of a kind: those since then are after it."""
        return self.data.events(kind)

    def _doubting(self, query: exp.Query, owner: str) -> exp.Query:
        already = self.data.unreadable.get(owner, frozenset())
        flags = {
            name: named(self._is_new(owner, name, is_flagged=name in already), f"u.{name}")
            for of, name in self.since
            if of == owner
        }
        if not flags:
            return query
        replaced = [flag for name, flag in flags.items() if name in already]
        added = [flag for name, flag in flags.items() if name not in already]
        return exp.Select(
            expressions=[exp.Star(replace=replaced) if replaced else exp.Star(), *added],
            from_=exp.From(this=aliased(query, _ROWS)),
        )

    def _is_new(self, owner: str, name: str, *, is_flagged: bool) -> exp.Expr:
        new = self._is_within(column(_ROWS, f"f.{name}"), self.since[owner, name])
        if self.since[owner, name].needs_witness:
            new = exp.And(this=new, expression=self._has_witness(owner, self.since[owner, name]))
        return exp.Or(this=column(_ROWS, f"u.{name}"), expression=exp.Paren(this=new)) if is_flagged else new

    def _has_witness(self, owner: str, since: Since) -> exp.Expr:
        if owner != "person":
            return exp.false()
        active = exp.Select(
            expressions=[column(_EVENTS, "person")],
            from_=exp.From(this=table(TIMES, _EVENTS)),
            where=exp.Where(this=self._is_within(column(_EVENTS, "at"), since)),
        )
        return exp.In(this=column(_ROWS, "person"), query=exp.Subquery(this=active))

    def _is_within(self, time: exp.Expr, since: Since) -> exp.Expr:
        return exp.Between(this=time, low=_instant(since.at), high=_instant(self.now))


def _instant(at: datetime) -> exp.Expr:
    return exp.cast(exp.Literal.string(at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")), "TIMESTAMP")
