"""The page about damaged exports names all that is done to them, and whom they still mail wrongly."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from trust_damages import DAMAGES, KNOWN  # noqa: E402 - the path comes first
from trust_edits import EDITS  # noqa: E402
from trust_histories import STOPPED, generated, real, sample_history  # noqa: E402

PAGE = (ROOT / "docs/explanation/trust.md").read_text(encoding="utf-8")
SIZES = ["3 people", "20 people", "400 people", "20,000 people"]


def table(name: str) -> tuple[list[str], dict[str, list[str]]]:
    """Returns the head of a table and its rows by their first cell, without those that name a group."""
    (text,) = re.findall(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", PAGE, re.DOTALL)
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    return head, {first: cells for first, *cells in rows if any(cells)}


def sizes(head: list[str]) -> int:
    """Returns how many columns of a table are sizes of companies, which come after the first one."""
    return sum(cell.endswith(" people") for cell in head)


def wrong(name: str) -> set[str]:
    """Returns what mailed somebody wrongly at any size."""
    head, rows = table(name)
    return {what for what, cells in rows.items() if any(c.split(",")[0] not in ("0", "") for c in cells[: sizes(head)])}


def test_it_tells_of_each_damage() -> None:
    head, rows = table("damages")
    assert head[1 : 1 + sizes(head)] == [size for size in SIZES if size in head]
    assert [name for name in rows if name != "**all**"] == [one.name for one in DAMAGES if one.name in rows]
    assert {one.name for one in DAMAGES if "csv" in one.forms} <= rows.keys()


def test_there_are_enough_kinds_of_damage() -> None:
    assert len([damage for damage in DAMAGES if not damage.harmless]) >= 40


def test_whom_damage_still_mails_wrongly_is_told() -> None:
    (told,) = re.findall(r"<!-- known: begin -->\n(.*?)<!-- known: end -->", PAGE, re.DOTALL)
    assert set(re.findall(r"^- (.+?): ", told, re.MULTILINE)) == wrong("damages") - {"**all**"}
    assert wrong("damages") - {"**all**"} == set(KNOWN)


def test_no_edit_mails_anybody() -> None:
    _, rows = table("edits")
    assert rows.keys() - {"**all**"} <= {edit.name for edit in EDITS}
    assert wrong("edits") == set()


def test_what_was_stopped_in_clean_histories_is_told() -> None:
    _, rows = table("histories")
    assert rows.keys() <= {one.name for one in (*generated(), sample_history(), *real(ROOT))}
    right = {name for name, cells in rows.items() if cells[2:4] == ["0", "0"] and cells[5] == "all of them"}
    (told,) = re.findall(r"<!-- stopped: begin -->\n(.*?)<!-- stopped: end -->", PAGE, re.DOTALL)
    assert set(re.findall(r"^- (.+?): ", told, re.MULTILINE)) == rows.keys() - right == STOPPED.keys()


def test_of_20_and_400_people_nobody_is_mailed_wrongly() -> None:
    head, rows = table("damages")
    assert head[1:4] == SIZES[:3]
    assert {name for name, cells in rows.items() if any(c.split(",")[0] not in ("0", "") for c in cells[1:3])} == set()
