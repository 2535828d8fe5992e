"""Reports on a terminal: help and notes as wide as it is, colour unless that is not wanted, always the same words.

Long work shows there what it does, and leaves nothing of it behind.
"""

import io
import re

import click
import pytest

from rulekit.cli.printing.progress import working
from rulekit.cli.printing.terminal import on_terminal, page_on_terminal

REPORT = """\
error[RK102/unknown-field]: unknown person field `pln`
 --> main.rules:6:3
  |
6 |   pln = "- a"
  |   ^^^ not declared
  |         --- -
  = help: write `plan`, or declare the field that is meant in `person:` so that everybody knows of it and can use it
  = note: it was there before

1 file checked: 1 error
"""


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_is_as_wide_as_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_terminal(REPORT, columns)
    assert all(len(row) <= columns for row in shown.splitlines())
    assert re.sub(r"\n {10}(?=\S)", " ", shown) == REPORT
    assert (shown == REPORT) is (columns == 120)


def test_colour_marks_titles_and_places_and_changes_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = on_terminal(REPORT, 200)
    assert click.unstyle(shown) == REPORT
    title, _, _, source, marked, *_ = shown.splitlines()
    assert title.startswith("\x1b[31m\x1b[1merror[RK102/unknown-field]:")
    assert "\x1b" not in source
    assert marked.startswith("  |   \x1b[31m^^^ not declared")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert "\x1b" not in on_terminal(REPORT, 200)


PAGE = """\
# RK201 type-mismatch

Error: it *is*.

```rules main.rules
# a comment
  plan = 1
```
"""


def test_a_page_is_shown_without_its_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = page_on_terminal(PAGE)
    assert shown.startswith("\x1b[1mRK201 type-mismatch\x1b[0m\n")
    assert click.unstyle(shown) == "RK201 type-mismatch\n\nError: it *is*.\n\n    # a comment\n      plan = 1\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert page_on_terminal(PAGE) == click.unstyle(shown)


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def shown_while_working(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    stream = Stream(terminal)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "30")
    with working("reading people") as say:
        say("sending: " + "a long way " * 9)
    return stream.getvalue()


def test_long_work_shows_what_it_does_on_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = shown_while_working(True, monkeypatch)
    assert "\n" not in shown
    first, second, last = shown.split("\r\x1b[K")[1:]
    assert (first, last) == ("reading people …\r", "")
    assert second == "sending: a long way a long wa\r"


@pytest.mark.parametrize(("terminal", "kind"), [(False, "xterm"), (True, "dumb")])
def test_elsewhere_it_shows_nothing(terminal: bool, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", kind)
    assert shown_while_working(terminal, monkeypatch) == ""
