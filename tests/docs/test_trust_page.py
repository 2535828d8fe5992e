"""The page about damaged exports names all that is done to them, and says that nobody was mailed wrongly."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from trust_damages import DAMAGES  # noqa: E402 - the path comes first
from trust_edits import EDITS  # noqa: E402
from trust_histories import generated, real, sample_history  # noqa: E402

PAGE = (ROOT / "docs/explanation/trust.md").read_text(encoding="utf-8")
SIZES = ("3 people", "20 people", "400 people", "20,000 people")


def table(name: str) -> tuple[list[str], dict[str, list[str]]]:
    """Returns the head of a table and its rows by their first cell, without those that name a group."""
    (text,) = re.findall(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", PAGE, re.DOTALL)
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    return head, {first: cells for first, *cells in rows if any(cells)}


def test_it_tells_of_each_damage_at_each_size() -> None:
    head, rows = table("damages")
    assert tuple(head[1:5]) == SIZES
    assert [name for name in rows if name != "**all**"] == [damage.name for damage in DAMAGES]


def test_there_are_enough_kinds_of_damage() -> None:
    assert len([damage for damage in DAMAGES if not damage.harmless]) >= 40


@pytest.mark.parametrize(("name", "sizes"), [("damages", 4), ("edits", 2)])
def test_nobody_was_mailed_wrongly(name: str, sizes: int) -> None:
    _, rows = table(name)
    wrong = {
        what: cells[:sizes] for what, cells in rows.items() if {c.split(",")[0] for c in cells[:sizes] if c} != {"0"}
    }
    assert wrong == {}


def test_it_tells_of_each_edit() -> None:
    _, rows = table("edits")
    assert [name for name in rows if name != "**all**"] == [edit.name for edit in EDITS]


def test_no_clean_history_was_stopped() -> None:
    _, rows = table("histories")
    assert set(rows) == {one.name for one in (*generated(), sample_history(), *real(ROOT))}
    assert {name: cells for name, cells in rows.items() if cells[2:4] != ["0", "0"] or cells[5] != "all of them"} == {}
