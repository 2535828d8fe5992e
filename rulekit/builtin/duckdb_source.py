"""The data source for a DuckDB file, attached read-only and read where it lies.

A view in the file is the best place for a join or a conversion: it is run by the engine like a table.
"""

from collections.abc import Mapping
from pathlib import Path

from rulekit.builtin.quoting import quote_name, quote_text
from rulekit.errors import SourceError
from rulekit.hooks import hookimpl
from rulekit.records import QueryTable, SourceFactory, SourceMapping, SourceRequest
from rulekit.urls import check_source_url, refusing

_ALIAS = "source"
_NAMES = (
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ? "
    "ORDER BY table_schema <> 'main', table_schema, table_name"
)


@hookimpl
def register_sources() -> Mapping[str, SourceFactory]:
    """Returns the source for `duckdb:///PATH`."""
    return {"duckdb": open_duckdb}


def open_duckdb(request: SourceRequest) -> "DuckDBSource":
    """Returns the source for `duckdb:///PATH`, below the project, or `duckdb:////PATH`; raises SourceError."""
    with refusing(SourceError, "source.url"):
        check_source_url(request.url)
    path = request.url.removeprefix("duckdb:///")
    file = request.project / path
    if not file.is_file():
        raise SourceError(f"there is no DuckDB file `{path}`", help="name the right one as `url` under [source]")
    return DuckDBSource(file.resolve())


class DuckDBSource:
    """Tables and views of one file; `SCHEMA.TABLE` names one outside the schema `main`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        path = quote_text(str(file))
        self._setup = (
            f"ATTACH {path} AS {_ALIAS} (READ_ONLY)",
            f"USE {_ALIAS}",
        )

    def table(self, name: str) -> QueryTable:
        """Returns the table or view of that name."""
        schema, _, table = name.rpartition(".")
        origin = f"{_ALIAS}.{quote_name(schema or 'main')}.{quote_name(table)}"
        return QueryTable(f"SELECT * FROM {origin}", self._setup)  # noqa: S608 - quoted

    def query(self, sql: str) -> QueryTable:
        """Returns the result of a SELECT over the tables of the file; it is run again for each kind of event."""
        return QueryTable(sql, self._setup)

    def tables(self) -> list[str]:
        """Returns the names of the tables and views of the file, by schema and name."""
        # slow to import, and plugins are loaded often
        from rulekit.evaluation.data.confinement import connected
        from rulekit.evaluation.data.source_tables import source_errors

        with connected() as connection, source_errors(f"`{self._file.name}`"):
            for statement in self._setup:
                connection.execute(statement)
            found = connection.execute(_NAMES, [_ALIAS]).fetchall()
        return [table if schema == "main" else f"{schema}.{table}" for schema, table in found]

    def default_mapping(self) -> SourceMapping | None:
        """Returns None: the file cannot tell which of its tables holds people."""
        return None
