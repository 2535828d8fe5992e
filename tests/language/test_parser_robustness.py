"""Whatever the text, there is a tree or a report, and soon."""

import re
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rulekit.diagnostics.diagnostic import Severity, has_errors, in_order
from rulekit.diagnostics.formats import FORMATS
from rulekit.diagnostics.formats import render as render_as
from rulekit.diagnostics.report import Case, Report
from rulekit.diagnostics.source import SourceText
from rulekit.language.parsing.parser import MISTAKES, parse
from rulekit.language.parsing.words import RESERVED, SOFT
from rulekit.language.project_rules import Rules, load_rules
from tests.proofs import FIGURES

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
WORD = re.compile(r'\s+|"[^"\n]*"|\w+|.')
PROGRAMS = [PROGRAM, *(path.read_text(encoding="utf-8") for path in Path(__file__).parents[2].glob("rules/*.rules"))]
TEXTS = settings(max_examples=FIGURES.texts, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CHECKED = settings(TEXTS, max_examples=FIGURES.examples)


def accept(text: str) -> None:
    """Parses and renders a text; the reports stand in order, and every mistake leaves a trace."""
    source = SourceText("a.rules", text)
    file, reports = parse(source)
    assert parse(source) == (file, reports)
    places = [report.primary.span for report in reports if report.primary]
    assert len(places) == len(reports) <= MISTAKES + 1
    assert all(0 <= place.start <= place.end <= len(text) for place in places)
    assert places[:MISTAKES] == sorted(places[:MISTAKES])
    assert bool(reports) >= bool(file.broken)
    case = Case(source.path, source.path, tuple(reports))
    for style in FORMATS:
        shown = render_as(style, Report("check", (case,), {source.path: source}, "1 file checked"))
        assert not any(c != "\n" and not c.isprintable() for c in shown)


@pytest.mark.proof
@TEXTS
@given(st.text())
def test_any_text(text: str) -> None:
    accept(text)


@pytest.mark.proof
@TEXTS
@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    accept(content.decode("utf-8", "replace"))


@pytest.mark.proof
@TEXTS
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words(words: list[str]) -> None:
    accept(" ".join(words))


@pytest.mark.proof
@TEXTS
@given(st.integers(0, len(PROGRAM)), st.integers(0, 12), st.sampled_from(["", *WORDS]) | st.text(max_size=5))
def test_any_change_to_a_program(start: int, length: int, replacement: str) -> None:
    accept(PROGRAM[:start] + replacement + PROGRAM[start + length :])


@pytest.mark.proof
@CHECKED
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_changed_program_is_checked(random: Random, changes: int) -> None:
    """Words of a project that is right are taken out, doubled, swapped and put in; the checker never raises."""
    words = WORD.findall(random.choice(PROGRAMS))
    for _ in range(changes):
        place, other = random.randrange(len(words)), random.randrange(len(words))
        match random.choice(["delete", "double", "swap", "insert"]):
            case "delete" if len(words) > 1:
                del words[place]
            case "double":
                words.insert(place, words[place])
            case "swap":
                words[place], words[other] = words[other], words[place]
            case _:
                words.insert(place, f" {random.choice(WORDS)} ")
    text = "".join(words)
    accept(text)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.rules").write_text(text, encoding="utf-8")
        judge(load_rules(Path(folder)))


@pytest.mark.proof
@CHECKED
@given(st.binary(max_size=200))
def test_any_bytes_are_checked(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.rules").write_bytes(content)
        judge(load_rules(Path(folder)))


def judge(rules: Rules) -> None:
    """Asks of reports what every reader of them may rely on."""
    for report in rules.diagnostics:
        assert report.message
        assert report.help is None or report.help[0].islower() or report.help[0] == "`", report.help
        for label in (report.primary, *report.secondary):
            source = rules.sources.get(label.span.path) if label else None
            assert source is None or 0 <= label.span.start <= label.span.end <= len(source.text)
    keys = [(report.code, report.primary and report.primary.span) for report in rules.diagnostics]
    assert len(set(keys)) == len(keys)
    assert rules.diagnostics == in_order(rules.diagnostics)
    assert not (rules.program and has_errors(rules.diagnostics))


@pytest.mark.proof
@CHECKED
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_a_broken_declaration_hides_nothing_but_itself(random: Random, number: int) -> None:
    declared = [f"persona P{i}:\n  age > {i}\n" for i in range(8)]
    declared += [f"persona Q{i}:\n  in P{i} and age > 3\n" for i in range(8)]
    broken = set(random.sample(range(len(declared)), number))
    for i in broken:
        # the keyword stays: without it, nothing tells that another declaration begins
        words = WORD.findall(declared[i])
        del words[random.choice([j for j, word in enumerate(words) if j and not word.isspace()])]
        declared[i] = "".join(words)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.rules").write_text("person:\n  age number\n" + "".join(declared), encoding="utf-8")
        rules = load_rules(Path(folder))
    starts = list(accumulate((len(text) for text in declared), initial=len("person:\n  age number\n")))
    errors = [d for d in rules.diagnostics if d.severity is Severity.ERROR]
    reported = [bisect_right(starts, d.primary.span.start) - 1 for d in errors]
    assert set(reported) <= broken, [d.message for d in errors]


LARGE = {
    "nested": "persona A: " + "(" * 10_000 + "x" + ")" * 10_000,
    "and": "persona A: x" + " and x" * 100_000,
    "plus": "persona A: 1" + " + 1" * 100_000,
    "not": "persona A: " + "not " * 200_000 + "x",
    "minus": "persona A: " + "-" * 100_000 + "x",
    "digits": "persona A: x > " + "9" * 5_000,
    "long duration": "let a = " + "9" * 5_000 + "d",
    "arguments": "let a = f(x" + ", 1" * 100_000 + ")",
    "long name": "let " + "a" * (MIB - 4),
    "lets without names": "let " * (MIB // 4),
    "events": "event e\n" * (MIB // 8),
    "personas": "persona A: x > 3 and y\n" * (MIB // 24),
    "signs": "; " * (MIB // 2),
    "quotes": '"' * MIB,
    "quotes on lines": '"\n' * (MIB // 2),
    "backquotes": "`" * MIB,
    "brackets": "()" * (MIB // 2),
    "comments": "#\n" * (MIB // 2),
    "NUL": "\0" * MIB,
    "NBSP": "\u00a0x" * (MIB // 3),
    "bidi": "persona A: x \u202e",
    "look-alikes": "persona \u0430: x\n" * (MIB // 14),
    "one line": 'persona A: x = "' + "a" * (MIB - 20) + '"',
    "escapes": 'let a = "' + "\\q" * (MIB // 2 - 5),
    "chain of lets": "".join(f"let a{i} = a{i + 1}\n" for i in range(30_000)),
    "unknown names": "".join(f"persona Bigger{i}:\n  in Digger{i}\n" for i in range(5_700)),
    "declared again": "event e\n" * 19_000,
}
LET_0 = "let a0 = 1\n"
# whatever its size, one report for one cause
LARGE_WITH_ONE_MISTAKE = {
    "one long chain of lets": "".join(f"let a{i} = a{i + 1}\n" for i in range(7_000)) + "let a7000 = 1\n",
    "used chain of lets": "person:\n  n number\n"
    + "".join(f"let a{i} = a{i + 1}\n" for i in range(4_000))
    + "let a4000 = n > 1\n"
    + "".join(f"persona B{i}:\n  a{i}\n" for i in range(3_500)),
    "steps of lets": LET_0 + "".join(f"let a{i} = a{i - 1} + 1\n" for i in range(1, 5_500)),
    "doubling lets": LET_0 + "".join(f"let a{i} = a{i - 1} + a{i - 1}\n" for i in range(1, 5_500)),
    "tags of a template": 'template T:\n  text "x"\n  subject "' + "{{ a }}" * 100_000 + '"\n',
    "branches of a template": 'template T:\n  text "x"\n  subject "' + "{% if a %}" * 50_000 + '"\n',
    "long pattern": 'person:\n  a text\npersona A:\n  a matches "' + "a?" * 50_000 + '"\n',
}
LARGE |= LARGE_WITH_ONE_MISTAKE
MEASURE = """
import re, sys, time
from pathlib import Path
from rulekit.language.project_rules import load_rules
start = time.process_time()
found = load_rules(Path(sys.argv[1])).diagnostics
# not `ru_maxrss`: that counts what the parent had when it made this process
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(len(found), time.process_time() - start, peak)
"""


@pytest.mark.starts_programs
@pytest.mark.parametrize("name", LARGE)
def test_large_texts_are_reported_soon_and_in_little_memory(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text(LARGE[name], encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", MEASURE, tmp_path], capture_output=True, text=True, check=True)
    reports, seconds, mebibytes = map(float, done.stdout.split())
    assert reports == 1 if name in LARGE_WITH_ONE_MISTAKE else reports > 0
    assert seconds < 2
    assert mebibytes < 200


def test_many_heavy_patterns_are_one_report_at_the_heaviest(tmp_path: Path) -> None:
    heavy = [f'persona P{i}:\n  a matches "(\\\\pL|\\\\pN){{0,{100 + i}}}"\n' for i in range(200)]
    (tmp_path / "a.rules").write_text("person:\n  a text\n" + "".join(heavy), encoding="utf-8")
    started = time.process_time()
    rules = load_rules(tmp_path)
    seconds = time.process_time() - started
    (report,) = [one for one in rules.diagnostics if one.severity is Severity.ERROR]
    assert report.code.slug == "invalid-pattern"
    assert "pL|" in rules.sources["a.rules"].text[report.primary.span.start : report.primary.span.end]
    assert seconds < 10  # all of them take about thirty


def test_thousands_of_ordinary_patterns_are_no_mistake(tmp_path: Path) -> None:
    ordinary = [f'persona P{i}:\n  a matches "[a-z]+[.]{i}@(example|sample)[.](com|org)"\n' for i in range(1500)]
    (tmp_path / "a.rules").write_text("person:\n  a text\n" + "".join(ordinary), encoding="utf-8")
    assert not has_errors(load_rules(tmp_path).diagnostics)
