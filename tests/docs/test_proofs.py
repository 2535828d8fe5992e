"""The page of the proofs names tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/proofs.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"tests/\w+/\w+\.py", PAGE)))
GUARDS = re.findall(r"`(tests/\w+/\w+\.py)`: (`test_.+)\|", PAGE)


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_there(name: str) -> None:
    assert (ROOT / name).is_file()


@pytest.mark.parametrize(("name", "tests"), GUARDS)
def test_what_notices_a_missing_guard_is_there(name: str, tests: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"`(test_\w+)`", tests)
    assert found
    assert all(f"def {test}(" in text for test in found)


def test_every_switch_for_a_longer_look_is_read_by_its_test() -> None:
    looks = re.findall(r"\$ (RULEKIT_\w+)=\S+ python -m pytest (\S+)", PAGE)
    assert len(looks) >= 4
    assert all(switch in (ROOT / name).read_text(encoding="utf-8") for switch, name in looks)
