"""A company's people and events for benchmarks: made from a seed, the same bytes for the same numbers."""

from pathlib import Path

import duckdb

NOW = "2026-06-01 00:00:00"
KINDS = {
    "login": 26,
    "search": 18,
    "dashboard_viewed": 30,
    "report_exported": 8,
    "project_created": 3,
    "project_live": 2,
    "invite_sent": 3,
    "purchase": 6,
    "support_ticket": 4,
}
"""Kinds of event by their share in percent; `signed_up` comes on top, once per person."""


def make_data(folder: Path, people: int, events: int) -> None:
    """Writes people.parquet, companies.parquet and events.parquet (ordered by kind and time), unless they exist."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "events.parquet").exists():
        return
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        write(connection, folder / "people.parquet", people_sql(people))
        write(connection, folder / "companies.parquet", companies_sql(people))
        write(connection, folder / "events.parquet", events_sql(people, events))


def write(connection: duckdb.DuckDBPyConnection, path: Path, sql: str) -> None:
    """Writes the result of a query as Parquet, whole or not at all."""
    partial = path.with_suffix(".partial")
    connection.execute(f"COPY ({sql}) TO '{partial}' (FORMAT parquet)")
    partial.rename(path)


def chance(what: str, salt: int) -> str:
    """Returns a number in [0, 1) that depends on a row and a salt only."""
    return f"((hash({what} * 1000003 + {salt}) >> 11)::DOUBLE / 9007199254740992.0)"


def people_sql(people: int) -> str:
    """Returns the people: a tenth without a company, some who never logged in."""
    return f"""
        SELECT printf('u%07d', i) AS id,
          CASE WHEN {chance("i", 1)} < 0.9 THEN printf('a%06d', ({chance("i", 2)} * {people // 20 or 1})::INT) END
            AS account_id,
          printf('u%d@example.com', i) AS email,
          ['free', 'pro', 'enterprise'][1 + ({chance("i", 3)} * 2.999)::INT % 3] AS plan,
          TIMESTAMP '{NOW}' - to_microseconds(({chance("i", 4)} * 300 * 86400e6)::BIGINT) AS created_at,
          CASE WHEN {chance("i", 5)} < 0.85
            THEN TIMESTAMP '{NOW}' - to_microseconds(({chance("i", 6)} * 90 * 86400e6)::BIGINT) END AS last_login
        FROM range({people}) t(i)"""


def companies_sql(people: int) -> str:
    """Returns the companies, one for twenty people."""
    return f"""
        SELECT printf('a%06d', i) AS id, printf('Company %d', i) AS name,
          (1000 + {chance("i", 7)} * 120000)::BIGINT AS arr
        FROM range({people // 20 or 1}) t(i)"""


def events_sql(people: int, events: int) -> str:
    """Every person is active up to some day; few people do much and many do little."""
    limits, total = [], 0
    for kind, share in KINDS.items():
        total += share
        limits.append(f"WHEN {chance('i', 11)} < {total / 100} THEN '{kind}'")
    active = f"""
        SELECT (power({chance("i", 12)}, 1.5) * {people})::BIGINT % {people} AS who, i,
          CASE {" ".join(limits)} END AS name FROM range({events - people}) t(i)"""
    return f"""
        SELECT printf('u%07d', who) AS person, name, moment, widget, amount, sku, severity FROM (
          SELECT who, name,
            TIMESTAMP '{NOW}' - to_microseconds(
              (({chance("who", 13)} * 40 + {chance("i", 14)} * 180) * 86400e6)::BIGINT) AS moment,
            CASE WHEN name = 'dashboard_viewed' THEN printf('w%d', ({chance("i", 15)} * 12)::INT) END AS widget,
            CASE WHEN name = 'purchase' THEN ({chance("i", 16)} * 200)::DECIMAL(12, 2) END AS amount,
            CASE WHEN name = 'purchase' AND {chance("i", 17)} < 0.9
              THEN ['gift', 'seat', 'credit'][1 + ({chance("i", 18)} * 2.999)::INT % 3] END AS sku,
            CASE WHEN name = 'support_ticket' THEN 1 + ({chance("i", 19)} * 4)::BIGINT END AS severity
          FROM ({active})
          UNION ALL
          SELECT i, 'signed_up', TIMESTAMP '{NOW}' - to_microseconds(
            ((40 + {chance("i", 20)} * 180) * 86400e6)::BIGINT), NULL, NULL, NULL, NULL FROM range({people}) t(i)
        ) ORDER BY name, moment, person"""
