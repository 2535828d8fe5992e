"""Tables in JSON: an array of objects, or one object a line. Every value stays the JSON that it is."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rulekit.builtin.foreign_content import opened
from rulekit.builtin.quoting import quote_list, quote_name, quote_text
from rulekit.builtin.shared_columns import NO_ROWS, share_columns
from rulekit.builtin.table_files import TableFiles
from rulekit.errors import SourceError
from rulekit.evaluation.data.engine_errors import describe
from rulekit.records import QueryTable, Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINES = "newline_delimited"
ARRAY = "array"
_FORMS = {".jsonl": LINES, ".ndjson": LINES, ".json": ARRAY}
# bytes that decide whether an array is empty, and whether it ends
_LOOK = 64 * 1024
_MARK = b"\xef\xbb\xbf"
_EMPTY = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*\]\s*")
_BLANK = (b"", b"null")
# how the engine calls the second of two columns that differ by case alone, and some programs a column of their own
_NUMBERED = re.compile(r"(.+)_\d+", re.DOTALL)


def json_table(files: TableFiles, *, as_texts: bool = False) -> QueryTable:
    """Returns files in UTF-8 as one table of JSON values; raises SourceError when one is no table, or is cut off.

    With `as_texts` each value is the text that a field declared as `text` would have.
    """
    import duckdb

    forms = {path: form for path in files.paths if (form := _form(path, files))}
    if not forms:
        return NO_ROWS
    with duckdb.connect() as connection:
        names = {files.name(path): _names(connection, path, form, files) for path, form in forms.items()}
    columns, unusable = share_columns(names, files.partitions)
    selects = [
        _select([path for path, its in forms.items() if its == form], form, columns, files, as_texts)
        for form in sorted(set(forms.values()))
    ]
    return QueryTable(" UNION ALL ".join(selects), load=True, reads=tuple(map(str, forms)), unusable=unusable)


def _select(paths: list[Path], form: str, columns: tuple[str, ...], files: TableFiles, as_texts: bool) -> str:
    inside = [name for name in columns if name not in files.partitions]
    picked = ", ".join(
        f"{quote_name(name)}->>'$' AS {quote_name(name)}" if as_texts and name in inside else quote_name(name)
        for name in columns
    )
    types = ", ".join(f"{quote_text(name)}: 'JSON'" for name in inside)
    partitioned = "true" if files.partitions else "false"
    return (
        f"SELECT {picked} FROM read_json({quote_list(paths)}, format = '{form}', columns = {{{types}}}, "  # noqa: S608 - quoted
        f"hive_partitioning = {partitioned}, hive_types_autocast = false)"
    )


def _form(path: Path, files: TableFiles) -> str:
    """Returns how records stand in a file, or nothing where there are none; raises SourceError for one cut off."""
    form, name = _FORMS[files.ending], files.name(path)
    with opened(path, name) as file:
        start = file.read(_LOOK)
        file.seek(0)
        if form == LINES:
            has_rows = any(line.removeprefix(_MARK).strip() not in _BLANK for line in file)
            # a mark at the start is read in the form that makes nothing of lines
            return ("unstructured" if start.startswith(_MARK) else form) if has_rows else ""
        if _EMPTY.fullmatch(start):
            return ""
        if start.removeprefix(_MARK).lstrip().startswith(b"[") and not _end(file).rstrip().endswith(b"]"):
            raise SourceError(f"`{name}` is cut off: its array has no end", help="write the file again")
    return form


def _end(file: BinaryIO) -> bytes:
    """Returns the last bytes of a file, which may be compressed."""
    last = before = b""
    while chunk := file.read(_LOOK):
        before, last = last, chunk
    return before + last


def _names(connection: "DuckDBPyConnection", path: Path, form: str, files: TableFiles) -> list[str]:
    """Returns the names that the records of a file have."""
    import duckdb

    read = f"({quote_text(str(path))}, format = '{form}', hive_partitioning = false"
    try:
        every = f"DESCRIBE SELECT * FROM read_json{read}, maximum_depth = 1, sample_size = -1)"  # noqa: S608 - quoted
        names = _column(connection.execute(every).fetchall())
        if not any(_is_doubtful(name, names) for name in names):
            return names
        records = f"FROM read_json_objects{read})"
        odd = connection.execute(f"SELECT count(*) {records} WHERE json_type(json) <> 'OBJECT'").fetchall()
        real = _column(connection.execute(f"SELECT DISTINCT unnest(json_keys(json)) {records}").fetchall())
    except duckdb.Error as error:
        reason = Reason(f"`{files.name(path)}` cannot be read", describe(error))
        raise SourceError(reason, help="mend or replace the file") from error
    if odd != [(0,)]:
        raise SourceError(f"`{files.name(path)}` holds what is no JSON object", help="write one object for each row")
    return real


def _is_doubtful(name: str, names: list[str]) -> bool:
    """Returns whether a name may be the engine's: for records that are no objects, or for what is there twice."""
    numbered = _NUMBERED.fullmatch(name)
    return names == ["json"] or (
        numbered is not None and numbered[1].casefold() in {other.casefold() for other in names}
    )


def _column(rows: list[tuple[str, ...]]) -> list[str]:
    return [row[0] for row in rows]
