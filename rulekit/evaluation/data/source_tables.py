"""The tables of a source as named relations of the engine, with the names and types of their columns.

Each table is opened once per tick, however many mappings use it.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from rulekit.errors import SourceError
from rulekit.evaluation.data.confinement import require_one_select, shut_in
from rulekit.evaluation.data.engine_errors import describe
from rulekit.evaluation.data.nested_columns import nested_column
from rulekit.evaluation.data.source_columns import Column, named_columns, unwritten
from rulekit.records import (
    EventMapping,
    QueryTable,
    Reason,
    RecordMapping,
    Source,
    SourceMapping,
    StreamTable,
    Table,
    TextLayout,
    TextSource,
)
from rulekit.suggestions import did_you_mean

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# the table or the query that the settings give, and how they say that its files are laid out
Origin = tuple[str | None, str | None, TextLayout | None]
# which file it is, its size and when it was written
FileState = tuple[int, int, int] | None
# what stands between columns, where a file seems to have one alone
_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table inside the engine; `title` is the user's word for it, `section` where the settings name it.

    With `any_column` it has every column that is asked for, without a value. `unusable` says of other names, in small
    letters, why no column can be had by them.
    """

    name: str
    title: str
    section: str
    columns: Mapping[str, Column]
    load: bool
    any_column: bool
    unusable: Mapping[str, str]

    def column(self, name: str, purpose: str) -> Column:
        """Returns a column by its name, case ignored; raises SourceError that says what it was wanted for."""
        found = self.find(name, purpose)
        if found is not None:
            return found
        names = [column.name for column in self.columns.values()]
        raise SourceError(
            f"{self.title} has no column `{name}`, wanted for {purpose}{did_you_mean(name, names)}",
            help=_advice(self.section, name, names),
        )

    def find(self, name: str, purpose: str) -> Column | None:
        """Returns a column by its name, case ignored, or None; raises SourceError where the name is not certain."""
        unusable = self.unusable.get(name.casefold())
        if unusable is not None:
            raise SourceError(
                f"{unusable}, wanted for {purpose}",
                help="mend what writes the data, or name another column, or a `query`, in rulekit.toml",
            )
        return unwritten(name) if self.any_column else self.columns.get(name.casefold())


class Tables:
    """Opens the tables of one source in one connection: all are prepared first, and then each is opened."""

    def __init__(self, connection: "DuckDBPyConnection", source: Source) -> None:
        self.connection = connection
        self._source = source
        self._setup: set[str] = set()
        self._files: dict[str, FileState] = {}
        self._prepared: dict[Origin, Table] = {}
        self._opened: dict[Origin, Relation] = {}
        self._stages = 0

    def prepare(self, mapping: SourceMapping) -> None:
        """Lets the source set up what its tables need, and then shuts the connection in; raises SourceError."""
        for section, part in _sections(mapping):
            self._prepare(part, section)
        self._shut_in()

    def prepare_each(self, parts: Iterable[RecordMapping | EventMapping]) -> list[SourceError | None]:
        """Does so for tables of which some may be broken; returns for each what is wrong with it, if anything."""
        found: list[SourceError | None] = []
        for part in parts:
            try:
                self._prepare(part, "[source]")
                found.append(None)
            except SourceError as error:
                found.append(error)
        self._shut_in()
        return found

    def _prepare(self, part: RecordMapping | EventMapping, section: str) -> None:
        title = _title(part, section)
        with source_errors(title):
            if _origin(part) not in self._prepared:
                self._prepared[_origin(part)] = self._table(part, title, self._laid_out(part, section))

    def _shut_in(self) -> None:
        queries = [table for table in self._prepared.values() if isinstance(table, QueryTable)]
        shut_in(self.connection, [place for table in queries for place in table.reads])

    def open(self, mapping: RecordMapping | EventMapping, section: str) -> Relation:
        """Returns the table or query of a mapping as a relation; raises SourceError when it cannot be read."""
        origin = _origin(mapping)
        if origin not in self._opened:
            name, title = f"rulekit source {len(self._opened) + 1}", _title(mapping, section)
            with source_errors(title):
                self._opened[origin] = self._open(self._prepared[origin], name, title, section)
        return _spelt(self._with_nested(self._opened[origin], mapping), mapping)

    def create_stage(self, query: exp.Query, keep: bool) -> str:
        """Returns the name of a new relation for a query, which is run once where `keep` and otherwise at each use."""
        self._stages += 1
        name = f"rulekit stage {self._stages}"
        create_relation(self.connection, name, query, keep)
        return name

    def rows(self, query: exp.Query) -> list[tuple[Any, ...]]:
        """Returns the rows of a query."""
        return self.connection.execute(query.sql(dialect="duckdb")).fetchall()

    def _laid_out(self, mapping: RecordMapping | EventMapping, section: str) -> Source:
        """Returns the source for what a mapping says of text files; raises SourceError where it has none."""
        if mapping.layout is None:
            return self._source
        if not isinstance(self._source, TextSource):
            raise SourceError(
                f"`delimiter`, `encoding` and `header` for {section} are for text files, of which this source has none",
                help="leave them out of rulekit.toml",
            )
        ((private,),) = self.connection.execute("SELECT current_setting('temp_directory')").fetchall()
        return self._source.laid_out(mapping.layout, Path(private) if private else None)

    def _table(self, mapping: RecordMapping | EventMapping, title: str, source: Source) -> Table:
        table = source.table(mapping.table) if mapping.table is not None else _query(source, mapping.query or "", title)
        if isinstance(table, QueryTable):
            require_one_select(table.sql, title)
            for place in table.reads:
                if not place.endswith("/"):
                    self._files.setdefault(place, _state(place))
            self._set_up(table)
        return table

    def refuse_changed(self) -> None:
        """Raises SourceError when a file is not what it was when its table was prepared: it may have been read half."""
        for place, state in self._files.items():
            if _state(place) != state:
                raise SourceError(
                    f"`{Path(place).name}` changed while it was read",
                    help="run again; what writes it may write another file, and rename that when it is whole",
                )

    def _set_up(self, table: QueryTable) -> None:
        for statement in table.setup:
            if statement not in self._setup:
                self.connection.execute(statement)
                self._setup.add(statement)

    def _open(self, table: Table, name: str, title: str, section: str) -> Relation:
        relation = exp.table_(name, quoted=True)
        quoted = relation.sql(dialect="duckdb")
        if isinstance(table, StreamTable):
            self._load_stream(table, quoted)
        else:
            self.connection.execute(f"CREATE TEMP VIEW {quoted} AS {table.sql}")
        described = self.connection.execute(f"DESCRIBE {quoted}").fetchall()
        columns = named_columns((row[0], row[1]) for row in described)
        is_loaded = isinstance(table, QueryTable) and table.load
        has_any = isinstance(table, QueryTable) and table.any_column
        unusable = table.unusable if isinstance(table, QueryTable) else {}
        return Relation(name, title, section, columns, is_loaded, has_any, unusable)

    def _with_nested(self, relation: Relation, mapping: RecordMapping | EventMapping) -> Relation:
        """Returns a relation with the columns that the mapping names inside of others."""
        nested: dict[str, Column] = {}
        with source_errors(relation.title):
            for name in _names(mapping):
                if "." in name and not relation.any_column and name.casefold() not in relation.columns:
                    table = exp.table_(relation.name, quoted=True)
                    found = nested_column(self.connection, table, relation.columns, name, relation.title)
                    nested |= {name.casefold(): found} if found else {}
        return replace(relation, columns={**relation.columns, **nested}) if nested else relation

    def _load_stream(self, table: StreamTable, quoted: str) -> None:
        self.connection.register("rulekit stream", table.open())
        try:
            self.connection.execute(f'CREATE TEMP TABLE {quoted} AS SELECT * FROM "rulekit stream"')  # noqa: S608 - quoted
        finally:
            self.connection.unregister("rulekit stream")


def _state(place: str) -> FileState:
    """Returns what changes with a file, or None where none is there."""
    try:
        found = os.stat(place)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _query(source: Source, sql: str, title: str) -> Table:
    try:
        return source.query(sql)
    except SourceError as error:
        raise SourceError(Reason.of(error.message).behind(title), help=error.help) from error


def _spelt(relation: Relation, mapping: RecordMapping | EventMapping) -> Relation:
    """Returns a relation whose columns know how their values are written; raises SourceError for an unknown one."""
    for name in mapping.spellings.columns:
        relation.column(name, f"its spelling (`columns` under {relation.section})")
    columns = {
        key: replace(column, spelling=mapping.spellings.of(column.name)) for key, column in relation.columns.items()
    }
    return replace(relation, columns=columns)


def _origin(mapping: RecordMapping | EventMapping) -> Origin:
    return mapping.table, mapping.query, mapping.layout


def _title(mapping: RecordMapping | EventMapping, section: str) -> str:
    return f"`{mapping.table}`" if mapping.table is not None else f"the query under {section}"


def _names(mapping: RecordMapping | EventMapping) -> Iterator[str]:
    """Yields the names of columns that a mapping gives."""
    yield from mapping.fields.values()
    keys = (
        [mapping.person, mapping.at, mapping.name]
        if isinstance(mapping, EventMapping)
        else [mapping.key, mapping.company]
    )
    yield from filter(None, keys)


def _sections(mapping: SourceMapping) -> Iterator[tuple[str, RecordMapping | EventMapping]]:
    yield "[source.person]", mapping.person
    if mapping.company is not None:
        yield "[source.company]", mapping.company
    for events in mapping.events:
        yield "[[source.events]]", events


def create_relation(connection: "DuckDBPyConnection", name: str, query: exp.Query, keep: bool) -> None:
    """Creates a relation for a query: its rows where `keep`, otherwise a view."""
    table = exp.table_(name, quoted=True).sql(dialect="duckdb")
    connection.execute(f"CREATE TEMP {'TABLE' if keep else 'VIEW'} {table} AS {query.sql(dialect='duckdb')}")


@contextmanager
def source_errors(title: str) -> Iterator[None]:
    """Turns an error of the engine into a SourceError about that table."""
    import duckdb

    try:
        yield
    except duckdb.PermissionException as error:
        raise SourceError(
            f"{title} would read or write something else than the data source",
            help="name files of the source's own folder, as in `read_csv('users.csv')`, and tables of its own file",
        ) from error
    except duckdb.Error as error:
        reason = Reason(f"{title} cannot be read", describe(error))
        raise SourceError(reason, help="mend the data, or the section of rulekit.toml") from error


def _advice(section: str, wanted: str, names: list[str]) -> str:
    mark = next((mark for mark in _MARKS if len(names) == 1 and mark in names[0]), None)
    if mark is not None:
        holds = f"this file has one column, whose name holds {_MARKS[mark]}"
        return f"write `delimiter = {json.dumps(mark)}` under {section} in rulekit.toml; {holds}"
    if any("@" in name for name in names):
        return "write the names of the columns into its first line, which looks like a row of data"
    there = f"under {section} in rulekit.toml; there are: {_listed(names)}"
    if not all(part.strip() for part in wanted.split(".")):
        return f"write a column, or the way into one like `address.city`, without a gap, in place of `{wanted}` {there}"
    return f"name the right column {there}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:20])
    return shown + (", …" if len(names) > 20 else "")
