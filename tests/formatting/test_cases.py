"""Runs the tests of the layout, which are data: one file in `tests/formatting/cases` for each thing that it decides.

A case holds a file as an author may have written it, then how it is laid out::

    let  idle=14d
    === formatted
    let idle = 14d

`→` stands for a tab and `␍` at the end of a line for a carriage return. What is laid out stays as it is when it is laid
out again. To write a case: write the part above `=== formatted`, run the tests with RULEKIT_UPDATE_CASES=1, and read
what they wrote.
"""

import os
from pathlib import Path

import pytest

from rulekit.diagnostics.source import SourceText
from rulekit.language.formatting import format_source
from rulekit.language.formatting.scenario_layout import Layout
from rulekit.language.parsing.grammar import build_parser, grammar_text

CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
SEPARATOR = "=== formatted\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    written, _, expected = path.read_text(encoding="utf-8").partition(SEPARATOR)
    formatted = format_source(SourceText("a.rules", written.replace("→", "\t").replace("␍", "\r")))
    assert isinstance(formatted, str), [report.message for report in formatted]
    if os.environ.get("RULEKIT_UPDATE_CASES") == "1":
        path.write_text(f"{written}{SEPARATOR}{formatted}", encoding="utf-8")
        expected = formatted
    assert formatted == expected
    assert format_source(SourceText("a.rules", formatted)) == formatted


def test_every_rule_of_the_grammar_has_a_layout() -> None:
    for rule in build_parser(grammar_text()).rules:
        passed_on = rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias
        name = rule.alias or rule.origin.name
        assert passed_on or name.startswith("__") or hasattr(Layout, name), name


def test_a_file_with_mistakes_gives_their_reports() -> None:
    answer = format_source(SourceText("a.rules", "persona X:\n  a >\nlet b = 14d\n"))
    assert isinstance(answer, list)
    assert [report.code.number for report in answer] == ["RK002"]


@pytest.mark.parametrize("text", ["", "\n\n \t\r\n", "\r\n"])
def test_nothing_is_laid_out_as_nothing(text: str) -> None:
    assert format_source(SourceText("a.rules", text)) == ""
