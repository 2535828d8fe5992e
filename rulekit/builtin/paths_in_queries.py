"""Paths that a query gives relative to the folder of its source, written from the root.

DuckDB takes a relative path from the folder that a program was started in, also where it decides what may be read. So
each one is replaced where DuckDB's own parser says that it stands; not a letter else of the query changes.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rulekit.builtin.quoting import quote_text

# functions whose first argument is a path, or a list of them
_READER = re.compile(r"(read|parquet)_\w+|\w+_scan|glob|sniff_csv", re.IGNORECASE)
# a table whose name ends like this is a file
_FILE = re.compile(r".*\.(csv|tsv|jsonl?|ndjson|parquet)(\.gz)?", re.IGNORECASE | re.DOTALL)
# a path from the root, or a URL
_ABSOLUTE = re.compile(r"/|~|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_QUOTED = re.compile(rb"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")

Place = tuple[int, int]


def name_from_root(sql: str, folder: Path) -> str:
    """Returns a SELECT with the relative paths in it taken from the folder."""
    text = sql.encode()
    for (start, end), path in sorted(_paths(_parsed(sql), text), reverse=True):
        if not _ABSOLUTE.match(path):
            text = text[:start] + quote_text(str(folder / path)).encode() + text[end:]
    return text.decode()


def _parsed(sql: str) -> Any:
    import duckdb

    with duckdb.connect() as connection:
        row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    return json.loads(row[0]) if row else None


def _paths(node: Any, text: bytes) -> Iterator[tuple[Place, str]]:
    """Yields the paths below a node of the parsed query, each with the bytes of the text that it takes."""
    if isinstance(node, list):
        for one in node:
            yield from _paths(one, text)
    elif isinstance(node, dict):
        yield from _of_node(node, text)
        yield from _paths(list(node.values()), text)


def _of_node(node: dict[str, Any], text: bytes) -> Iterator[tuple[Place, str]]:
    if node.get("type") == "BASE_TABLE" and _FILE.fullmatch(node["table_name"]) and not node["schema_name"]:
        quoted = _QUOTED.match(text, node["query_location"])
        if quoted:
            yield quoted.span(), node["table_name"]
    if node.get("type") == "TABLE_FUNCTION" and _READER.fullmatch(node["function"]["function_name"]):
        yield from _constants([argument["expression"] for argument in node["function"]["arguments"][:1]])


def _constants(expressions: list[dict[str, Any]]) -> Iterator[tuple[Place, str]]:
    for one in expressions:
        literal = one.get("literal")
        if literal and literal["kind"] == "STRING":
            yield (one["query_location"], one["query_location"] + one["query_location_length"]), literal["text"]
        elif one.get("function_name") == "list_value":
            yield from _constants([argument["expression"] for argument in one["arguments"]])
