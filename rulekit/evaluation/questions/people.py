"""People with what is known about them and their company, as values of Python."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING

from sqlglot import exp

from rulekit.evaluation.questions.scalars import scalar
from rulekit.evaluation.sql.fragments import aliased, named
from rulekit.evaluation.sql.relations import Relations, people_named
from rulekit.evaluation.sql.values import column
from rulekit.language.program import FieldType, Schema
from rulekit.records import Person, Scalar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TABLES = {"person": "p", "company": "c"}


def fetch_people(schema: Schema, data: Relations, keys: Sequence[str]) -> dict[str, Person]:
    """Returns those of the people that the data has, by key, with their declared fields and their company's.

    `company` is None without a company, and for a company key that has no row of its own. What cannot be read of
    somebody is said.
    """
    if not keys:
        return {}
    query, parameters = people_named(data, keys)
    wanted = [named(column("p", "person"), "person"), named(column("c", "company"), "company")]
    wanted += [named(column("p", f"f.{name}"), f"person.{name}") for name in schema.person]
    wanted += [named(column("c", f"f.{name}"), f"company.{name}") for name in schema.company]
    flags = [(owner, name) for owner in _TABLES for name in sorted(data.unreadable.get(owner, ()))]
    wanted += [named(column(_TABLES[owner], f"u.{name}"), f"unreadable {owner}.{name}") for owner, name in flags]
    same = exp.EQ(this=column("c", "company"), expression=column("p", "company"))
    statement = exp.Select(
        expressions=wanted,
        from_=exp.From(this=aliased(query, "p")),
        joins=[exp.Join(this=aliased(data.companies(), "c"), side="LEFT", on=same)],
    )
    rows = data.connection.execute(statement.sql(dialect="duckdb", copy=False), parameters).fetchall()
    values = len(wanted) - len(flags)
    return {
        row[0]: replace(_person(schema, row[:values]), unreadable=frozenset(compress(flags, row[values:])))
        for row in rows
    }


def number_companies(data: Relations) -> "NDArray[np.int64]":
    """Returns a number of the company of everybody, by the people's keys; -1 without one that has a row of its own."""
    order = exp.Anonymous(this="row_number")
    numbers = exp.Select(
        expressions=[column("n", "company"), named(exp.Window(this=order), "number")],
        from_=exp.From(this=aliased(data.companies(), "n")),
    )
    same = exp.EQ(this=column("c", "company"), expression=column("p", "company"))
    number = exp.Coalesce(this=column("c", "number"), expressions=[exp.Literal.number(-1)])
    query = exp.Select(
        expressions=[named(number, "number")],
        from_=exp.From(this=aliased(data.people(), "p")),
        joins=[exp.Join(this=aliased(numbers, "c"), side="LEFT", on=same)],
        order=exp.Order(expressions=[exp.Ordered(this=column("p", "person"), nulls_first=False)]),
    )
    found: NDArray[np.int64] = data.connection.execute(query.sql(dialect="duckdb", copy=False)).fetchnumpy()["number"]
    return found


def find_person(data: Relations, given: str, address_field: str | None) -> list[str]:
    """Returns whom a key stands for or, where there is no such key, an address; by key.

    Addresses are compared without case; `address_field` None has none of them.
    """
    key = column("p", "person")
    wanted: exp.Expr = exp.EQ(this=key, expression=exp.Placeholder(this="given"))
    if address_field is not None:
        address = exp.Lower(this=column("p", f"f.{address_field}"))
        wanted = exp.Or(this=wanted, expression=exp.EQ(this=address, expression=exp.Placeholder(this="address")))
    query = exp.Select(
        expressions=[key.copy()],
        from_=exp.From(this=aliased(data.people(), "p")),
        where=exp.Where(this=wanted),
        order=exp.Order(expressions=[exp.Ordered(this=key.copy(), nulls_first=False)]),
    )
    parameters = {"given": given} if address_field is None else {"given": given, "address": given.strip().lower()}
    found = [
        str(row[0]) for row in data.connection.execute(query.sql(dialect="duckdb", copy=False), parameters).fetchall()
    ]
    return [given] if given in found else found


def fetch_field(schema: Schema, data: Relations, name: str, keys: Sequence[str]) -> dict[str, Scalar]:
    """Returns the value of one field for those of the people that the data has, by key; missing where not declared."""
    if not keys:
        return {}
    query, parameters = people_named(data, keys)
    field = schema.person.get(name)
    value = exp.Null() if field is None else column("p", f"f.{name}")
    wanted = [named(column("p", "person"), "person"), named(value, "value")]
    statement = exp.Select(expressions=wanted, from_=exp.From(this=aliased(query, "p")))
    rows = data.connection.execute(statement.sql(dialect="duckdb", copy=False), parameters).fetchall()
    return {str(key): None if field is None else scalar(value, field.type) for key, value in rows}


def _person(schema: Schema, row: tuple[object, ...]) -> Person:
    key, company_key, *values = row
    fields, company = values[: len(schema.person)], values[len(schema.person) :]
    return Person(
        key=str(key),
        fields=_record(schema.person, fields),
        company=None if company_key is None else _record(schema.company, company),
    )


def _record(fields: Mapping[str, FieldType], values: Sequence[object]) -> dict[str, Scalar]:
    return {name: scalar(value, field.type) for (name, field), value in zip(fields.items(), values, strict=True)}
