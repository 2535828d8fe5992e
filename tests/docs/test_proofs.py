"""The page of the proofs names tests that there are, and tells how far they look."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proofs import ALL, SWITCH, Figures

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/proofs.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"tests/\w+/\w+\.py", PAGE)))
# rows of the table of how far they look, by their beginnings
LOOKS: dict[str, Callable[[Figures], int]] = {
    "steps of five minutes": lambda figures: figures.model_steps,
    "histories of the state machine on SQLite": lambda figures: figures.histories["sqlite"],
    "histories of the state machine on PostgreSQL": lambda figures: figures.histories["postgresql"],
    "power losses at a moment": lambda figures: figures.power_losses,
    "moments of the record": lambda figures: figures.power_loss_every,
    "errors of the disk": lambda figures: figures.disk_error_every,
    "hostile texts and addresses": lambda figures: figures.hostile_every,
    "made-up requests": lambda figures: figures.requests,
    "emails that eight workers share": lambda figures: figures.shared,
    "emails that are exported": lambda figures: figures.exported,
    "damages of an export": lambda figures: figures.damage_every,
    "ticks of each clean history": lambda figures: figures.history_ticks,
    "made-up programs": lambda figures: figures.examples,
    "made-up edits": lambda figures: figures.edits,
    "made-up texts": lambda figures: figures.texts,
}
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


def test_every_longer_look_is_taken_by_its_test() -> None:
    looks = re.findall(r"\$ (RULEKIT_\w+)=(\S+) python -m pytest (\S+)", PAGE)
    assert len(looks) >= 4
    assert {(switch, choice) for switch, choice, _ in looks} == {(SWITCH, "long")}
    assert all("from tests.proofs import FIGURES" in (ROOT / name).read_text(encoding="utf-8") for *_, name in looks)


@pytest.mark.parametrize(("row", "figure"), LOOKS.items())
def test_how_far_each_look_goes_is_as_the_page_says(row: str, figure: Callable[[Figures], int]) -> None:
    (told,) = re.findall(rf"^\| {re.escape(row)}.*? \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.MULTILINE)
    # nobody starts PostgreSQL for a short look
    assert [one for one in told if one != "none"] == [f"{figure(ALL[name]):,}" for name in ALL][told.count("none") :]
