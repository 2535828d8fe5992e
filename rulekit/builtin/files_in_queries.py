"""The files that a query reads, as the query of a table reads them: with texts for values, and nothing guessed.

By itself DuckDB looks at a sample of a file and decides what its texts mean: a row more, and a column of dates turns
from day-first to month-first. It also takes a relative path from the folder that a program was started in. So where
its own parser says that a file stands, what reads it as declared is put there; not a letter else of the query changes.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rulekit.builtin.delimited_text import reading_options
from rulekit.builtin.quoting import quote_list, quote_name, quote_text
from rulekit.errors import SourceError
from rulekit.records import TextLayout

# functions whose first argument is a path, or a list of them
_READER = re.compile(r"(read|parquet)_\w+|\w+_scan|glob|sniff_csv", re.IGNORECASE)
# functions that read texts, and the ending of what they read
_ENDINGS: Mapping[str, str] = {
    **dict.fromkeys(("read_csv", "read_csv_auto"), ".csv"),
    **dict.fromkeys(("read_json", "read_json_auto"), ".json"),
    **dict.fromkeys(("read_ndjson", "read_ndjson_auto"), ".ndjson"),
}
# functions that are, without an option, what a table of that name is
_PLAIN: Mapping[str, str] = {**_ENDINGS, "read_parquet": ".parquet", "parquet_scan": ".parquet"}
# functions that read what a text says, where nobody sees which files
_HIDDEN = ("query", "query_table")
# a table whose name ends like this is a file
_FILE = re.compile(r".*\.(csv|tsv|jsonl?|ndjson|parquet)(\.(gz|zst|bz2|xz))?", re.IGNORECASE | re.DOTALL)
# a path from the root, or a URL
_ABSOLUTE = re.compile(r"/|~|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_QUOTED = re.compile(rb"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
# other names of options
_SAME: Mapping[str, str] = {
    **dict.fromkeys(("sep", "separator", "delimiter"), "delim"),
    "null": "nullstr",
    "column_names": "names",
}
# what a sample would decide in the rest of a file of which the author says something
_TEXTS = {
    "auto_type_candidates": "['VARCHAR']",
    "skip": "0",
    "comment": "''",
    "null_padding": "false",
    "hive_types_autocast": "false",
}
_VALUES = {"maximum_depth": "1", "sample_size": "-1", "hive_partitioning": "false"}

Place = tuple[int, int]
Replacement = tuple[Place, str]
# gives the query that reads the file of a name; the second is the ending for one that has none which is known
Select = Callable[[str, str], str]
# gives the files of a name and an ending, for a call with options; the third says whether it has one for the encoding
Locate = Callable[[str, str, bool], tuple[Path, ...]]


def read_as_text(sql: str, folder: Path, select: Select, locate: Locate, layout: TextLayout) -> str:
    """Returns a SELECT that reads its files, whose relative paths start in the folder, as `select` has their tables.

    Options that the query gives a reading function stay; those that it leaves to a sample are filled in. Raises
    SourceError for a file that is not there or no table, and for one that stands where it cannot be replaced.
    """
    text = sql.encode()
    found = _Files(text, _Brackets(sql), folder, select, locate, layout)
    for (start, end), replacement in sorted(found.below(_parsed(sql)), reverse=True):
        text = text[:start] + replacement.encode() + text[end:]
    return text.decode()


def _parsed(sql: str) -> Any:
    import duckdb

    with duckdb.connect() as connection:
        row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    return json.loads(row[0]) if row else None


class _Brackets:
    """The round brackets of a query, those in texts and comments left out."""

    def __init__(self, sql: str) -> None:
        import duckdb

        text = sql.encode()
        operators = (place for place, kind in duckdb.tokenize(sql) if kind == duckdb.token_type.operator)
        self._brackets = [(place, text[place : place + 1]) for place in operators if text[place : place + 1] in b"()"]

    def end(self, start: int) -> int:
        """Returns where the first bracket that opens after a place ends; the place is counted in bytes."""
        depth = 0
        for place, bracket in self._brackets:
            if place >= start:
                depth += 1 if bracket == b"(" else -1
                if depth == 0:
                    return place + 1
        raise SourceError("a function that reads a file has no end", help="mend the query")


class _Files:
    """What stands in the place of each file of one query."""

    def __init__(
        self, text: bytes, brackets: "_Brackets", folder: Path, select: Select, locate: Locate, layout: TextLayout
    ) -> None:
        self._text = text
        self._brackets = brackets
        self._folder = folder
        self._select = select
        self._locate = locate
        self._layout = layout

    def below(self, node: Any) -> Iterator[Replacement]:
        """Yields what takes the place of which bytes of the text, for a node of the parsed query and all below it."""
        if isinstance(node, list):
            for one in node:
                yield from self.below(one)
        elif isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                yield from self._of_table(node)
            if node.get("type") == "TABLE_FUNCTION":
                yield from self._of_function(node)
            yield from self.below(list(node.values()))

    def _of_table(self, node: dict[str, Any]) -> Iterator[Replacement]:
        name = node["table_name"]
        if not _FILE.fullmatch(name) or node["schema_name"]:
            return
        # where the parser does not say where it is, it says the greatest number
        quoted = _QUOTED.match(self._text, min(node["query_location"], len(self._text)))
        if not quoted:
            raise SourceError(f"the file `{name}` stands where it is not read as text", help=f"write `(FROM '{name}')`")
        alias = "" if node["alias"] else f" AS {quote_name(Path(name).name.partition('.')[0])}"
        yield quoted.span(), f"({self._select(name, '')}){alias}"

    def _of_function(self, node: dict[str, Any]) -> Iterator[Replacement]:
        function = node["function"]["function_name"].lower()
        if function in _HIDDEN:
            raise SourceError(f"it may not read through `{function}(…)`", help="write what that reads into the query")
        arguments = node["function"]["arguments"]
        if not arguments or not _READER.fullmatch(function):
            return
        first, options = arguments[0]["expression"], {_option(argument) for argument in arguments[1:]}
        call = node["query_location"], self._brackets.end(node["query_location"])
        alias = "" if node["alias"] else f" AS {quote_name(function)}"
        if function in _PLAIN and not options and _is_text(first):
            yield call, f"({self._select(first['literal']['text'], _PLAIN[function])}){alias}"
        elif function not in _ENDINGS:
            yield from self._paths([first])
        else:
            reading = dict(reading_options(_ending(first), self._layout))
            if isinstance(self._layout.header, tuple) and "columns" not in options:
                reading["names"] = quote_list(self._layout.header)
            yield from self._files([first], _ENDINGS[function], "encoding" in options)
            yield from _filled_in(call, _ENDINGS[function], reading, options, alias)

    def _files(self, expressions: list[dict[str, Any]], ending: str, is_decoded: bool) -> Iterator[Replacement]:
        """Yields the files that names stand for: a list, or what belongs into one."""
        for one in _texts(expressions):
            start, paths = one["query_location"], self._locate(one["literal"]["text"], ending, is_decoded)
            listed = quote_list(paths) if one in expressions else quote_list(paths)[1:-1]
            yield (start, start + one["query_location_length"]), listed

    def _paths(self, expressions: list[dict[str, Any]]) -> Iterator[Replacement]:
        """Yields relative paths written from the root."""
        for one in _texts(expressions):
            path, start = one["literal"]["text"], one["query_location"]
            if not _ABSOLUTE.match(path):
                yield (start, start + one["query_location_length"]), quote_text(str(self._folder / path))


def _filled_in(
    call: Place, ending: str, reading: Mapping[str, str], options: set[str], alias: str
) -> Iterator[Replacement]:
    """Yields what is added to a call with options of its author, so that a sample decides nothing else."""
    start, end = call
    if ending == ".csv":
        yield (end - 1, end - 1), _added({**_TEXTS, **reading}, options)
    elif "columns" not in options:
        yield (start, start), "(SELECT COLUMNS(*)->>'$' FROM "
        yield (end - 1, end), f"{_added(_VALUES, options)})){alias}"


def _texts(expressions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yields the texts among some expressions, and in lists among them."""
    for one in expressions:
        if _is_text(one):
            yield one
        elif one.get("function_name") == "list_value":
            yield from _texts([argument["expression"] for argument in one["arguments"]])


def _ending(path: dict[str, Any]) -> str:
    """Returns the ending of the first file that an expression names, or nothing where it does not say."""
    first = next(_texts([path]), None)
    return Path(first["literal"]["text"].lower().removesuffix(".gz")).suffix if first else ""


def _added(defaults: Mapping[str, str], options: set[str]) -> str:
    given = {_SAME.get(option, option) for option in options}
    return "".join(f", {name} = {value}" for name, value in defaults.items() if name not in given)


def _option(argument: dict[str, Any]) -> str:
    """Returns the name of an option, written `name = value` or `name := value`."""
    name = argument["name"] or argument["expression"].get("left", {}).get("column_names", [""])[0]
    return str(name).lower()


def _is_text(expression: dict[str, Any]) -> bool:
    return (expression.get("literal") or {}).get("kind") == "STRING"
