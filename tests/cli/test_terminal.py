"""Reports on a terminal: help and notes as wide as it is, colour unless that is not wanted, always the same words."""

import re

import click
import pytest

from rulekit.cli.printing.terminal import on_terminal

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
