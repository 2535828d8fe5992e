"""The README's rules are right, and the mistake it shows is reported as it says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
RULES = README.split("```\n")[1]
TAGLINE = README.split("\n\n")[1]


@pytest.fixture
def check(tmp_path: Path, run: Callable[[str], str]) -> Callable[[str], str]:
    """Checks a project that holds the given rules and the template that the README's rules name."""
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "miss_you.md").write_text("Hello")

    def check_rules(rules: str) -> str:
        (tmp_path / "winback.rules").write_text(rules, encoding="utf-8")
        return run("rulekit check")

    return check_rules


def test_the_first_line_is_at_most_twenty_words() -> None:
    assert len(TAGLINE.split()) <= 20


def test_the_ten_lines_of_rules_are_right(check: Callable[[str], str]) -> None:
    assert len([line for line in RULES.splitlines() if line]) == 10
    assert check(RULES) == "1 file checked, nothing to report\n"


def test_the_mistake_is_reported_as_shown(check: Callable[[str], str]) -> None:
    shown = re.search(r"^```console\n\$ rulekit check\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert check(RULES.replace("> 14d", "> 14").replace("tagged(Inactive14)", "tagged(Inactiv14)")) == shown[1]
