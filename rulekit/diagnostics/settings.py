"""What is wrong with `rulekit.toml`, as reports that point into it."""

import re
from typing import TYPE_CHECKING

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span

if TYPE_CHECKING:
    from rulekit.settings import Problem, Settings


def check_settings(source: SourceText) -> "tuple[Settings | None, list[Diagnostic]]":
    """Returns the settings in the text of a `rulekit.toml`, or None with a report for each that is wrong."""
    # the model of the settings takes longer to load than to use, and a folder without settings does not need it
    from rulekit.settings import WrongSettings, read_settings

    try:
        return read_settings(source.text), []
    except WrongSettings as error:
        return None, [_report(source, problem, error.help) for problem in error.problems]


def _report(source: SourceText, problem: "Problem", help: str | None) -> Diagnostic:
    # a problem says on one line what is wrong and, behind a semicolon, what to do
    said, _, advice = problem.message.rpartition("; ")
    if advice.startswith("did you mean "):
        advice = f"write {advice.removeprefix('did you mean ').removesuffix('?')}"
    if not said or not advice.startswith("write "):
        said, advice = problem.message, help or ""
    return Diagnostic(codes.WRONG_SETTING, said, Label(place_of(source, problem.key)), help=advice)


def place_of(source: SourceText, key: str) -> Span:
    """Returns where a key or section first stands; the start of the file when it is not written there."""
    found = re.search(rf"^\s*(?:\[+[\w.\s]*?)?({re.escape(key)})\b", source.text, re.MULTILINE) if key else None
    return Span(source.path, *(found.span(1) if found else (0, 0)))
