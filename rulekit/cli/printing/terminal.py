"""Reports and pages on a terminal: as wide as it is, and in colour unless NO_COLOR asks for none."""

import os
import re
import textwrap
from collections.abc import Iterator

import click

NARROWEST = 40
COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_TITLE = re.compile(r"(error|warning|info)(?=\[)[^:]*:")
_ADVICE = re.compile(r"( *= (?:help|note): )(.*)")
_MARKS = re.compile(r"( *\| +)([\^-][\^ -]*)(.*)")


def on_terminal(text: str, columns: int) -> str:
    """Returns reports with help and notes wrapped and, when colour is wanted, titles and marks in it."""
    rows = [row for line in text.splitlines() for row in _wrapped(line, max(columns, NARROWEST))]
    return "".join(f"{row}\n" for row in (_coloured(rows) if _wants_colour() else rows))


def page_on_terminal(markdown: str) -> str:
    """Returns a page as people read it: headings and examples stand out, without the marks that make them such."""
    rows, in_example = [], False
    for line in markdown.splitlines():
        if line.startswith("```"):
            in_example = not in_example
        elif in_example:
            rows.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            rows.append(click.style(line.lstrip("# "), bold=True) if _wants_colour() else line.lstrip("# "))
        else:
            rows.append(line)
    return "".join(f"{row}\n" for row in rows)


def _wants_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _wrapped(line: str, columns: int) -> list[str]:
    advice = _ADVICE.fullmatch(line)
    if advice is None or len(line) <= columns:
        return [line]
    lead, words = advice.groups()
    return textwrap.wrap(
        words,
        columns,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _coloured(rows: list[str]) -> Iterator[str]:
    colour = COLOURS["error"]
    for row in rows:
        title, marks = _TITLE.match(row), _MARKS.fullmatch(row)
        if title is not None:
            colour = COLOURS[title[1]]
            yield click.style(title[0], fg=colour, bold=True) + click.style(row[title.end() :], bold=True)
        elif marks is not None:
            yield marks[1] + click.style(marks[2] + marks[3], fg=colour)
        else:
            yield row
