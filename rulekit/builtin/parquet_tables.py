"""Tables in Parquet, read where they lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rulekit.builtin.arrow_durations import KEY, find_durations
from rulekit.builtin.quoting import quote_list, quote_name, quote_text
from rulekit.builtin.shared_columns import NO_ROWS, share_columns
from rulekit.builtin.table_files import TableFiles
from rulekit.errors import SourceError
from rulekit.evaluation.data.engine_errors import describe
from rulekit.records import QueryTable, Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SCHEMA = "SELECT name, num_children, type, logical_type, duckdb_type FROM parquet_schema({})"
_NO_COLUMNS = "at least one non-root column"
_KEPT = "SELECT value FROM parquet_kv_metadata({}) WHERE key = ?"
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})


@dataclass(frozen=True, slots=True)
class _Contents:
    """The names of a file's columns, all that its schema says of them, what makes numbers lengths of time, its rows."""

    names: tuple[str, ...]
    schema: tuple[Any, ...]
    durations: Mapping[str, str]
    rows: int


def parquet_table(files: TableFiles) -> QueryTable:
    """Returns the files as one table; raises SourceError. Without rows, the types that columns have say nothing."""
    import duckdb

    with duckdb.connect() as connection:
        every = {path: _contents(connection, path, files) for path in files.paths}
        filled = {path: contents for path, contents in every.items() if contents.rows}
        named = {files.name(path): contents.names for path, contents in (filled or every).items()}
        columns, unusable = share_columns(named, files.partitions)
        if not (filled and columns):
            return _without_rows(columns)
        groups = _group(filled)
        unlike = _unlike([_types(connection, paths, files, columns, filled) for paths in groups])
    columns = tuple(name for name in columns if name.casefold() not in unlike)
    if not columns:
        return _without_rows(())
    sql = " UNION ALL ".join(_select(paths, files, columns, filled) for paths in groups)
    return QueryTable(sql, reads=tuple(map(str, filled)), unusable={**unusable, **unlike})


def _contents(connection: "DuckDBPyConnection", path: Path, files: TableFiles) -> _Contents:
    import duckdb

    quoted = quote_text(str(path))
    try:
        rows = connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({quoted})").fetchall()  # noqa: S608
        schema = tuple(connection.execute(_SCHEMA.format(quoted)).fetchall())
        kept = connection.execute(_KEPT.format(quoted), [KEY.encode()]).fetchall()
    except duckdb.Error as error:
        if _NO_COLUMNS in str(error):
            return _Contents((), (), {}, 0)
        reason = Reason(f"`{files.name(path)}` cannot be read", describe(error))
        raise SourceError(reason, help="look at what writes the file: it may be cut off, or no Parquet") from error
    durations = find_durations(kept[0][0]) if kept else {}
    return _Contents(_top_level(schema), (*schema, *durations.items()), durations, int(rows[0][0] or 0))


def _top_level(schema: Sequence[Any]) -> tuple[str, ...]:
    """Returns the names of columns among the lines of a schema, each of which is followed by those inside it."""
    names: list[str] = []
    inside = 0
    for name, children, *_ in schema[1:]:
        if inside == 0:
            names.append(name)
        inside += (children or 0) - (1 if inside else 0)
    return tuple(names)


def _group(contents: dict[Path, _Contents]) -> list[list[Path]]:
    """Returns the files, those of one schema together."""
    alike: dict[tuple[Any, ...], list[Path]] = {}
    for path, its in contents.items():
        alike.setdefault(its.schema, []).append(path)
    return list(alike.values())


def _select(paths: list[Path], files: TableFiles, columns: tuple[str, ...], contents: dict[Path, _Contents]) -> str:
    """Returns the query for files of one schema, in which a name that is there twice goes by its place."""
    names = contents[paths[0]].names
    is_plain = len({name.casefold() for name in names}) == len(names)
    # only below its own name does the engine leave out rows as it reads a column
    inside = names if is_plain else tuple(map(str, range(len(names))))
    places = dict(zip((name.casefold() for name in names), inside, strict=True))
    lengths = contents[paths[0]].durations
    picked = ", ".join(
        f"{lengths.get(name, '{}').format('f.' + quote_name(places.get(name.casefold(), name)))} AS {quote_name(name)}"
        for name in columns
    )
    aliases = "" if is_plain else f"({', '.join(map(quote_name, inside))})"
    partitioned = "true" if files.partitions else "false"
    return (
        f"SELECT {picked} FROM read_parquet({quote_list(paths)}, hive_partitioning = {partitioned}, "  # noqa: S608 - quoted
        f"hive_types_autocast = false) AS f{aliases}"
    )


def _types(
    connection: "DuckDBPyConnection",
    paths: list[Path],
    files: TableFiles,
    columns: tuple[str, ...],
    contents: dict[Path, _Contents],
) -> tuple[str, dict[str, str]]:
    described = connection.execute(f"DESCRIBE {_select(paths, files, columns, contents)}").fetchall()
    return files.name(paths[0]), {row[0]: row[1] for row in described}


def _unlike(groups: Sequence[tuple[str, dict[str, str]]]) -> dict[str, str]:
    """Returns, by names in small letters, why a column cannot be read that has one type in one file, one in another.

    The engine would make one type of two, and so a key `7` a key `7.0`. A column without a value has no type.
    """
    unlike: dict[str, str] = {}
    found: dict[str, tuple[str, str]] = {}
    for file, types in groups:
        for name, its in types.items():
            known, where = found.setdefault(name, (its, file))
            if '"NULL"' in (known, its):
                found[name] = (its, file) if its != '"NULL"' else (known, where)
            elif _kind(known) != _kind(its):
                unlike[name.casefold()] = f"`{name}` has the type {known} in `{where}` and {its} in `{file}`"
    return unlike


def _kind(column_type: str) -> str:
    if column_type in _WHOLE:
        return "whole"
    # seconds to nanoseconds are one type here
    return "TIMESTAMP" if column_type.startswith("TIMESTAMP_") else column_type


def _without_rows(columns: tuple[str, ...]) -> QueryTable:
    picked = ", ".join(f"NULL AS {quote_name(name)}" for name in columns)
    return QueryTable(f"SELECT {picked} WHERE FALSE") if columns else NO_ROWS
