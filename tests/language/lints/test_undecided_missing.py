"""Comparisons of values that may be missing, and the decisions that settle them."""

import pytest

UNDECIDED = {
    "last_login > 14d": ("people without `last_login` are left out", "last_login > 14d", True),
    "not last_login > 14d": ("people without `last_login` are swept in", "last_login > 14d", True),
    'first_name != "Ada"': ("people without `first_name` are swept in", 'first_name != "Ada"', False),
    'not (first_name != "Ada" or admin)': ("people without `first_name` are left out", 'first_name != "Ada"', False),
    "not beta": ("people without `beta` are swept in", "beta", True),
    "beta = false": ("people without `beta` are left out", "beta = false", True),
    'first_name = ""': ("people without `first_name` are left out", 'first_name = ""', True),
    'not first_name = "Ada"': ("people without `first_name` are swept in", 'first_name = "Ada"', True),
    "not company.arr > 3": ("people without a company are swept in", "company.arr > 3", True),
    "company.arr != 3": ("people without a company are swept in", "company.arr != 3", False),
    "company.count(purchase) = 0": ("people without a company are left out", "company.count(purchase) = 0", True),
    "company.last(purchase) > 7d": ("people without a company are left out", "company.last(purchase) > 7d", True),
    "not company.did(purchase)": ("people without a company are swept in", "company.did(purchase)", True),
    "score in (1, 2)": ("people without `score` are left out", "score in (1, 2)", True),
    "score not in (1, 2)": ("people without `score` are swept in", "score not in (1, 2)", False),
    "born within next 3d": ("people without `born` are left out", "born within next 3d", True),
    "not lower(first_name) contains \"a\"": ("people without `first_name` are swept in",
                                            'lower(first_name) contains "a"', True),
    "company.industry != \"x\"": ("people without `company.industry` are swept in", 'company.industry != "x"', False),
    "score between 1 and 5": ("people without `score` are left out", "score between 1 and 5", True),
}  # fmt: skip


@pytest.mark.parametrize("written", UNDECIDED)
def test_undecided(check_text, written):
    message, underlined, present_keeps = UNDECIDED[written]
    checked = check_text(f"persona P:\n  {written}\n")
    report = checked.only()
    assert (report.code.slug, report.message) == ("undecided-missing", message)
    assert checked.quoted(report.primary) == underlined
    keeps, changes = report.fixes
    assert keeps.safe
    assert not changes.safe
    assert ("is present and" in keeps.edits[0].replacement) is present_keeps
    assert checked.program is not None


@pytest.mark.parametrize("written", UNDECIDED)
@pytest.mark.parametrize("number", [0, 1])
def test_each_fix_settles_it(check_text, written, number):
    text = f"persona P:\n  {written}\n"
    for edit in check_text(text).only().fixes[number].edits:
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    checked = check_text(text)
    assert checked.slugs == []


@pytest.mark.parametrize(
    "written",
    [
        "last_login > 14d and last_login is present",
        "last_login > 14d or not (last_login is missing)",
        "default(score, 0) > 5 and score < 9",
        "admin and created_at > 3d",
        "max(purchase.amount) > 3 and last(purchase) > 7d",
        'did(purchase where sku = "x")',
        "company.arr > 3",
        "not company.arr > 3 and company is present",
        "company.count(purchase) = 0 and company is present",
        "not company.did(purchase) or company is missing",
        "default(company.count(purchase), 0) = 0",
        "company.count(purchase) = 0 and company.arr is present",
        # these say themselves which values they are about
        "beta",
        'first_name = "Ada"',
        'first_name in ("Ada", "Bob")',
        'company.industry = "x"',
        'first_name starts with "A" or lower(first_name) contains "a"',
    ],
)
def test_decided(check_text, written):
    assert check_text(f"persona P:\n  {written}\n").slugs == []


def test_one_report_for_each_field(check_text):
    checked = check_text("persona P:\n  score > 1 and (score < 5 or beta = false)\n")
    assert [report.message for report in checked.diagnostics] == [
        "people without `score` are left out",
        "people without `beta` are left out",
    ]
    assert [e.replacement for e in checked.diagnostics[0].fixes[0].edits] == [
        "(score is present and score > 1)",
        "(score is present and score < 5)",
    ]


def test_a_segment_speaks_of_companies(check_text):
    assert check_text('segment S:\n  industry != "x"\n').only().message == "companies without `industry` are swept in"


def test_a_let_is_decided_where_it_is_used(check_text):
    checked = check_text("let quiet = last_login > 14d\npersona P:\n  quiet\n")
    assert checked.fixed() == [("quiet", "(last_login is present and quiet)")]
