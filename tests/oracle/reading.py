"""Rules as text, through the real parser and checker."""

from rulekit.diagnostics.diagnostic import has_errors
from rulekit.diagnostics.source import SourceText
from rulekit.diagnostics.text import render
from rulekit.language import checker, parser
from rulekit.language.program import Program

PATH = "oracle.rules"


def program_from(text: str) -> Program:
    """Returns what a text means; fails with the rendered reports when it has errors."""
    source = SourceText(PATH, text)
    tree, diagnostics = parser.parse(source)
    program, found = checker.check([tree], {source.path: source}.__getitem__)
    reports = [*diagnostics, *found]
    assert not has_errors(reports), render(reports, {source.path: source}) + "\n" + text
    assert program is not None
    return program
