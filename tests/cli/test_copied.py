"""A store that was copied, moved or restored sends nothing until a person says so; the sender's folder is the judge."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.rights import rights_that_count

BY = ("--by", "Eve")
LATER = "2026-01-05T10:00Z"
STORE, NOTE = Path("state/rulekit.db"), Path("state/rulekit.db-sent")


def approve_another(project: Any, people: tuple[str, ...], day: int) -> None:
    """Lets people join at a tick, and approves the email of the last one."""
    project.people(**dict.fromkeys(people, "pro"))
    project.run(f"2026-01-{day:02}T08:00Z")
    number = str(len(project.emails()))
    done = project.cli("outbox", "approve", number, *BY, "--now", f"2026-01-{day:02}T08:30Z")
    assert done.exit_code == 0, done.output


@pytest.fixture
def restored(project: Any) -> Any:
    """One email has left, and a second since a backup was taken in which it waits; the sender's folder is emptied."""
    project.run("2026-01-01T08:00Z")
    approve_another(project, ("ada",), 2)
    project.run("2026-01-02T10:00Z")
    approve_another(project, ("ada", "bob"), 3)
    (project.folder / "backup").mkdir()
    with closing(sqlite3.connect(project.folder / STORE)) as store:
        store.execute("VACUUM INTO 'backup/rulekit.db'")
    shutil.copy(project.folder / NOTE, project.folder / "backup")
    project.run("2026-01-03T10:00Z")
    assert [state for *_, state in project.emails()] == ["sent", "sent"]
    assert len(project.sent()) == 2
    shutil.rmtree(project.folder / "outbox")
    return project


def over_it(folder: Path) -> None:
    shutil.copyfile(folder / "backup/rulekit.db", folder / STORE)


def by_sqlite(folder: Path) -> None:
    with (
        closing(sqlite3.connect(folder / "backup/rulekit.db")) as backup,
        closing(sqlite3.connect(folder / STORE)) as store,
    ):
        backup.backup(store)


def in_its_place(folder: Path) -> None:
    (folder / STORE).rename(folder / "state/damaged.db")
    shutil.copyfile(folder / "backup/rulekit.db", folder / STORE)


def with_the_note_of_then(folder: Path) -> None:
    in_its_place(folder)
    shutil.copyfile(folder / "backup/rulekit.db-sent", folder / NOTE)


def with_a_note_that_is_gone(folder: Path) -> None:
    over_it(folder)
    (folder / NOTE).unlink()


def with_a_torn_note(folder: Path) -> None:
    over_it(folder)
    (folder / NOTE).write_bytes((folder / NOTE).read_bytes()[:40] + b"\0" * 17)


Restore = Callable[[Path], None]
WAYS = pytest.mark.parametrize(
    "restore", [over_it, by_sqlite, in_its_place, with_the_note_of_then, with_a_note_that_is_gone, with_a_torn_note]
)


@WAYS
def test_what_left_since_the_backup_does_not_leave_again(restored: Any, restore: Restore) -> None:
    inode = (restored.folder / STORE).stat().st_ino
    restore(restored.folder)
    assert ((restored.folder / STORE).stat().st_ino == inode) is (restore not in (in_its_place, with_the_note_of_then))
    ran = restored.cli("run", "--now", LATER)
    assert ran.exit_code == 1
    assert "no more is sent by this run: sending is halted until `rulekit sending resume`" in ran.output
    assert "this store is a copy, or was moved or restored" in ran.output
    assert restored.sent() == []
    again = restored.cli("run", "--now", "2026-01-06T10:00Z")
    assert (again.exit_code, restored.sent()) == (1, [])


@WAYS
def test_a_person_looks_and_lets_it_go_on(restored: Any, restore: Restore) -> None:
    restore(restored.folder)
    restored.cli("run", "--now", LATER)
    assert restored.cli("outbox", "cancel", "2", "--reason", "has left", *BY, "--now", LATER).exit_code == 0
    resumed = restored.cli("sending", "resume", "--now", LATER)
    assert (resumed.exit_code, resumed.output) == (0, "emails may leave again; the next run sends what is due\n")
    assert restored.cli("sending", "status").output == "emails leave when they are due\n"
    approve_another(restored, ("ada", "bob", "cid"), 6)
    ran = restored.cli("run", "--now", "2026-01-06T10:00Z")
    assert (ran.exit_code, len(restored.sent())) == (0, 1)
    assert [state for *_, state in restored.emails()] == ["sent", "cancelled", "sent"]


def test_no_token_is_given_twice(restored: Any) -> None:
    over_it(restored.folder)
    restored.cli("run", "--now", LATER)
    assert restored.ask("SELECT claims FROM sending") == [(1,)]
    restored.cli("sending", "resume", "--now", LATER)
    assert restored.ask("SELECT claims FROM sending") == [(2,)]


def test_a_backup_from_before_the_first_email_left(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    approve_another(project, ("ada",), 2)
    (project.folder / "backup").mkdir()
    shutil.copy(project.folder / STORE, project.folder / "backup")
    project.run("2026-01-02T10:00Z")
    shutil.rmtree(project.folder / "outbox")
    over_it(project.folder)
    assert project.cli("run", "--now", LATER).exit_code == 1
    assert project.sent() == []


@pytest.mark.starts_programs
def test_of_two_processes_on_a_restored_store_none_sends(restored: Any) -> None:
    over_it(restored.folder)
    command = [sys.executable, "-c", "from rulekit.cli import main; main()", "run", "--now", LATER]
    pair = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=restored.folder) for _ in range(2)]
    told = [(process.communicate(timeout=60)[1], process.returncode) for process in pair]
    assert [code for _, code in told] == [1, 1]
    assert any("this store is a copy" in text for text, _ in told)
    assert restored.sent() == []


@pytest.fixture
def waiting(project: Any) -> Any:
    """One email has left and another one is due."""
    project.run("2026-01-01T08:00Z")
    approve_another(project, ("ada",), 2)
    project.run("2026-01-02T10:00Z")
    approve_another(project, ("ada", "bob"), 3)
    shutil.rmtree(project.folder / "outbox")
    return project


def test_a_copied_project_mails_nobody_and_the_first_goes_on(
    waiting: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("other") / "copy"
    shutil.copytree(waiting.folder, copy)
    ran = waiting.cli("run", "--now", LATER, "--project", str(copy))
    assert ran.exit_code == 1
    assert f"it last sent as {waiting.folder / STORE} (inode" in ran.output
    assert not (copy / "outbox").exists()
    assert waiting.cli("run", "--now", LATER).exit_code == 0
    assert len(waiting.sent()) == 1


def test_a_moved_project_asks_once(waiting: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    moved = tmp_path_factory.mktemp("moved")
    for name in ("state", "data", "main.rules", "rulekit.toml"):
        (waiting.folder / name).rename(moved / name)
    at = ("--project", str(moved))
    assert waiting.cli("run", "--now", LATER, *at).exit_code == 1
    assert waiting.cli("sending", "resume", "--now", LATER, *at).exit_code == 0
    assert waiting.cli("run", "--now", LATER, *at).exit_code == 0
    assert len(list((moved / "outbox").glob("*.eml"))) == 1


def test_who_asks_is_told_before_anything_is_halted(restored: Any) -> None:
    over_it(restored.folder)
    knows = "this store is a copy, or was moved or restored: it knows of 1 claims of emails, and 2 were made here"
    assert restored.cli("sending", "status").output.startswith(f"the next run halts sending: {knows}")
    assert f"a run sends no email: {knows}" in restored.cli("plan", "--now", LATER).output
    assert f"warning  sending: {knows}" in restored.cli("doctor", "--offline", "--now", LATER).output
    assert restored.ask("SELECT halted_at FROM sending") == [(None,)]
    restored.cli("run", "--now", LATER)
    status = restored.cli("sending", "status").output
    assert status.startswith(f"sending is halted since 2026-01-05T10:00:00Z by rulekit: {knows}")
    assert "besides" not in status


def test_whoever_ends_a_halt_of_their_own_is_told_first(restored: Any) -> None:
    over_it(restored.folder)
    restored.cli("sending", "halt", "--reason", "wrong price", *BY, "--now", "2026-01-05T08:00Z")
    assert "besides, this store is a copy" in restored.cli("sending", "status").output
    first = restored.cli("sending", "resume", "--now", LATER)
    assert first.exit_code != 0
    assert "sending is halted since 2026-01-05T10:00:00Z by rulekit: this store is a copy" in first.output
    assert (restored.cli("run", "--now", LATER).exit_code, restored.sent()) == (1, [])
    assert restored.cli("sending", "resume", "--now", LATER).exit_code == 0
    # nobody has cancelled it, so it leaves: the person has said so
    restored.cli("run", "--now", LATER)
    assert len(restored.sent()) == 1


def test_the_note_is_its_owner_s(waiting: Any) -> None:
    assert (waiting.folder / NOTE).stat().st_mode & 0o777 == 0o600


def test_a_note_that_may_not_be_read_is_told(waiting: Any) -> None:
    (waiting.folder / NOTE).chmod(0)
    with rights_that_count():
        ran = waiting.cli("run", "--now", LATER)
    assert "rulekit.db-sent, which is kept beside the store, cannot be read or written: Permission" in ran.output
    assert waiting.sent() == []


def test_a_folder_in_place_of_the_note_is_told(waiting: Any) -> None:
    (waiting.folder / NOTE).unlink()
    (waiting.folder / NOTE).mkdir()
    ran = waiting.cli("run", "--now", LATER)
    assert "rulekit.db-sent, which is kept beside the store, cannot be read or written: Is a directory" in ran.output
    assert (waiting.sent(), ran.exit_code) == ([], 2)
