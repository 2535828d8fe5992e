"""Names, schema, cycles, renames and triggers."""

from datetime import timedelta

import pytest

from rulekit.language.checking.names.cycles import find_cycles
from rulekit.language.program import FieldType, Trigger
from rulekit.language.types import LIST_OF_TEXT, Kind, Type
from rulekit.records import Edge

BASE = 'persona P:\n  admin\nsegment S:\n  arr > 1\ntemplate T:\n  subject "a"\n  text "b"\n'


def trigger(check_text, written):
    return check_text(f"{BASE}trigger Win_Back{written}\n")


def test_schema(check_text):
    schema = check_text("").program.schema
    assert schema.person["plan"] == FieldType("plan", Type(Kind.ONE_OF, ("free", "pro", "enterprise")), False)
    assert schema.person["tags"] == FieldType("tags", LIST_OF_TEXT, False)
    assert schema.person["last_login"].optional
    assert list(schema.company) == ["name", "arr", "industry", "renewal_date"]
    assert list(schema.events) == ["dashboard_viewed", "project_created", "project_live", "purchase", "signed_up"]


def test_names_are_unique_without_regard_to_case(check_text):
    checked = check_text("persona Quiet:\n  admin\npersona QUIET:\n  beta is missing\n")
    report = checked.only()
    assert report.code.slug == "duplicate-name"
    assert checked.quoted(report.primary) == "QUIET"
    assert checked.quoted(report.secondary[0]) == "Quiet"


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        ("segment", ":\n  arr > 1"),
        ("let", " = 1"),
        ("event", ""),
        ("template", ':\n  subject "a"\n  text "b"'),
        ("trigger", ":\n  on tagged(P) send template T"),
    ],
)
def test_every_kind_has_unique_names(check_text, kind, rest):
    checked = check_text(f"{BASE}{kind} Twice{rest}\n{kind} twice{rest}\n")
    assert checked.slugs == ["duplicate-name"]


def test_one_name_for_two_kinds_is_fine(check_text):
    assert check_text("persona Same:\n  admin\nsegment Same:\n  arr > 1\n").slugs == []


def test_schema_problems(check_text):
    checked = check_text(
        "",
        schema='person:\n  a tekst\n  b list of number\n  c one of ("x", "x")\n  d text\n  D text\n'
        "person:\n  e text\nevent buy:\n  p nmber?\n",
    )
    assert sorted(checked.slugs) == [
        "duplicate-name",
        "duplicate-name",
        "invalid-choices",
        "unknown-type",
        "unknown-type",
        "unknown-type",
    ]


def test_a_broken_declaration_is_the_only_report(check_text):
    schema = "person:\n  a tekst\n  admin bool\nevent buy:\n  p nmber\n"
    rules = 'persona P:\n  a = "x" and did(buy where p > 3) and sum(buy.p) > 4\n'
    assert check_text(rules, schema=schema).slugs == ["unknown-type", "unknown-type"]


def test_a_declaration_that_cannot_be_read_hides_nothing_but_itself(check_text):
    rules = (
        "persona Broken:\n  admin and and\n"
        "persona Other:\n  in Broken and last_logn > 3d\n"
        'template T:\n  subject "a"\n  text "b"\n'
        "trigger X:\n  on tagged(Broken) send template T\n"
    )
    assert check_text(rules).slugs[1:] == ["unknown-field"]


def test_a_let_with_the_name_of_a_field(check_text):
    assert check_text("let Seats = 3\n").slugs == ["ambiguous-name"]
    assert check_text("let arr = 3\n").slugs == ["ambiguous-name"]


def test_cycles(check_text):
    checked = check_text("let a = b + 1\nlet b = a\nlet c = a\npersona P:\n  seats > c\n")
    report = checked.only()
    assert report.code.slug == "let-cycle"
    assert report.primary.text == "goes around: `a` → `b` → `a`"
    checked = check_text("let x = in B\npersona A:\n  admin and x\npersona B:\n  not in A\npersona C:\n  in C\n")
    assert checked.slugs == ["persona-cycle", "persona-cycle"]
    assert check_text("segment A:\n  in B\nsegment B:\n  in A\n").slugs == ["segment-cycle"]


def test_a_persona_and_a_segment_of_one_name_are_no_cycle(check_text):
    assert check_text("segment S:\n  arr > 1\npersona P:\n  in S\n").slugs == []


def test_find_cycles():
    chain = {str(i): frozenset({str(i + 1)}) for i in range(5000)}
    assert not list(find_cycles(chain, chain))
    assert next(find_cycles({**chain, "4999": frozenset({"0"})}, chain))[0] == "0"
    assert not list(find_cycles({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}, "abc"))


def test_trigger_exactly_as_people_know_it(check_text):
    checked = check_text(
        "persona Inactive14:\n  last_login > 14d and last_login is present\n"
        'template Miss_You:\n  subject "a"\n  text "b"\n'
        "trigger Win_Back:\n  on tagged(Inactive14) send template Miss_You auto=false\n"
    )
    assert checked.slugs == []
    assert checked.program.triggers == {
        "Win_Back": Trigger("Win_Back", "Win_Back", Edge.TAGGED, "Inactive14", None, "Miss_You")
    }


def test_every_option(check_text):
    checked = trigger(
        check_text,
        ' was Old "Back":\n  on untagged(P) in S send template T\n'
        '  auto=true backfill=true every=30d after=0d keep=true expires=2w uncertain="resend"',
    )
    assert checked.program.triggers["Win_Back"] == Trigger(
        "Win_Back", "Back", Edge.UNTAGGED, "P", "S", "T", True, True,
        timedelta(days=30), timedelta(0), True, timedelta(days=14), "resend", "Old",
    )  # fmt: skip


OPTIONS = {
    "evry=30d": ("unknown-option", "evry", "every"),
    "every=30": ("missing-unit", "30", "30d"),
    "every=0d": ("invalid-option", "0d", None),
    "expires=0d": ("invalid-option", "0d", None),
    "after=-1d": ("invalid-option", "-1d", None),
    'auto="true"': ("invalid-option", '"true"', "true"),
    "auto=1": ("invalid-option", "1", "true"),
    "auto=30d": ("invalid-option", "30d", None),
    'uncertain="resent"': ("invalid-option", '"resent"', '"resend"'),
    'uncertain="maybe"': ("invalid-option", '"maybe"', None),
    "uncertain=true": ("invalid-option", "true", None),
    "auto=true auto=false": ("duplicate-option", "auto=false", None),
}


@pytest.mark.parametrize("written", OPTIONS)
def test_option_problems(check_text, written):
    checked = trigger(check_text, f":\n  on tagged(P) send template T {written}")
    slug, underlined, fix = OPTIONS[written]
    report = checked.only()
    assert (report.code.slug, checked.quoted(report.primary)) == (slug, underlined)
    assert [edit.replacement for one in report.fixes for edit in one.edits] == ([] if fix is None else [fix])


def test_trigger_names_are_resolved_within_their_kind(check_text):
    checked = trigger(check_text, ":\n  on tagged(S) in P send template P")
    assert checked.slugs == ["unknown-persona", "unknown-segment", "unknown-template"]
    assert not any(report.fixes for report in checked.diagnostics if report.code.slug == "unknown-persona")


def test_was(check_text):
    kept = "persona Q was P:\n  admin\npersona P:\n  beta is missing\n"
    assert check_text(kept).slugs == ["stale-was"]
    merged = "persona Q was Old:\n  admin\npersona R was OLD:\n  beta is missing\n"
    assert check_text(merged).slugs == ["stale-was"]
    assert check_text("persona Q was Q:\n  admin\n").slugs == ["stale-was"]
    assert check_text("persona Q was Old:\n  admin\n").program.personas["Q"].was == "Old"
