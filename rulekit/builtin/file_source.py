"""The data source for a folder of files: CSV, TSV, JSON and Parquet, the text formats also compressed with gzip.

Nothing outside the folder is read as a table, and nothing is ever written. Every value of a text format is given as
the text it is; what it means is decided by the rules' declarations. Empty text in CSV and TSV is missing.
"""

import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TextIO, cast

from rulekit.builtin.paths_in_queries import name_from_root
from rulekit.builtin.quoting import quote_name, quote_text
from rulekit.errors import SourceError
from rulekit.files import TEXT_LIMIT
from rulekit.hooks import hookimpl
from rulekit.records import QueryTable, Reason, SourceFactory, SourceMapping, SourceRequest
from rulekit.suggestions import did_you_mean
from rulekit.urls import check_source_url, refusing

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_LINES = "newline_delimited"
_JSON = {".jsonl": _LINES, ".ndjson": _LINES, ".json": "array"}
_NO_HEADER = "give it at least a line with the names of its columns"
_EMPTY = {".json": "write `[]` for a table without rows", ".parquet": "write the table without rows as a Parquet file"}
# characters that decide whether an array is empty
_LOOK = 64 * 1024
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# what names its columns in its rows, and has none
_NO_ROWS = QueryTable("SELECT NULL AS nothing WHERE FALSE", any_column=True)
_FORMATS = "`.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json` (each also with `.gz`) and `.parquet`"


@hookimpl
def register_sources() -> Mapping[str, SourceFactory]:
    """Returns the source for `files:PATH`."""
    return {"files": open_files}


def open_files(request: SourceRequest) -> "FileSource":
    """Returns the source for `files:PATH`, the path below the project or absolute; raises SourceError."""
    with refusing(SourceError, "source.url"):
        check_source_url(request.url)
    path = request.url.partition(":")[2]
    folder = request.project / path
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder `{path}`" + ("" if Path(path).is_absolute() else " in the project"),
            help="make it, or name the right one as `url` under [source] in rulekit.toml",
        )
    return FileSource(folder.resolve())


class FileSource:
    """Tables are files, named by their path below the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def table(self, name: str) -> QueryTable:
        """Returns the file of that name; Parquet is read where it lies, the other formats once per tick."""
        path = self._find(name)
        ending = Path(path.name.removesuffix(".gz")).suffix.lower()
        if path.stat().st_size == 0 and _JSON.get(ending) != _LINES:
            raise SourceError(f"`{name}` is empty", help=_EMPTY.get(ending, _NO_HEADER))
        if ending == ".parquet":
            return _parquet_table(path)
        if ending in _DELIMITERS:
            return QueryTable(_csv_query(path, name, _DELIMITERS[ending]), load=True, reads=(str(path),))
        if ending in _JSON:
            return _json_table(path, name, _JSON[ending])
        raise SourceError(f"`{name}` has no format that can be read", help=f"use {_FORMATS}, or a `query`")

    def query(self, sql: str) -> QueryTable:
        """Returns the result of a DuckDB SELECT, run once per tick; paths in it are relative to the folder."""
        return QueryTable(name_from_root(sql, self._folder), load=True, reads=(f"{self._folder}/",))

    def default_mapping(self) -> SourceMapping | None:
        """Returns None: a folder cannot tell which of its files holds people."""
        return None

    def _find(self, name: str) -> Path:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise SourceError(
                f"`{name}` lies outside the folder of the data source",
                help="move the file into the folder, or give the folder above as `url` under [source]",
            )
        if path.is_file():
            return path
        files = [str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.is_file()]
        raise SourceError(
            f"there is no file `{name}` in the folder of the data source{did_you_mean(name, files)}",
            help="name a file below the folder that `url` under [source] gives",
        )


def _csv_query(path: Path, name: str, delimiter: str) -> str:
    columns = ", ".join(f"{quote_text(column)}: 'VARCHAR'" for column in _header(path, name, delimiter))
    # every option is given, so that nothing is guessed from a sample of the file
    return (
        f"SELECT * FROM read_csv({quote_text(str(path))}, auto_detect = false, header = true, columns = {{{columns}}}, "  # noqa: S608 - quoted
        f"delim = {quote_text(delimiter)}, quote = '\"', escape = '\"', nullstr = '', encoding = 'utf-8')"
    )


def _json_table(path: Path, name: str, form: str) -> QueryTable:
    try:
        with _opened(path) as file:
            has_mark = file.read(1) == _BOM
            file.seek(0)
            has_rows = _has_lines(file) if form == _LINES else _has_entries(file)
    except (OSError, EOFError) as error:
        raise SourceError(Reason(f"`{name}` cannot be read", str(error)), help="mend or replace the file") from None
    if not has_rows:
        return _NO_ROWS
    # a mark at the start is read in the form that makes nothing of lines
    form = "unstructured" if has_mark and form == _LINES else form
    # to a depth of 1 each value stays the JSON that it is, and no type is guessed from a sample
    sql = f"SELECT * FROM read_json({quote_text(str(path))}, format = '{form}', maximum_depth = 1, sample_size = -1)"  # noqa: S608 - quoted
    return QueryTable(sql, load=True, reads=(str(path),))


def _has_lines(file: TextIO) -> bool:
    return any(line.strip(_BOM + " \t\r\n") not in ("", "null") for line in file)


def _has_entries(file: TextIO) -> bool:
    return re.fullmatch(rf"{_BOM}?\s*\[\s*\]\s*", file.read(_LOOK)) is None


def _parquet_table(path: Path) -> QueryTable:
    """Returns the file as a table; without rows, the types that its columns happen to have say nothing."""
    import duckdb

    quoted = quote_text(str(path))
    table = QueryTable(f"SELECT * FROM read_parquet({quoted})", reads=(str(path),))  # noqa: S608 - quoted
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({quoted})").fetchone()  # noqa: S608
            columns = [column[0] for column in connection.execute(table.sql + " LIMIT 0").description or ()]
        except duckdb.Error as error:
            # anything else is reported when the table is opened
            return _NO_ROWS if "at least one non-root column" in str(error) else table
    if rows != (0,):
        return table
    return QueryTable(f"SELECT {', '.join(f'NULL AS {quote_name(name)}' for name in columns)} WHERE FALSE")


def _opened(path: Path) -> TextIO:
    opened = gzip.open if path.name.endswith(".gz") else open
    return cast(TextIO, opened(path, "rt", encoding="utf-8", errors="replace"))


def _header(path: Path, name: str, delimiter: str) -> list[str]:
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            # a line without an end is taken in parts, so that it takes no more memory than the names may
            lines = iter(partial(file.readline, TEXT_LIMIT), "")
            columns = next(csv.reader(_short(lines, name), delimiter=delimiter), [])
    except UnicodeDecodeError:
        raise SourceError(f"`{name}` is not in UTF-8", help="convert it to UTF-8") from None
    except (OSError, EOFError, csv.Error) as error:
        raise SourceError(Reason(f"`{name}` cannot be read", str(error)), help="mend or replace the file") from None
    _check_header(columns, name)
    return columns


def _short(lines: Iterator[str], name: str) -> Iterator[str]:
    """Yields the lines that names of columns stand in; raises SourceError where they are too long to be names."""
    length = 0
    for line in lines:
        length += len(line)
        if length >= TEXT_LIMIT:
            raise SourceError(
                f"the first line of `{name}` is longer than 1 MiB", help="write the names of the columns there"
            )
        yield line


def _check_header(columns: list[str], name: str) -> None:
    folded = [column.casefold() for column in columns]
    twice = sorted({column for column in folded if folded.count(column) > 1})
    if not any(columns):
        raise SourceError(f"`{name}` has no names of columns in its first line", help="write them there")
    if "" in columns:
        raise SourceError(f"column {columns.index('') + 1} of `{name}` has no name", help="name it in the first line")
    if twice:
        raise SourceError(f"`{name}` has more than one column `{twice[0]}`", help="rename one; case does not count")
