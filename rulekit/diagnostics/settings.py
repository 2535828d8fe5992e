"""What is wrong with `rulekit.toml`, as reports that point into it."""

import re
from typing import TYPE_CHECKING

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span

if TYPE_CHECKING:
    from rulekit.settings import Settings


def check_settings(source: SourceText) -> "tuple[Settings | None, list[Diagnostic]]":
    """Returns the settings in the text of a `rulekit.toml`, or None with a report for each that is wrong."""
    # the model of the settings takes longer to load than to use, and a folder without settings does not need it
    from rulekit.settings import WrongSettings, read_settings

    try:
        return read_settings(source.text), []
    except WrongSettings as error:
        return None, [
            Diagnostic(codes.WRONG_SETTING, problem.message, Label(_place(source, problem.key)), help=error.help)
            for problem in error.problems
        ]


def _place(source: SourceText, key: str) -> Span:
    """Returns where a key or section first stands; the start of the file when it is not written there."""
    found = re.search(rf"^\s*(?:\[+[\w.\s]*?)?({re.escape(key)})\b", source.text, re.MULTILINE) if key else None
    return Span(source.path, *(found.span(1) if found else (0, 0)))
