"""Reports for people and machines: places, underlines, and nothing invisible on the terminal."""

import json

import pytest

from rulekit import __version__
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from rulekit.diagnostics.display import escape, width
from rulekit.diagnostics.fingerprints import fingerprints
from rulekit.diagnostics.formats import render as render_as
from rulekit.diagnostics.rendering import render, render_concise, summary
from rulekit.diagnostics.report import Case, Report
from rulekit.diagnostics.source import SourceText, Span

TEXT = "persona A:\n\tplan = 日本語 and\t\x1b[31mred\n\nlast"
SOURCES = {"a.rules": SourceText("a.rules", TEXT), "b.rules": SourceText("b.rules", "let a = 1\nlet b = 2\n")}


def span(part: str, path: str = "a.rules") -> Span:
    start = SOURCES[path].text.index(part)
    return Span(path, start, start + len(part))


def report(primary: Label | None, *secondary: Label, message: str = "it is wrong") -> Diagnostic:
    return Diagnostic(codes.UNEXPECTED_TEXT, message, primary, secondary, "write it well", ("it was",))


def test_full_form_underlines_and_names_every_place() -> None:
    shown = render(
        [report(Label(span("plan"), "here"), Label(span("and")), Label(span("b", "b.rules"), "there"))], SOURCES
    )
    assert shown == (
        "error[RK001/unexpected-text]: it is wrong\n"
        " --> a.rules:2:2\n"
        "  |\n"
        "2 |     plan = 日本語 and   ␛[31mred\n"
        "  |     ^^^^ here\n"
        "  |                   ---\n"
        " --> b.rules:2:5\n"
        "  |\n"
        "2 | let b = 2\n"
        "  |     - there\n"
        "  = help: write it well\n"
        "  = note: it was\n"
    )


def test_wide_characters_take_two_columns() -> None:
    marked = render([report(Label(span("日本語")))], SOURCES).splitlines()[4]
    assert marked == "  |            ^^^^^^"


@pytest.mark.parametrize("start", [0, 5, 99, 100, 101, 500_000, 999_997, 999_999])
def test_long_lines_are_cut_around_the_place(start: int) -> None:
    source = SourceText("a.rules", "x" * start + "HERE" + "y" * (1_000_000 - start))
    rows = render([report(Label(Span("a.rules", start, start + 4)))], {"a.rules": source}).splitlines()
    column = rows[4].index("^")
    assert rows[3][column : column + 4] == "HERE"
    assert rows[4].count("^") == 4
    assert all(len(row) < 120 for row in rows)


def test_a_place_without_width_is_one_column() -> None:
    end = len(TEXT)
    rows = render([report(Label(Span("a.rules", end, end)))], SOURCES).splitlines()
    assert rows[3:5] == ["4 | last", "  |     ^"]


def test_a_stretch_over_lines_is_marked_on_its_first() -> None:
    rows = render([report(Label(Span("a.rules", 8, end=len(TEXT))))], SOURCES).splitlines()
    assert rows[3:5] == ["1 | persona A:", "  |         ^^"]


def marked(line: str, *stretches: tuple[int, int, str]) -> list[str]:
    """Returns the rows below a line on which stretches are labelled; the first is the primary one."""
    labels = [Label(Span("a.rules", start, end), text) for start, end, text in stretches]
    rows = render([report(*labels)], {"a.rules": SourceText("a.rules", line)}).splitlines()
    return [row.removeprefix("  | ") for row in rows[4:-2]]


def test_places_that_say_the_same_share_a_row() -> None:
    assert marked("plan = plan", (7, 11, "twice"), (0, 4, "twice")) == ["----   ^^^^ twice"]
    assert marked("plan = plan", (0, 4, "twice"), (0, 4, "twice"), (7, 11, "again")) == [
        "^^^^ twice",
        "       ---- again",
    ]


def test_places_that_overlap_have_a_row_each() -> None:
    assert marked("plan = plan", (0, 11, "all"), (0, 4, "part")) == ["^^^^^^^^^^^ all", "---- part"]
    assert marked("plan = plan", (0, 11, "x"), (0, 4, "x")) == ["^^^^^^^^^^^ x", "---- x"]


def test_a_label_far_right_stands_below_its_place() -> None:
    rows = marked("x" * 90 + " plan", (91, 95, "is a text"))
    assert rows == [" " * 91 + "^^^^", " " * 86 + "is a text"]
    assert marked("x" * 95 + " plan", (96, 100, "")) == [" " * 96 + "^^^^"]


def test_line_numbers_share_a_margin() -> None:
    sources = {"a.rules": SourceText("a.rules", "x\n" * 12)}
    shown = render([report(Label(Span("a.rules", 22, 23)), Label(Span("a.rules", 0, 1)))], sources)
    assert "\n12 | x\n   | ^\n  --> a.rules:1:1\n   |\n 1 | x\n   | -\n   = help" in shown


def test_nothing_invisible_reaches_the_terminal() -> None:
    odd = "\x1b]0;\x07\u202e\u200b\u00a0\r\n"
    path = f"a{odd}.rules"
    source = SourceText(path, f"x{odd}")
    diagnostic = report(Label(Span(path, 0, 5), odd), message=odd)
    for shown in (render([diagnostic], {path: source}), render_concise([diagnostic], {path: source})):
        assert not any(c != "\n" and not c.isprintable() for c in shown)


def test_reports_are_separated_and_may_lack_a_place() -> None:
    shown = render([report(None), report(Label(Span("gone.rules", 3, 4)))], SOURCES)
    first, second = shown.split("\n\n")
    assert first == "error[RK001/unexpected-text]: it is wrong\n  = help: write it well\n  = note: it was"
    assert second.splitlines()[1] == " --> gone.rules"


def test_concise_form() -> None:
    reports = [report(Label(span("plan"))), report(None), report(Label(Span("gone.rules", 0, 0)))]
    assert render_concise(reports, SOURCES).splitlines() == [
        "a.rules:2:2: error[RK001/unexpected-text] it is wrong",
        "error[RK001/unexpected-text] it is wrong",
        "gone.rules: error[RK001/unexpected-text] it is wrong",
    ]


def test_summary_counts_in_words() -> None:
    error = report(None)
    warning = Diagnostic(codes.UNDECIDED_MISSING, "it is odd", None)
    assert summary([]) == "no findings"
    assert summary([error]) == "1 error"
    assert summary([error, warning, error]) == "2 errors and 1 warning"


def test_json_form() -> None:
    fix = Fix("insert it", (Edit(Span("b.rules", 0, 0), "x"),), safe=True)
    diagnostic = Diagnostic(
        codes.UNEXPECTED_TEXT,
        "it is wrong",
        Label(span("plan"), "here"),
        (Label(span("and")),),
        "write",
        ("n",),
        (fix,),
    )
    cases = (Case("a.rules", "a.rules", (diagnostic, report(None))),)
    document = json.loads(render_as("json", Report("check", cases, SOURCES, "1 file checked")))
    assert document["schema_version"] == 1
    assert document["tool"] == {"name": "rulekit", "version": __version__}
    assert document["summary"] == {"errors": 2, "warnings": 0, "infos": 0}
    first, second = document["diagnostics"]
    assert first == {
        "fingerprint": fingerprints([diagnostic], SOURCES)[0],
        "code": "RK001",
        "slug": "unexpected-text",
        "severity": "error",
        "message": "it is wrong",
        "path": "a.rules",
        "start": {"line": 2, "column": 2},
        "end": {"line": 2, "column": 6},
        "label": "here",
        "declaration": "persona A",
        "secondary": [
            {
                "path": "a.rules",
                "start": {"line": 2, "column": 13},
                "end": {"line": 2, "column": 16},
                "label": "",
            }
        ],
        "help": "write",
        "notes": ["n"],
        "fixes": [
            {
                "title": "insert it",
                "safe": True,
                "edits": [
                    {
                        "path": "b.rules",
                        "start": {"line": 1, "column": 1},
                        "end": {"line": 1, "column": 1},
                        "replacement": "x",
                    }
                ],
            }
        ],
    }
    assert (second["path"], second["start"], second["end"]) == (None, None, None)


def test_codes_are_unique_and_well_formed() -> None:
    assert len({code.number for code in codes.ALL}) == len({code.slug for code in codes.ALL}) == len(codes.ALL)
    for code in codes.ALL:
        assert code.number.startswith("RK")
        assert code.number[2:].isdigit()
        assert code.slug == code.slug.lower().replace("_", "-")
        assert code.summary.endswith(".")
        assert isinstance(code.severity, Severity)
        assert codes.by_name(code.number.lower()) is codes.by_name(code.slug) is code
    assert codes.by_name("RK000") is None


def test_data_cannot_steer_a_terminal_and_keeps_its_lines_and_spaces() -> None:
    assert escape("a\x1b[2J\u202eb\r\n1\u00a0234\t\U000e0041") == "a␛[2J<U+202E>b␍\n1\u00a0234␉<U+E0041>"
    assert width("né日本\u0301") == 6
