"""The reports of all cases are worded alike, as far as a machine can tell."""

import re
from pathlib import Path

import pytest

from rulekit.diagnostics import codes
from rulekit.language.parsing.literals import CONVERTERS
from rulekit.language.parsing.words import RESERVED, SOFT

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.case"))
WORDS = 12
# fmt: off
VERBS = {
    "add", "ask", "begin", "change", "check", "choose", "close", "compare", "correct", "create", "decide", "declare",
    "delete", "draw", "finish", "give", "join", "keep", "limit", "loop", "lower", "make", "mend", "move", "name",
    "put", "raise", "remove", "rename", "replace", "run", "save", "say", "see", "send", "set", "settle", "shorten",
    "split", "take", "update", "use", "write",
}
# fmt: on
# what the parser and Python call things, and an author does not
INTERNAL = RESERVED | SOFT | CONVERTERS.keys() | {"RPAR", "LPAR", "COLON", "COMMA", "EQUAL", "DOT"}
INTERNAL |= {"str", "int", "float", "dict", "tuple", "NoneType", "Decimal", "datetime", "timedelta"}


def rows(path: Path, pattern: str) -> list[str]:
    report = path.read_text(encoding="utf-8").partition("=== report\n")[2]
    return re.findall(pattern, report, re.MULTILINE)


def plain(text: str) -> str:
    """Returns a text with what stands in backquotes, the author's words, as one word."""
    return re.sub(r"`` .*? ``|`[^`]*`", "`…`", text)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_headlines(path: Path) -> None:
    for headline in rows(path, r"^(?:error|warning|info)\[\S+\]: (.*)$"):
        words = plain(headline).split()
        assert len(words) <= WORDS, headline
        assert re.match(r"[a-z]|`|RK\d{3}", headline), headline
        assert not headline.endswith("."), headline
        assert INTERNAL.isdisjoint(words), headline


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_help_begins_with_a_verb(path: Path) -> None:
    for help in rows(path, r"^ += help: (.*)$"):
        words = plain(help).split()
        assert words[0] in VERBS, f"{help} (is it a verb? then add it to the list)"
        assert not help.endswith("."), help
        assert INTERNAL.isdisjoint(words), help


@pytest.mark.parametrize("code", codes.ALL, ids=lambda code: code.number)
def test_a_summary_is_one_sentence(code: codes.Code) -> None:
    assert re.fullmatch(r"(?:[A-Z]|`)[^.]*(?:\.\w[^.]*)*\.", code.summary)
    assert INTERNAL.isdisjoint(plain(code.summary).split())
