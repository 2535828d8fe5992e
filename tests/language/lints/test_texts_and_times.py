"""Durations, windows and letters that are fine, next to those that are reported."""

import pytest

HEAD = """\
person:
  name        text
  last_login  time
  quota       duration
event login
"""


@pytest.mark.parametrize(
    ("condition", "slugs"),
    [
        ("last_login > 14d", []),
        ("last_login < 30m", []),
        ("count(login, last 15m) > 3", []),
        ("last_login > 90m", []),
        ("quota > 3m", []),
        ("7s < quota", []),
        ("last_login > 0s", []),
        ("last_login > 14m", ["suspicious-unit"]),
        ("last_login > 6m", ["suspicious-unit"]),
        ("did(login, last 30s)", ["suspicious-unit"]),
        ("did(login, 12m..3m ago)", ["suspicious-unit", "suspicious-unit"]),
        ('name = "Золото"', []),
        ('name contains "Δt" or name = "10 µm" or name = "Ωmega"', []),
        ('name = "Золото Gold"', []),
        ('name = "Gоld"', ["look-alike-letters"]),
    ],
)
def test_conditions(reported, condition, slugs):
    assert reported(f"{HEAD}persona P:\n  {condition}\n") == slugs


@pytest.mark.parametrize(
    ("source", "condition", "slugs"),
    [
        ('history = "30d"', "did(login, last 30d)", []),
        ('history = "30d"', "did(login)", []),
        ('history = "30d"', "did(login, last 31d)", ["window-beyond-history"]),
        ('history = "30d"', "did(login, previous 15d)", []),
        ('history = "30d"', "did(login, previous 16d)", ["window-beyond-history"]),
        ('history = "30d"', "first(login, 40d..35d ago) is missing", ["window-beyond-history"]),
        ("", "did(login, last 4000d)", []),
        ('history = "30d"\n[[source.events]]\nname = "n"\ntable = "x"\nhistory = "99d"', "did(login, last 99d)", []),
        ('[[source.events]]\nevent = "other"\ntable = "x.csv"\nhistory = "9d"', "did(login, last 99d)", []),
    ],
)  # fmt: skip
def test_windows(reported, source, condition, slugs):
    assert reported(f"{HEAD}persona P:\n  {condition}\n--- rulekit.toml\nedition = 1\n[source]\n{source}\n") == slugs
