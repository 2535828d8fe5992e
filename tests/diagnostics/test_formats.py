"""Every format, on any report: it is made without an exception, and what reads the format takes it."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.formats import FORMATS, markdown, render
from rulekit.diagnostics.report import Case, Ignored, Report
from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.project_rules import load_rules
from tests.diagnostics.standards import ACCEPT
from tests.language.cases import write_project

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.case"))

odd = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "`",
        "``x`",
        "@ada",
        "::error::",
        "%0A",
        "a,b:c",
        "<b>&",
        "]]>",
        "```\n# x",
        "\x00\x1b\ud800\uffff",
        "$x$",
        "| -- |",
    ]
)
paths = st.sampled_from(["a.rules", "b/ä ö.rules", "t/:,%.html", "\ud800\n.rules", "gone.rules"])
texts = st.text(st.sampled_from('ab `\t\r\n\x00日\u202e:"#'), max_size=60) | st.sampled_from(
    ["persona A:\n  plan = 1\n", "person:\n", "```\n~~~\n" * 3]
)
sources = st.dictionaries(paths.filter(lambda path: path != "gone.rules"), texts, max_size=4)
places = st.builds(
    lambda path, start, length: Span(path, start, start + length), paths, st.integers(0, 70), st.integers(0, 70)
)
labels = st.builds(Label, places, odd)
fixes = st.builds(Fix, odd, st.lists(st.builds(Edit, places, odd), max_size=3).map(tuple), st.booleans())
diagnostics = st.builds(
    Diagnostic,
    st.sampled_from([*codes.ALL, Code("ABC001", "of-a-plugin", codes.INFO, "A plugin found it.")]),
    odd,
    st.none() | labels,
    st.lists(labels, max_size=3).map(tuple),
    st.none() | odd,
    st.lists(odd, max_size=2).map(tuple),
    st.lists(fixes, max_size=2).map(tuple),
)


def clip(one: Diagnostic, texts: dict[str, str]) -> Diagnostic:
    """Returns a report whose places lie within the texts, as those of the language do."""

    def within(span: Span) -> Span:
        size = len(texts.get(span.path, " " * 200))
        return Span(span.path, min(span.start, size), min(span.end, size))

    def label(old: Label) -> Label:
        return Label(within(old.span), old.text)

    changed = tuple(
        Fix(fix.title, tuple(Edit(within(edit.span), edit.replacement) for edit in fix.edits), fix.safe)
        for fix in one.fixes
    )
    primary = label(one.primary) if one.primary else None
    return Diagnostic(one.code, one.message, primary, tuple(map(label, one.secondary)), one.help, one.notes, changed)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    texts = draw(sources)
    found = diagnostics.map(lambda one: clip(one, texts))
    cases = st.builds(
        Case, odd, paths | st.just(""), st.lists(found, max_size=4).map(tuple), st.none() | st.floats(0, 9)
    )
    return Report(
        draw(st.sampled_from(["check", "fmt", "test"])),
        draw(st.lists(cases, max_size=3).map(tuple)),
        {path: SourceText(path, text) for path, text in texts.items()},
        draw(odd),
        draw(st.lists(st.builds(Ignored, found, odd), max_size=2).map(tuple)),
        draw(st.lists(odd, max_size=2).map(tuple)),
        draw(st.sampled_from(["", "mail/", "a b,c:d/"])),
    )


@pytest.mark.parametrize("style", FORMATS)
@given(report=reports())
@settings(max_examples=60, deadline=None)
def test_any_report_in_any_format(style: str, report: Report) -> None:
    text = render(style, report)
    text.encode()
    assert text == "" or text.endswith("\n")
    ACCEPT[style](text)


@pytest.fixture(scope="module")
def of_cases(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    found = []
    for path in CASES:
        folder = tmp_path_factory.mktemp(path.stem)
        write_project(path.read_text(encoding="utf-8").partition("=== report\n")[0], folder)
        rules = load_rules(folder)
        found.append(Report("check", (Case("all", "", tuple(rules.diagnostics)),), rules.sources, "done"))
    return found


@pytest.mark.parametrize("style", FORMATS)
def test_every_report_of_the_language_in_any_format(style: str, of_cases: list[Report]) -> None:
    for report in of_cases:
        ACCEPT[style](render(style, report))


# --- one small report, read as a service reads it -------------------------------------------------------------------

TEXT = "persona A:\n  plan = 日本 and\n  seats > 1\n"
SOURCES = {"ru les/a.rules": SourceText("ru les/a.rules", TEXT)}


def span(part: str) -> Span:
    return Span("ru les/a.rules", TEXT.index(part), TEXT.index(part) + len(part))


FIX = Fix("write 2", (Edit(span("1"), "2"),))
FOUND = Diagnostic(
    codes.UNKNOWN_FIELD, "no `plan`, 50%", Label(span("plan"), "here"), (Label(span("seats"), "as here"),), "add it"
)
WARNING = Diagnostic(codes.UNDECIDED_MISSING, "it may be missing", Label(span("日本 and\n  seats")), fixes=(FIX,))
WHOLE = Diagnostic(codes.WRONG_SETTING, "it is wrong", None)


def small(*found: Diagnostic, **more: Any) -> Report:
    return Report("check", (Case("ru les/a.rules", "ru les/a.rules", found),), SOURCES, "1 file checked", **more)


def test_github_places_each_annotation_and_escapes_it() -> None:
    assert render("github", small(WARNING, FOUND, WHOLE, base="mail/")).splitlines() == [
        "::error file=mail/ru les/a.rules,line=2,endLine=2,col=3,endColumn=7,title=RK102 unknown-field"
        "::no `plan`, 50%25%0Ahelp: add it",
        "::error title=RK901 wrong-setting::it is wrong",
        "::warning file=mail/ru les/a.rules,line=2,endLine=3,title=RK212 undecided-missing::it may be missing",
    ]
    colon = Diagnostic(codes.UNKNOWN_FIELD, "m", Label(Span("a,b:c%.rules", 0, 0)))
    assert render("github", small(colon)).startswith("::error file=a%2Cb%3Ac%25.rules,title=")
    assert render("github", small()) == ""


def test_github_shows_ten_of_a_kind_and_counts_the_rest() -> None:
    *shown, rest = render("github", small(*[WARNING] * 11, *[FOUND] * 14)).splitlines()
    assert [line.split()[0] for line in shown] == ["::error"] * 10 + ["::warning"] * 10
    assert rest.startswith("4 errors and 1 warning more are not annotated, because GitHub shows 10 of a kind")


def test_gitlab_gives_each_report_a_place_and_a_fingerprint() -> None:
    first, second, third = json.loads(render("gitlab", small(FOUND, FOUND, WHOLE, base="mail/")))
    assert first.pop("fingerprint") != second["fingerprint"]
    assert first == {
        "description": "no `plan`, 50%",
        "check_name": "RK102/unknown-field",
        "severity": "major",
        "location": {"path": "mail/ru les/a.rules", "lines": {"begin": 2}},
    }
    assert third["location"] == {"path": "mail/rulekit.toml", "lines": {"begin": 1}}
    assert render("gitlab", small()) == "[]\n"


def test_sarif_lists_all_rules_on_a_clean_run() -> None:
    (run,) = json.loads(render("sarif", small()))["runs"]
    assert run["results"] == []
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [code.number for code in codes.ALL]
    assert all(
        {"name", "shortDescription", "help", "defaultConfiguration", "properties"} <= rule.keys() for rule in rules
    )
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_has_places_fixes_fingerprints_and_suppressions() -> None:
    report = small(FOUND, WARNING, ignored=(Ignored(FOUND, "it is known"),), base="mail/")
    (run,) = json.loads(render("sarif", report))["runs"]
    error, warning, silent = run["results"]
    (location,) = error["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "mail/ru%20les/a.rules", "uriBaseId": "%SRCROOT%", "index": 0},
        "region": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 7},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "persona A"}]
    assert [related["message"]["text"] for related in error["relatedLocations"]] == ["as here"]
    assert (error["level"], warning["level"]) == ("error", "warning")
    ((change,),) = [fix["artifactChanges"] for fix in warning["fixes"]]
    assert change["replacements"][0]["insertedContent"] == {"text": "2"}
    assert (error["suppressions"], silent["suppressions"]) == (
        [],
        [{"kind": "inSource", "justification": "it is known"}],
    )
    assert len({result["partialFingerprints"]["rulekit/v1"] for result in run["results"]}) == 3


def test_junit_fails_for_errors_only() -> None:
    cases = (
        Case("a", "a.rules", (FOUND, WARNING), 0.25),
        Case("b", "b.rules", (WARNING,)),
        Case("c\x00", "", (), 1.0),
    )
    suite = ET.fromstring(render("junit", Report("test", cases, SOURCES, "", base="mail/")))[0]
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "time")} == {
        "name": "rulekit test",
        "tests": "3",
        "failures": "1",
        "time": "1.250",
    }
    failed, warned, passed = suite
    assert failed.attrib == {"classname": "rulekit.test", "name": "a", "time": "0.250", "file": "mail/a.rules"}
    assert failed[0].get("message") == "1 error and 1 warning"
    assert "^^^^ here" in (failed[0].text or "")
    assert [child.tag for child in warned] == ["system-out"]
    assert (passed.get("name"), list(passed)) == ("c␀", [])


def test_markdown_begins_with_the_conclusion_and_quotes_the_source() -> None:
    lines = render("markdown", small(FOUND)).splitlines()
    assert lines[:6] == [
        "**1 file checked**",
        "",
        "#### `ru les/a.rules`",
        "",
        "- ❌ **error** `RK102/unknown-field` at `ru les/a.rules:2:3`: no `plan`, 50%",
        "",
    ]
    assert lines[6] == "  ```text"
    assert lines[-1] == "  Help: add it"


def test_markdown_cannot_be_led_astray() -> None:
    source = SourceText("a.rules", "`````\n")
    evil = Diagnostic(codes.UNKNOWN_FIELD, "<img> @ada [x](y) `@bob` #1 :x:", Label(Span("a.rules", 0, 5)))
    text = render("markdown", Report("check", (Case("a", "a.rules", (evil,)),), {"a.rules": source}, "x"))
    assert "\\<img\\> @<!-- -->ada \\[x\\](y) `@bob` \\#1 \\:x:" in text
    assert "  ``````text\n" in text


def test_markdown_is_cut_and_says_so() -> None:
    text = render("markdown", small(*[FOUND] * 2000))
    assert len(text) <= markdown.LIMIT + 200
    shown = text.count("RK102/unknown-field")
    assert text.endswith(f"\n{2000 - shown:,} more reports left out, for want of room.\n")


def test_json_names_cases_and_suppressed_reports() -> None:
    report = small(FOUND, WARNING, ignored=(Ignored(FOUND, "it is known"),), notes=("n",))
    document = json.loads(render("json", report))
    (case,) = document["cases"]
    assert case["diagnostics"] == [one["fingerprint"] for one in document["diagnostics"]]
    assert [one["reason"] for one in document["suppressed"]] == ["it is known"]
    assert document["suppressed"][0]["fingerprint"] not in case["diagnostics"]
    assert (document["command"], document["notes"], document["conclusion"]) == ("check", ["n"], "1 file checked")
