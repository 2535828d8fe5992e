"""The page about data: its example runs, and its rules about times are those of the product."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rulekit.engine.asking import list_members
from rulekit.engine.project import open_project

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
RULES = """
person:
  seen  time?

event purchase:
  amount  number?

persona Buyers:
  did(purchase)

persona Found:
  {condition}
"""


def project(folder: Path, seen: str, condition: str, timezone: str = "UTC", purchases: str = "") -> Path:
    events = [block for block in EXAMPLES if "[[source.events]]" in block]
    (folder / "data").mkdir()
    (folder / "data" / "users.csv").write_text(f"id,seen\nada,{seen}\n")
    (folder / "data" / "purchases.csv").write_text(f"customer,day,amount\n{purchases}")
    (folder / "rulekit.toml").write_text(
        f'edition = 1\n[source]\ntimezone = "{timezone}"\n[source.person]\ntable = "users.csv"\n{events[0]}'
    )
    (folder / "people.rules").write_text(RULES.format(condition=condition))
    return folder


def found(folder: Path, persona: str, now: str = "2026-12-01T00:00:00Z") -> list[str]:
    return list_members(open_project(folder), persona, datetime.fromisoformat(now).astimezone(UTC)).keys


def test_a_compact_date_is_read_through_a_query(tmp_path: Path) -> None:
    folder = project(tmp_path, "", "last(purchase) = 2026-03-01T00:00Z", purchases="ada,20260301,12.50\n")

    assert found(folder, "Buyers") == ["ada"]
    assert found(folder, "Found") == ["ada"]


@pytest.mark.parametrize(
    ("seen", "timezone", "instant"),
    [
        ("2026-07-01T09:00:00+02:00", "UTC", "2026-07-01T07:00Z"),
        ("2026-07-01T09:00:00", "Europe/Stockholm", "2026-07-01T07:00Z"),
        ("2026-07-01", "Europe/Stockholm", "2026-06-30T22:00Z"),
        ("2026-03-29T02:30:00", "Europe/Stockholm", "2026-03-29T01:30Z"),
        ("2026-10-25T02:30:00", "Europe/Stockholm", "2026-10-25T01:30Z"),
    ],
)
def test_times_are_read_as_the_page_says(tmp_path: Path, seen: str, timezone: str, instant: str) -> None:
    assert found(project(tmp_path, seen, f"seen = {instant}", timezone), "Found") == ["ada"]


@pytest.mark.parametrize("seen", ["19970930", "1760000000", "0001-01-01T00:00:00Z", "soon"])
def test_what_is_no_time_is_not_missing_and_nothing_is_known_of_it(tmp_path: Path, seen: str) -> None:
    folder = project(tmp_path, seen, "seen is missing or seen is present")
    members = list_members(open_project(folder), "Found", datetime(2026, 12, 1, tzinfo=UTC))
    assert (members.keys, members.unjudged) == ([], 1)


def test_the_example_of_spellings_means_what_the_page_says(tmp_path: Path) -> None:
    (example,) = (block for block in EXAMPLES if "[[source.events]]" not in block)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/users.csv").write_text(
        'id,signed_up,last_seen,spent\nada,01/02/2026 13:00,1769947200000,"12,5"\nbob,N/A,NULL,\n'
    )
    (tmp_path / "rulekit.toml").write_text(f"edition = 1\n{example}")
    conditions = "signed_up = 2026-02-01T13:00Z and last_seen = 2026-02-01T12:00Z and spent = 12.5"
    (tmp_path / "people.rules").write_text(
        "person:\n  signed_up  time?\n  last_seen  time?\n  spent  number?\n"
        f"persona Found:\n  {conditions}\npersona Blank:\n  signed_up is missing and last_seen is missing\n"
    )
    assert found(tmp_path, "Found") == ["ada"]
    assert found(tmp_path, "Blank") == ["bob"]
