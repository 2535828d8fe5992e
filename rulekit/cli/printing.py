"""How commands print: aligned columns, and nothing raw from data."""

import json
import unicodedata
from collections.abc import Iterable, Sequence

import click

from rulekit.diagnostics.lines import escape, width


def escape_line(text: str) -> str:
    """Returns a text of data on one line, made safe as `escape` does."""
    return escape(text.replace("\r\n", " ").replace("\n", " "))


def print_columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows below a header, columns aligned; the last one keeps its length."""
    lines = [list(header), *([escape_line(cell) for cell in row] for row in rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [cell + " " * (widest - width(cell)) for cell, widest in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def print_json(value: object) -> None:
    """Prints a value as JSON, indented, with letters as they are and control and bidi characters as JSON escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    click.echo("".join(json.dumps(c)[1:-1] if c != "\n" and unicodedata.category(c)[0] == "C" else c for c in text))
