"""Small pieces of the statement that say where rows come from and what things are called."""

from sqlglot import exp


def aliased(query: exp.Query, name: str) -> exp.Subquery:
    """Returns a query as a table under a name."""
    return exp.Subquery(this=query, alias=_alias(name))


def table(name: str, alias: str | None = None) -> exp.Table:
    """Returns a table, or a common table expression of the statement, under another name if given."""
    return exp.Table(this=exp.Identifier(this=name, quoted=True), alias=_alias(alias) if alias else None)


def named(sql: exp.Expr, name: str) -> exp.Alias:
    """Returns an expression as a column under a name."""
    return exp.Alias(this=sql, alias=exp.Identifier(this=name, quoted=True))


def shared_rows(name: str, query: exp.Query) -> exp.CTE:
    """Returns rows that are computed once for several readers."""
    return exp.CTE(this=query, alias=_alias(name), materialized=True)


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.Identifier(this=name, quoted=True))
