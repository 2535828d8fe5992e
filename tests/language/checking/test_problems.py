"""What the checker refuses in conditions: the code, the underlined words and the fix of each mistake."""

import pytest

PROBLEMS = {
    # names
    "last_logn > 14d": ("unknown-field", "last_logn", "last_login"),
    "company.ar > 1": ("unknown-field", "ar", "arr"),
    "arr > 1": ("out-of-scope", "arr", "company.arr"),
    "did(purchase where purchase.amount > 1)": ("out-of-scope", "purchase.amount", "amount"),
    "purchase.amount > 1": ("out-of-scope", "purchase.amount", None),
    "in Entreprise": ("unknown-persona", "Entreprise", None),
    "in p": ("unknown-persona", "p", "P"),
    "did(purchas)": ("unknown-event", "purchas", "purchase"),
    "did(purchase where amont > 1)": ("unknown-property", "amont", "amount"),
    "sum(purchase.amont) > 1": ("unknown-property", "amont", "amount"),
    "sum(any.amount) > 1": ("unknown-property", "any.amount", None),
    "cuont(purchase) > 1": ("unknown-function", "cuont", "count"),
    "did(purchase where seats > 1)": ("out-of-scope", "seats", None),
    "did(purchase where company.arr > 1)": ("out-of-scope", "company.arr", None),
    "did(purchase where did(signed_up))": ("out-of-scope", "did", None),
    "did(purchase where in Q)": ("out-of-scope", "in Q", None),
    # types
    "last_login > 14": ("missing-unit", "14", "14d"),
    "quota > 14": ("missing-unit", "14", "14d"),
    "did(purchase, last few)": ("missing-unit", "few", "3d"),
    "created_at in (2026-01-31, )": ("type-mismatch", "2026-01-31", "2026-01-31T00:00Z"),
    "born in (2026-01-31T09:00Z, )": ("type-mismatch", "2026-01-31T09:00Z", "2026-01-31"),
    "email = 14": ("type-mismatch", "14", '"14"'),
    'seats = "14"': ("type-mismatch", '"14"', "14"),
    'admin = "true"': ("type-mismatch", '"true"', "true"),
    "admin = 1": ("type-mismatch", "1", "true"),
    'created_at > "2026-01-31"': ("type-mismatch", '"2026-01-31"', "2026-01-31T00:00Z"),
    "email = seats": ("type-mismatch", "seats", None),
    'tags = "vip"': ("type-mismatch", '"vip"', None),
    'plan = "entreprise"': ("not-in-closed-set", '"entreprise"', '"enterprise"'),
    'plan in ("free", "por")': ("not-in-closed-set", '"por"', '"pro"'),
    'default(plan, "fre") = "pro"': ("not-in-closed-set", '"fre"', '"free"'),
    "last(purchase.sku) = 5": ("type-mismatch", "5", '"5"'),
    "default(seats, few) = email": ("type-mismatch", "email", None),
    "seats in (1, 7d)": ("type-mismatch", "7d", None),
    "seats": ("not-a-condition", "seats", None),
    "admin and 5": ("not-a-condition", "5", None),
    "seats > did(purchase)": ("condition-as-value", "did(purchase)", None),
    "did(purchase) is missing": ("condition-as-value", "did(purchase)", None),
    "admin > false": ("unordered-comparison", "admin > false", None),
    "tags in (1, 2)": ("wrong-operand", "tags", None),
    'seats contains "1"': ("wrong-operand", "seats", None),
    "email contains 1": ("wrong-operand", "1", None),
    "seats within last 3d": ("wrong-operand", "seats", None),
    'lower(seats) = "x"': ("wrong-operand", "seats", None),
    "email + plan = email": ("wrong-operand", "+", None),
    "created_at + 5 > created_at": ("wrong-operand", "+", None),
    "-email = email": ("wrong-operand", "email", None),
    "seats > 5 of seats": ("wrong-operand", "5", None),
    "sum(purchase.sku) > 1": ("wrong-operand", "purchase.sku", None),
    "sum(purchase) > 1": ("wrong-arguments", "sum(purchase)", None),
    "count(purchase.amount) > 1": ("wrong-arguments", "count(purchase.amount)", None),
    "did(any where amount > 1)": ("wrong-arguments", "amount > 1", None),
    "did(purchase within 3d)": ("wrong-arguments", "did(purchase within 3d)", None),
    "count(purchase then signed_up) > 1": ("wrong-arguments", "count(purchase then signed_up)", None),
    "did(purchase, 14d)": ("wrong-arguments", "did(purchase, 14d)", None),
    "did(purchase, last 7d, last 9d)": ("wrong-arguments", "did(purchase, last 7d, last 9d)", None),
    'lower(email, plan) = "x"': ("wrong-arguments", "lower(email, plan)", None),
    "default(score) > 1": ("wrong-arguments", "default(score)", None),
    "default(score, seats) > 1": ("not-a-literal", "seats", None),
    "email matches plan": ("not-a-literal", "plan", None),
    "did(purchase, last quota)": ("not-a-literal", "quota", None),
    "did(purchase, last 0d)": ("invalid-window", "0d", None),
    "did(purchase, 14d..14d ago)": ("invalid-window", "14d..14d ago", None),
    "last_login within last 0d": ("invalid-window", "0d", None),
    r'email matches "(a)\\1"': ("invalid-pattern", r'"(a)\\1"', None),
    'email matches "(?=a)b"': ("invalid-pattern", '"(?=a)b"', None),
    'email matches "a("': ("invalid-pattern", '"a("', None),
    "(seats > 1) = true": ("chained-comparison", "=", None),
}


@pytest.mark.parametrize("written", PROBLEMS)
def test_problems(problem, written):
    checked = problem(written, "let few = 3\n")
    slug, underlined, fix = PROBLEMS[written]
    report = checked.only()
    assert (report.code.slug, checked.quoted(report.primary)) == (slug, underlined)
    assert [edit.replacement for one in report.fixes for edit in one.edits] == ([] if fix is None else [fix])
    assert len(report.message.split()) <= 12
    assert report.message[0] in "`" or report.message[0].islower()
    assert not report.message.endswith(".")
    assert report.help
    assert report.help[0].islower()
    assert checked.program is None


def test_a_window_that_runs_backwards_is_turned(problem):
    checked = problem("did(purchase, 14d..30d ago)")
    assert checked.only().code.slug == "invalid-window"
    assert checked.fixed() == [("14d", "30d"), ("30d", "14d")]


def test_every_part_is_looked_at(problem):
    checked = problem("last_logn > 14d and seats > few or plan = 1 and did(purchas where amont > 1, last 0d)")
    assert checked.slugs == ["unknown-field", "unknown-field", "type-mismatch", "invalid-window", "unknown-event"]


def test_the_declaration_is_shown(problem):
    checked = problem("last_login > 14")
    assert "last_login  time?" in [checked.quoted(label) for label in checked.only().secondary]


def test_a_mistake_in_a_let_is_reported_once_with_its_use(check_text):
    checked = check_text("let quiet = last_logn > 14d\npersona A:\n  quiet\npersona B:\n  quiet and admin\n")
    report = checked.only()
    assert (report.code.slug, checked.quoted(report.primary)) == ("unknown-field", "last_logn")
    assert [checked.quoted(label) for label in report.secondary] == ["quiet"]


def test_an_unused_let_is_checked(check_text):
    assert check_text("let quiet = last_logn > 14d\n").errors == ["unknown-field"]
    assert check_text("let large = arr > 5\nlet late = last_login > 5d\n").errors == []


def test_lets_do_not_grow_without_bound(check_text):
    doubling = "".join(f"let a{i} = a{i + 1} and a{i + 1}\n" for i in range(40))
    checked = check_text(f"{doubling}let a40 = admin\npersona P:\n  a0\n")
    assert checked.errors == ["oversized-expression"]


def test_lets_do_not_nest_without_bound(check_text):
    chain = "".join(f"let a{i} = a{i + 1} + 1\n" for i in range(300))
    checked = check_text(f"{chain}let a300 = seats\npersona P:\n  a0 > 1\n")
    assert checked.errors == ["oversized-expression"]


def test_a_missing_record_is_reported_once(check_text):
    checked = check_text("persona A:\n  age > 1 and height > 2\nsegment S:\n  arr > 1 and size > 2\n", schema="")
    assert checked.errors == ["missing-record", "missing-record"]


def test_segment_problems(check_text):
    checked = check_text('persona P:\n  admin\nsegment S:\n  in P or seats > 1 or in Unknown or industri = "x"\n')
    assert checked.errors == ["out-of-scope", "out-of-scope", "unknown-segment", "unknown-field"]


def test_a_name_of_both_kinds_is_ambiguous(check_text):
    checked = check_text("persona Big:\n  admin\nsegment Big:\n  arr > 1\npersona P:\n  in Big\n")
    assert checked.errors == ["ambiguous-name"]
