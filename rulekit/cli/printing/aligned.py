"""How commands print: aligned columns, and nothing raw from data."""

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence

import click

from rulekit.diagnostics.display import escape, width

# how what a spreadsheet computes begins; the wide letters are read as the narrow ones
_FORMULAS = tuple("=+-@'＝＋－＠")
_BLANKS = ("\t", "\r", "\n")


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


def print_csv(header: str, values: Iterable[str]) -> None:
    """Prints a column as CSV that neither a terminal nor a spreadsheet takes for more than text."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([header])
    writer.writerows([escape(_no_formula(value))] for value in values)
    sys.stdout.flush()


def _no_formula(text: str) -> str:
    """Returns a text with `'` before one that a spreadsheet would compute, as OWASP advises (CSV injection).

    One that begins with `'` gets another, so that who takes one away has the text.
    """
    return f"'{text}" if text.lstrip().startswith(_FORMULAS) or text.startswith(_BLANKS) else text


def print_json(value: object) -> None:
    """Prints a value as JSON, indented, with letters as they are and control and bidi characters as JSON escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    click.echo("".join(json.dumps(c)[1:-1] if c != "\n" and unicodedata.category(c)[0] == "C" else c for c in text))
