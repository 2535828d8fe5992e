"""The grammar has no conflicts, its tables load only where they fit, and its reference is true."""

import logging
import re
from pathlib import Path

import lark
import pytest

from rulekit.diagnostics.rendering import render
from rulekit.diagnostics.source import SourceText
from rulekit.folders import shipped_folder
from rulekit.language.parsing import grammar
from rulekit.language.parsing.parser import parse
from rulekit.language.parsing.words import RESERVED, SOFT

README = shipped_folder("grammar") / "README.md"
BLOCKS = re.findall(r"^```rules\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_of_the_reference_parse(block: str) -> None:
    source = SourceText("README.md", block)
    file, reports = parse(source)
    assert render(reports, {source.path: source}) == ""
    assert file.declarations


def test_reference_names_every_reserved_word() -> None:
    section = README.read_text(encoding="utf-8").partition("| reserved words |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+)`", section)) == {word.lower() for word in RESERVED}


def test_soft_words_are_those_of_the_grammar() -> None:
    rule = re.search(r"^name: (.*?)\n\n", grammar.grammar_text(), re.MULTILINE | re.DOTALL)
    assert rule is not None
    assert set(re.findall(r"[A-Z_]+", rule[1])) == SOFT | {"NAME", "QUOTED_NAME"}


def test_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lark.logger, "propagate", True)
    monkeypatch.setattr(lark.logger, "level", logging.DEBUG)
    ambiguous = 'declaration: IF declaration [ELSE declaration] | NAME\nIF: "if"\nELSE: "else"\nNAME: "x"\n'
    grammar.build_parser(ambiguous, debug=True)
    assert "conflict" in caplog.text.lower(), "this test would not see a conflict"
    caplog.clear()
    grammar.build_parser(grammar.grammar_text(), debug=True)
    assert "conflict" not in caplog.text.lower()


class Nothing:
    """A builder for no rule."""


def test_tables_of_this_grammar_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "TABLES", tmp_path / "tables.bin")
    grammar.write_tables(grammar.TABLES, grammar.grammar_text())
    parser = grammar.load_parser(Nothing())
    assert parser.source_path == "<deserialized>"


@pytest.mark.parametrize("stale", ["another grammar", None])
def test_other_tables_are_not_used(stale: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "TABLES", tmp_path / "tables.bin")
    if stale:
        grammar.TABLES.write_bytes(f"{stale}\nnot tables".encode())
    parser = grammar.load_parser(Nothing())
    assert parser.source_path != "<deserialized>"
    assert sorted(path.name for path in tmp_path.iterdir()) == (["tables.bin"] if stale else [])
