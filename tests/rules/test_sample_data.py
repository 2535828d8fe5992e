"""The committed sample data is what its script makes, to the byte, and tells a story that holds together."""

import csv
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "rules" / "data"
FILES = ("accounts.csv", "events.csv", "users.csv")


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    environment = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, str(DATA / "make_data.py"), str(folder)], check=True, env=environment)
    return folder


@pytest.mark.starts_programs
@pytest.mark.parametrize("name", FILES)
def test_the_script_makes_the_committed_bytes(made_again: Path, name: str) -> None:
    assert (made_again / name).read_bytes() == (DATA / name).read_bytes()


def test_the_files_stay_small() -> None:
    assert sum((DATA / name).stat().st_size for name in FILES) < 5_000_000


def test_keys_and_addresses_are_unique_and_links_lead_somewhere() -> None:
    users, accounts = read("users.csv"), {row["id"] for row in read("accounts.csv")}
    assert len({row["id"] for row in users}) == len({row["email"] for row in users}) == len(users)
    assert {row["account_id"] for row in users} - {""} == accounts
    assert {row["user_id"] for row in read("events.csv")} == {row["id"] for row in users}


def test_every_address_is_one_of_a_reserved_domain() -> None:
    reserved = ("example.com", "example.net", "example.org")
    assert all(row["email"].isascii() and row["email"].endswith(reserved) for row in read("users.csv"))


def test_nobody_acts_before_signing_up_or_skips_a_milestone() -> None:
    order = ("signed_up", "profile_completed", "project_created", "project_live")
    seen: dict[str, list[tuple[str, str]]] = {}
    for row in read("events.csv"):
        seen.setdefault(row["user_id"], []).append((row["occurred_at"], row["event"]))
    for person, events in seen.items():
        steps = [kind for _, kind in events if kind in order]
        assert steps == list(order[: len(steps)]), person
        assert min(events)[0] == next(at for at, kind in events if kind == "signed_up"), person


def test_events_come_in_order_and_go_past_the_export() -> None:
    times = [datetime.fromisoformat(row["occurred_at"]) for row in read("events.csv")]
    export = max(datetime.fromisoformat(row["last_seen_at"]) for row in read("users.csv"))
    assert times == sorted(times)
    assert (
        export < datetime.fromisoformat("2026-03-02T00:00Z") < datetime.fromisoformat("2026-03-05T00:00Z") < times[-1]
    )


def test_the_last_login_is_that_of_the_events() -> None:
    last: dict[str, str] = {}
    for row in read("events.csv"):
        if row["event"] == "logged_in" and row["occurred_at"] < "2026-03-02":
            last[row["user_id"]] = row["occurred_at"]
    kept = {row["id"]: row["last_seen_at"] for row in read("users.csv") if row["last_seen_at"] >= "2025-12-01"}
    assert last == kept
