"""The personas of `tick.py`, each twice: as rules, and as SQL that somebody who knows DuckDB would write by hand.

A shape is one kind of question; its variants differ in windows and limits. `$now` is the instant of evaluation.
"""

from collections.abc import Callable
from dataclasses import dataclass

SCHEMA = """\
person:
  email       text
  plan        one of ("free", "pro", "enterprise")
  created_at  time
  last_login  time?

company:
  name  text
  arr   number

event signed_up
event login
event search
event dashboard_viewed:
  widget  text
event report_exported
event project_created
event project_live
event invite_sent
event purchase:
  amount  number
  sku     text?
event support_ticket:
  severity  number

segment Large:
  arr >= 50_000
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate of one kind of event per person, and how many days back it looks (None: all of history)."""

    kind: str
    alias: str
    sql: str
    days: int | None


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona: its condition in rules, and in SQL over people `p`, companies `c` and the aliases of measures."""

    rule: str
    sql: str
    measures: tuple[Measure, ...] = ()
    by_company: tuple[str, ...] = ()
    chains: tuple["Chain", ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Two kinds of event in order within some days: per person the shortest time from a first to a second."""

    alias: str
    first: str
    second: str
    days: int


def since(days: int) -> str:
    """Returns the condition for the last so many days."""
    return f"moment > $now - INTERVAL {days} DAY"


def count(kind: str, days: int, where: str = "") -> Measure:
    """Returns the number of events in the last days, or of those that pass."""
    extra = f" AND {where}" if where else ""
    alias = f"{kind}_{days}" + ("_f" if where else "")
    return Measure(kind, alias, f"count(*) FILTER (WHERE {since(days)}{extra})", days)


def before(kind: str, days: int) -> Measure:
    """Returns the number of events in the same length of time just before."""
    window = f"{since(2 * days)} AND moment <= $now - INTERVAL {days} DAY"
    return Measure(kind, f"{kind}_before_{days}", f"count(*) FILTER (WHERE {window})", 2 * days)


def quiet(v: int) -> Persona:
    """No login for a while."""
    return Persona(f"last_login > {14 + 7 * v}d", f"p.last_login < $now - INTERVAL {14 + 7 * v} DAY")


def cooling(v: int) -> Persona:
    """Half the dashboards of the time before."""
    days = 14 + 7 * v
    kind, now, then = "dashboard_viewed", f"dashboard_viewed_{days}", f"dashboard_viewed_before_{days}"
    return Persona(
        f"count({kind}, last {days}d) < 50% of count({kind}, previous {days}d)"
        f" and count({kind}, previous {days}d) >= 3",
        f"coalesce({now}, 0) < 0.5 * coalesce({then}, 0) AND coalesce({then}, 0) >= 3",
        (count(kind, days), before(kind, days)),
    )


def spenders(v: int) -> Persona:
    """Much bought."""
    days, least = 30 * (v + 1), 250 + 50 * v
    sql = f"sum(amount) FILTER (WHERE {since(days)})"
    return Persona(
        f"sum(purchase.amount, last {days}d) >= {least}",
        f"coalesce(spent_{days}, 0) >= {least}",
        (Measure("purchase", f"spent_{days}", sql, days),),
    )


def stalled(v: int) -> Persona:
    """Set up soon after signing up, never went live."""
    days = 3 * (v + 1)
    return Persona(
        f"did(signed_up then project_created within {days}d) and not did(project_live)",
        f"coalesce(chain_{days} <= {days} * 86400000000, false) AND coalesce(lives, 0) = 0",
        (Measure("project_live", "lives", "count(*)", None),),
        chains=(Chain(f"chain_{days}", "signed_up", "project_created", days),),
    )


def lapsed(v: int) -> Persona:
    """Searched before, not any more."""
    days = 20 + 5 * v
    return Persona(
        f"did(search, previous {days}d) and not did(search, last {days}d)",
        f"coalesce(search_before_{days}, 0) > 0 AND coalesce(search_{days}, 0) = 0",
        (count("search", days), before("search", days)),
    )


def curious(v: int) -> Persona:
    """Many different widgets."""
    days, least = 30 + 10 * v, 3 + v
    sql = f"count(DISTINCT widget) FILTER (WHERE {since(days)})"
    return Persona(
        f"distinct(dashboard_viewed.widget, last {days}d) >= {least}",
        f"coalesce(widgets_{days}, 0) >= {least}",
        (Measure("dashboard_viewed", f"widgets_{days}", sql, days),),
    )


def large_and_away(v: int) -> Persona:
    """An enterprise account whose people stay away."""
    days = 7 + 3 * v
    return Persona(
        f'in Large and plan = "enterprise" and count(login, last {days}d) = 0',
        f"coalesce(c.arr >= 50000, false) AND p.plan = 'enterprise' AND coalesce(login_{days}, 0) = 0",
        (count("login", days),),
    )


def quiet_company(v: int) -> Persona:
    """A whole company that hardly logs in."""
    days, least = 30 - 4 * v, 20 - 3 * v
    alias = f"login_{days}"
    return Persona(
        f"company.count(login, last {days}d) < {least} and company.arr > 10_000",
        f"coalesce(company_{alias}, 0) < {least} AND coalesce(c.arr > 10000, false)",
        (count("login", days),),
        (alias,),
    )


def generous(v: int) -> Persona:
    """A high price on average."""
    days, least = 180 - 30 * v, 120 + 5 * v
    sql = f"avg(amount) FILTER (WHERE {since(days)} AND sku IS DISTINCT FROM 'gift')"
    return Persona(
        f'avg(purchase.amount where sku != "gift", last {days}d) > {least}',
        f"coalesce(average_{days} > {least}, false)",
        (Measure("purchase", f"average_{days}", sql, days),),
    )


def in_trouble(v: int) -> Persona:
    """Severe tickets lately."""
    days = 10 + 10 * v
    return Persona(
        f"last(support_ticket) < {days}d and count(support_ticket where severity >= 3, last {3 * days}d) > 1",
        f"coalesce(last_ticket > $now - INTERVAL {days} DAY, false) AND coalesce(support_ticket_{3 * days}_f, 0) > 1",
        (
            Measure("support_ticket", "last_ticket", "max(moment)", None),
            count("support_ticket", 3 * days, "severity >= 3"),
        ),
    )


SHAPES: tuple[Callable[[int], Persona], ...] = (
    quiet,
    cooling,
    spenders,
    stalled,
    lapsed,
    curious,
    large_and_away,
    quiet_company,
    generous,
    in_trouble,
)


def personas(number: int) -> list[Persona]:
    """Returns that many personas, the shapes in turn, each time with other windows and limits."""
    return [SHAPES[i % len(SHAPES)](i // len(SHAPES)) for i in range(number)]


def rules(chosen: list[Persona]) -> str:
    """Returns the personas as a `.rules` file, with the schema."""
    return SCHEMA + "".join(f"\npersona P{i}:\n  {persona.rule}\n" for i, persona in enumerate(chosen))


def statement(chosen: list[Persona], folder: str) -> str:
    """Returns the personas as one SELECT: a grouped subquery per kind of event, joined to people."""
    measures = {m.alias: m for persona in chosen for m in persona.measures}
    chains = {c.alias: c for persona in chosen for c in persona.chains}
    shared = sorted({alias for persona in chosen for alias in persona.by_company})
    parts = [
        f"p AS (SELECT * FROM read_parquet('{folder}/people.parquet'))",
        f"c AS (SELECT * FROM read_parquet('{folder}/companies.parquet'))",
    ]
    kinds = sorted({m.kind for m in measures.values()})
    parts += [grouped(kind, [m for m in measures.values() if m.kind == kind], folder) for kind in kinds]
    parts += [chained(chain, folder) for chain in chains.values()]
    joins = [name.split(" ")[0] for name in parts[2:]]
    if shared:
        sums = ", ".join(f"sum({alias}) AS company_{alias}" for alias in shared)
        parts.append(
            f"everyone AS (SELECT p.account_id AS company, {sums} FROM p JOIN by_login ON by_login.person = p.id"
            " GROUP BY ALL)"
        )
    flags = ", ".join(f"coalesce({persona.sql}, false) AS P{i}" for i, persona in enumerate(chosen))
    tables = "p LEFT JOIN c ON c.id = p.account_id" + "".join(f" LEFT JOIN {j} ON {j}.person = p.id" for j in joins)
    if shared:
        tables += " LEFT JOIN everyone ON everyone.company = p.account_id"
    return f"WITH {', '.join(parts)} SELECT p.id, {flags} FROM {tables} ORDER BY p.id"


def grouped(kind: str, measures: list[Measure], folder: str) -> str:
    """Returns one scan of one kind of event, cut at the widest window that is asked for."""
    days = [m.days for m in measures]
    reach = [d for d in days if d is not None]
    widest = f" AND {since(max(reach))}" if None not in days else ""
    columns = ", ".join(f"{m.sql} AS {m.alias}" for m in measures)
    return (
        f"by_{kind} AS (SELECT person, {columns} FROM read_parquet('{folder}/events.parquet')"
        f" WHERE name = '{kind}' AND moment <= $now{widest} GROUP BY person)"
    )


def chained(chain: Chain, folder: str) -> str:
    """Returns per person the shortest way from one kind of event to a later one of another, in microseconds."""
    latest = (
        f"max(CASE WHEN name = '{chain.first}' THEN epoch_us(moment) END) OVER (PARTITION BY person"
        " ORDER BY epoch_us(moment) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    return (
        f"by_{chain.alias} AS (SELECT person, min(us - start) AS {chain.alias} FROM (SELECT person, name,"
        f" epoch_us(moment) AS us, {latest} AS start FROM read_parquet('{folder}/events.parquet')"
        f" WHERE name IN ('{chain.first}', '{chain.second}') AND moment <= $now)"
        f" WHERE name = '{chain.second}' GROUP BY person)"
    )
