"""Contradictions, tautologies and superfluous parts that are seen, and what looks like them and is not."""

import pytest

HEAD = """\
person:
  plan        one of ("free", "pro")
  name        text
  score       number?
  last_login  time
  vip         bool
company:
  arr  number
event login
event purchase:
  amount number
segment Large "Large":
  arr > 50_000
"""


@pytest.mark.parametrize(
    ("condition", "slugs"),
    [
        ("in Large and not in Large", ["persona-never-matches"]),
        ("vip and not vip", ["persona-never-matches"]),
        ("last_login > 14d and last_login < 7d", ["persona-never-matches"]),
        ("last_login within last 3d and last_login > 5d", ["persona-never-matches"]),
        ("last_login within next 3d and last_login > 1d", ["persona-never-matches"]),
        ("default(score, 0) is missing", ["persona-never-matches"]),
        ("did(login) and count(login) = 0", ["persona-never-matches"]),
        ('name = "a" and (name = "b" or name = "c")', ["persona-never-matches"]),
        ('name contains "x" and not name contains "x"', ["persona-never-matches"]),
        ("score is missing and score > 1", ["persona-never-matches"]),
        ("count(login) > 3 and count(login, last 7d) < 2", []),
        ("count(purchase where amount > 3) = 0 and count(purchase) > 2", []),
        ('name != "a" and name != "b"', []),
        ("last_login > 7d and last_login < 14d", []),
        ("max(purchase.amount) > 5 and min(purchase.amount) < 3", []),
        ("not last_login > 7d and not last_login <= 7d", []),
        ("company.arr > 5 or not company.arr > 5", ["constant-condition", "undecided-missing"]),
        ("company.arr > 5 or company.arr <= 5", []),
        ("company.count(login) >= 0", ["undecided-missing"]),
        ("company is missing and company.count(login) >= 1", ["persona-never-matches"]),
        ("company is missing and company.did(login)", ["persona-never-matches"]),
        ("company.arr > 5 and company is missing", ["persona-never-matches"]),
        ("in Large and company is missing", ["persona-never-matches"]),
        ("company is present and company.count(login) >= 0", []),
        ("company is missing or company is present", ["constant-condition"]),
        ('name = "a" or vip', []),
        ("vip and count(login) >= 0", ["constant-condition"]),
        ("last_login > 3d and last_login > 5d", ["subsumed-condition"]),
        ('vip or name in ("a", "b") or name = "a"', ["subsumed-condition"]),
        ("did(login) and count(login) > 3", ["subsumed-condition"]),
        ("score is present and score > 3", []),
        ("score is missing or not score > 3", []),
        ("last_login > 3d and last_login < 5d", []),
        ("count(login) >= 3 and count(login) <= 3", []),
        ("last_login between 1d and 5d", []),
        ("vip and vip", ["duplicate-condition"]),
        ("vip or not (vip and in Large)", ["constant-condition"]),
        ("vip and (in Large or did(login)) and did(purchase)", []),
    ],
)
def test_personas(reported, condition, slugs):
    assert reported(f"{HEAD}persona P:\n  {condition}\n") == slugs


@pytest.mark.parametrize(
    ("persona", "edge", "slugs"),
    [
        ("not in Large", "tagged", ["trigger-never-fires"]),
        ("company.arr <= 50_000", "tagged", ["trigger-never-fires"]),
        ("company.arr is missing", "tagged", ["trigger-never-fires"]),
        ("company.arr < 50_001", "tagged", []),
        ("not in Large", "untagged", []),
        ("vip and not vip", "tagged", ["persona-never-matches"]),
        ("not company.arr < 3", "tagged", ["undecided-missing"]),
    ],
)
def test_triggers(reported, persona, edge, slugs):
    template = 'template T:\n  subject "x"\n  text "x"\n'
    trigger = f"trigger G:\n  on {edge}(P) in Large send template T\n"
    assert reported(f"{HEAD}persona P:\n  {persona}\n{template}{trigger}") == slugs


def test_many_choices_take_no_long(reported):
    choices = " and ".join(f'(name = "a{i}" or name = "b{i}" or did(login, last {i + 1}d))' for i in range(40))
    assert reported(f"{HEAD}persona P:\n  {choices}\n") == []
