"""Fingerprints: a report is known again when its rules have moved, and no other is taken for it."""

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label
from rulekit.diagnostics.fingerprints import FileOutline, fingerprints
from rulekit.diagnostics.source import SourceText, Span

RULES = """\
let quiet = 14d

persona Away "Gone":
  last_login > quiet and
  seen > quiet

trigger Miss_You:
  on tagged(Away) send
  template Hello
"""


def reports(text: str, *parts: str, path: str = "a.rules", code: Code = codes.UNKNOWN_FIELD) -> list[str]:
    """Returns the fingerprints of reports about the parts; a part that is named again is its next occurrence."""
    places, found = {}, []
    for part in parts:
        start = places[part] = text.index(part, places.get(part, -1) + 1)
        found.append(Diagnostic(code, f"message {start}", Label(Span(path, start, start + len(part)))))
    return fingerprints(found, {path: SourceText(path, text)})


def test_lines_may_move_and_be_indented() -> None:
    moved = "# a comment\n\npersona First:\n  a = 1\n\n" + RULES.replace("  ", "\t").replace("\n", "\r\n")
    for part in ("last_login", "seen > quiet", "Hello"):
        assert reports(RULES, part) == reports(moved, part)


def test_white_space_in_the_marked_text_does_not_count() -> None:
    assert reports(RULES, "last_login > quiet and\n  seen") == reports(
        RULES.replace("last_login > quiet and\n  seen", "last_login>quiet\nand seen"), "last_login>quiet\nand seen"
    )


def test_another_code_file_declaration_or_text_is_another_report() -> None:
    others = [
        *reports(RULES, "last_login"),
        *reports(RULES, "seen"),
        *reports(RULES, "last_login", path="b.rules"),
        *reports(RULES, "last_login", code=codes.AMBIGUOUS_NAME),
        *reports(RULES.replace("Away", "Gone"), "last_login"),
        *reports(RULES.replace("persona Away", "segment Away"), "last_login"),
    ]
    assert len(set(others)) == len(others)


def test_equal_reports_are_numbered_in_the_order_of_their_places() -> None:
    first, second = reports(RULES, "> quiet", "> quiet")
    assert first != second
    assert reports(RULES, "> quiet") == [first]
    text = SourceText("a.rules", RULES)
    places = [RULES.rindex("> quiet"), RULES.index("> quiet")]
    turned = [Diagnostic(codes.UNKNOWN_FIELD, "m", Label(Span("a.rules", at, at + 7))) for at in places]
    assert fingerprints(turned, {"a.rules": text}) == [second, first]


def test_a_fingerprint_stays_what_it_is_between_versions() -> None:
    assert reports(RULES, "last_login") == ["acf951cefd139ac69b1a5edca819bb20"]


def test_reports_without_a_place_are_known_by_their_message() -> None:
    def known(message: str, path: str | None) -> str:
        primary = Label(Span(path, 3, 4)) if path is not None else None
        return fingerprints([Diagnostic(codes.WRONG_SETTING, message, primary)], {})[0]

    assert known("a", None) == known("a", None)
    assert len({known("a", None), known("b", None), known("a", "gone.rules"), known("b", "gone.rules")}) == 4
    assert len(set(fingerprints([Diagnostic(codes.WRONG_SETTING, "a", None)] * 3, {}))) == 3


def test_the_declaration_around_a_place() -> None:
    text = """\
# persona Comment:
person:
  plan text
company :
  arr number
event login
event `test`: path text
template Hello "persona Not_This":
  subject "x"
test "person ada: says \\"hi\\"":
  person ada: plan="a"
  company acme: arr=1
  event `login` by ada at 2026-01-01
  event login
by ada at 2026-01-02
  at 2026-01-02: expect ada in Away
let a = plan = "b"
"""
    outline = FileOutline.of(SourceText("a.rules", text))
    assert outline.names == [
        "person",
        "company",
        "event login",
        "event test",
        "template Hello",
        'test "person ada: says \\"hi\\""',
        "let a",
    ]
    assert outline.around(0) == ""
    assert outline.around(text.index("arr number")) == "company"
    assert outline.around(len(text)) == "let a"
    assert FileOutline.of(SourceText("templates/a.html", text)).names == []
