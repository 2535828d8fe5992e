"""Rules as text, through the real parser and checker."""

from rulekit.diagnostics.diagnostic import has_errors
from rulekit.diagnostics.rendering import render
from rulekit.diagnostics.source import SourceText
from rulekit.language import checker
from rulekit.language.parsing import parser
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
