"""Whatever the text, there is a tree or a report, and soon."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rulekit.diagnostics.formats import FORMATS
from rulekit.diagnostics.formats import render as render_as
from rulekit.diagnostics.report import Case, Report
from rulekit.diagnostics.source import SourceText
from rulekit.language.parser import MISTAKES, parse
from rulekit.language.words import RESERVED, SOFT

MIB = 1024 * 1024
PROGRAM = """
person:
  email text
  plan one of ("free", "pro")?
event purchase: amount number
let idle = 2 * 7d
segment Large "L": arr > 50_000 and name not in ("a", "b")
# about it
persona Quiet was Old "Q":
  (last_login > idle and company.count(purchase where amount > 5, 30d..14d ago) = 0) or not in Large
  or did(a then b within 7d, last 3d) or x is missing or y within next 3d or z between 1 and 2
template Hello: subject "Hi {{ person.email }}" text "Hi"
trigger T: on tagged(Quiet) in Large send template Hello auto=true every=3d
test "t": person ada: email="a", company=acme event purchase by ada at 2026-01-01: amount=1
  at 2026-01-01T00:00Z: expect ada in Quiet, expect no Hello to ada, approve Hello to ada
"""
SIGNS = [
    ":",
    ",",
    ".",
    "..",
    "?",
    "(",
    ")",
    "=",
    "!=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "/",
    '"',
    "`",
    "#",
    "\n",
    "\\",
    "&",
    "é",
]
VALUES = ['"a"', "1", "1.5", "50%", "14d", "14x", "2026-01-31", "2026-13-31", "2026-01-31T09:00Z", "2026-01-31T09:00"]
WORDS = [word.lower() for word in sorted(RESERVED | SOFT)] + ["within next", "a", "Foo", "`a`", *VALUES, *SIGNS]


def accept(text: str) -> None:
    """Parses and renders a text; the reports stand in order, and every mistake leaves a trace."""
    source = SourceText("a.rules", text)
    file, reports = parse(source)
    places = [report.primary.span for report in reports if report.primary]
    assert len(places) == len(reports) <= MISTAKES + 1
    assert all(0 <= place.start <= place.end <= len(text) for place in places)
    assert places[:MISTAKES] == sorted(places[:MISTAKES])
    assert bool(reports) >= bool(file.broken)
    case = Case(source.path, source.path, tuple(reports))
    for style in FORMATS:
        shown = render_as(style, Report("check", (case,), {source.path: source}, "1 file checked"))
        assert not any(c != "\n" and not c.isprintable() for c in shown)


@given(st.text())
def test_any_text(text: str) -> None:
    accept(text)


@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    accept(content.decode("utf-8", "replace"))


@given(st.lists(st.sampled_from(WORDS), max_size=40))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_words(words: list[str]) -> None:
    accept(" ".join(words))


@given(st.integers(0, len(PROGRAM)), st.integers(0, 12), st.sampled_from(["", *WORDS]) | st.text(max_size=5))
def test_any_change_to_a_program(start: int, length: int, replacement: str) -> None:
    accept(PROGRAM[:start] + replacement + PROGRAM[start + length :])


@pytest.mark.parametrize(
    "text",
    [
        "persona A: " + "(" * 10_000 + "x" + ")" * 10_000,
        "persona A: x" + " and x" * 100_000,
        "persona A: 1" + " + 1" * 100_000,
        "persona A: " + "not " * 100_000 + "x",
        "persona A: " + "-" * 100_000 + "x",
        "persona A: x > " + "9" * 5_000,
        "let a = " + "9" * 5_000 + "d",
        "let a = f(x" + ", 1" * 100_000 + ")",
        "let " + "a" * MIB,
        "let " * (MIB // 4),
        "event e\n" * (MIB // 8),
        "persona A: x > 3 and y\n" * (MIB // 24),
        "; " * (MIB // 2),
        '"\n' * (MIB // 2),
        "#\n" * (MIB // 2),
        "\0" * MIB,
        "\u00a0x" * (MIB // 3),
        "\u202e",
        'let a = "' + "\\q" * (MIB // 2),
    ],
    ids=lambda text: f"{text[:16]!r}",
)
def test_large_texts_are_read_soon(text: str) -> None:
    start = time.process_time()
    accept(text)
    assert time.process_time() - start < 2
