"""Values inside a column of JSON or of a struct, as columns of their own: `address.city` is `city` in `address`.

A column whose own name has the points in it goes first. Whether capitals count is as where the value lies: they do in
JSON, and do not in structs.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from rulekit.diagnostics.display import plural
from rulekit.errors import SourceError
from rulekit.evaluation.data.source_columns import Column, as_column
from rulekit.evaluation.data.sql_templates import fill

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PARTED = "CASE WHEN json_valid(:x) THEN :x END"


def nested_column(
    connection: "DuckDBPyConnection", relation: exp.Table, columns: Mapping[str, Column], name: str, title: str
) -> Column | None:
    """Returns the column that a name with points leads to, or None when it leads nowhere.

    Raises SourceError when the column that the name begins with holds something that has no names in it.
    """
    for head, path in _ways(columns, name):
        if head.type.startswith("STRUCT"):
            return _in_struct(connection, relation, head, path, name)
        if head.type in ("JSON", "VARCHAR"):
            return _in_json(connection, relation, head, path, name, title)
    return None


def _ways(columns: Mapping[str, Column], name: str) -> Iterator[tuple[Column, list[str]]]:
    parts = name.split(".")
    if not all(part.strip() for part in parts):
        return
    for count in range(len(parts) - 1, 0, -1):
        head = columns.get(".".join(parts[:count]).casefold())
        if head is not None:
            yield head, parts[count:]


def _in_struct(
    connection: "DuckDBPyConnection", relation: exp.Table, head: Column, path: list[str], name: str
) -> Column | None:
    import duckdb

    value: exp.Expr = exp.column(head.name, quoted=True)
    for part in path:
        value = exp.func("struct_extract", value, exp.Literal.string(part))
    try:
        described = connection.execute(f"DESCRIBE {exp.select(value).from_(relation).sql(dialect='duckdb')}").fetchall()
    except duckdb.BinderException:
        return None
    return as_column(name, described[0][1], value)


def _in_json(
    connection: "DuckDBPyConnection", relation: exp.Table, head: Column, path: list[str], name: str, title: str
) -> Column | None:
    """Looks at every row: a name that none has is a mistake, and so is a value that has no names in it."""
    value = head.expression if head.type == "JSON" else fill(_PARTED, head.expression)
    outer = [_pointer(path[:count]) for count in range(len(path))]
    no_object = [exp.func("json_type", value, place).isin("OBJECT", "NULL").not_() for place in outer]
    there = exp.func("NULLIF", exp.cast(head.expression, "VARCHAR"), exp.Literal.string(""))
    odd = exp.or_(*no_object, exp.and_(there.is_(exp.null()).not_(), value.is_(exp.null())))
    counts = [
        exp.func("COUNT_IF", condition)
        for condition in (odd, there.is_(exp.null()).not_(), exp.func("json_exists", value, _pointer(path)))
    ]
    ((odd_rows, rows, found),) = connection.execute(
        exp.select(*counts).from_(relation).sql(dialect="duckdb")
    ).fetchall()
    if odd_rows:
        raise SourceError(
            f"`{name}` of {title} leads into what is no JSON object, in {plural(odd_rows, 'row')}",
            help="name the column alone, or mend what writes it",
        )
    inner = exp.Paren(this=exp.func("json_extract", value, _pointer(path), dialect="duckdb"))
    return Column(name, "JSON", inner) if found or not rows else None


def _pointer(path: list[str]) -> exp.Literal:
    """Returns where a value stands in JSON (RFC 6901, section 3)."""
    return exp.Literal.string("".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path))
