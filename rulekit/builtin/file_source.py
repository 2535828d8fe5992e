"""The data source for a folder of files: CSV, TSV, JSON and Parquet, the text formats also compressed with gzip.

Nothing outside the folder is read as a table, and nothing is ever written there. Every value of a text format is given
as the text it is, also below a query; what it means is decided by the rules' declarations. Empty text in CSV and TSV is
missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rulekit.builtin.decoded_copies import in_utf_8
from rulekit.builtin.delimited_text import delimited_table
from rulekit.builtin.files_in_queries import read_as_text
from rulekit.builtin.foreign_content import refuse_foreign
from rulekit.builtin.json_text import json_table
from rulekit.builtin.parquet_tables import parquet_table
from rulekit.builtin.table_files import TableFiles, find_files, list_tables
from rulekit.errors import SourceError
from rulekit.hooks import hookimpl
from rulekit.records import QueryTable, SourceFactory, SourceMapping, SourceRequest, TextLayout
from rulekit.urls import check_source_url, refusing

_DELIMITED = (".csv", ".tsv")
_LINES = (".jsonl", ".ndjson")
_NO_HEADER = "give it at least a line with the names of its columns"
_EMPTY = {".json": "write `[]` for a table without rows", ".parquet": "write the table without rows as a Parquet file"}


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


@dataclass(frozen=True, slots=True)
class FileSource:
    """Tables are files, named by their path below the folder; text files are laid out as the layout says."""

    folder: Path
    layout: TextLayout = field(default_factory=TextLayout)
    private: Path | None = None

    def laid_out(self, layout: TextLayout, private: Path | None) -> "FileSource":
        """Returns the source of the same folder for text files laid out like that; copies of them go into `private`."""
        return FileSource(self.folder, layout, private)

    def table(self, name: str) -> QueryTable:
        """Returns the file of that name, or the files that it stands for; text files are read once per tick."""
        return self._open(find_files(self.folder, name))

    def query(self, sql: str) -> QueryTable:
        """Returns the result of a DuckDB SELECT, run once per tick; paths in it are relative to the folder.

        Text files in it have texts for values, as tables do, unless the query itself says otherwise.
        """
        files: list[str] = []
        text = read_as_text(sql, self.folder, partial(self._select, files), partial(self._paths, files), self.layout)
        places = (self.folder, self.private) if self.private else (self.folder,)
        return QueryTable(text, load=True, reads=(*(f"{place}/" for place in places), *files))

    def tables(self) -> list[str]:
        """Returns the files of a format that can be read, below the folder, but none that is hidden or half written."""
        return list_tables(self.folder)

    def default_mapping(self) -> SourceMapping | None:
        """Returns None: a folder cannot tell which of its files holds people."""
        return None

    def _select(self, read: list[str], name: str, ending: str) -> str:
        """Returns the query in the place of a file that a query names; `ending` is for one without a known format.

        What it reads is added to `read`.
        """
        table = self._open(find_files(self.folder, name, ending), as_texts=True)
        read += table.reads
        return table.sql

    def _paths(self, read: list[str], name: str, ending: str, is_decoded: bool) -> tuple[Path, ...]:
        """Returns the files that a call with options names, in UTF-8 unless the engine is told to decode them."""
        files = find_files(self.folder, name, ending)
        paths = (files if is_decoded else self._readable(files)).paths
        read += map(str, paths)
        return paths

    def _readable(self, files: TableFiles) -> TableFiles:
        for path in files.paths:
            _refuse_empty(path, files)
        files = in_utf_8(files, self.layout.encoding, self.private)
        for path in files.paths:
            refuse_foreign(path, files.name(path), files.ending)
        return files

    def _open(self, files: TableFiles, *, as_texts: bool = False) -> QueryTable:
        files = self._readable(files)
        if files.ending == ".parquet":
            return parquet_table(files)
        if files.ending in _DELIMITED:
            return delimited_table(files, self.layout)
        return json_table(files, as_texts=as_texts)


def _refuse_empty(path: Path, files: TableFiles) -> None:
    if path.stat().st_size == 0 and files.ending not in _LINES:
        raise SourceError(f"`{files.name(path)}` is empty", help=_EMPTY.get(files.ending, _NO_HEADER))
