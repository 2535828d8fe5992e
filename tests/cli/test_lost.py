"""A store that is lost while emails have left from it: no run begins anew until a person says so."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

STORE, NOTE = Path("state/rulekit.db"), Path("state/rulekit.db-sent")
BACKFILL = "trigger Greet: on tagged(Pro) send template Hello auto=true backfill=true"
LATER = "2026-01-05T10:00Z"
LOST = "the store that was here is lost, and with it who was mailed and who unsubscribed"
RUN = [sys.executable, "-c", "from rulekit.cli import main; main()", "run", "--now", LATER]


@pytest.fixture
def mailing(project: Any) -> Any:
    """Two people were mailed because of `backfill=true`, and one has unsubscribed since."""
    project.rules(BACKFILL)
    project.people(ada="pro", bob="pro")
    project.run("2026-01-01T08:00Z")
    assert len(project.sent()) == 2
    assert project.cli("suppress", "add", "ada@example.com", "--reason", "unsubscribed").exit_code == 0
    for path in (project.folder / "outbox").iterdir():
        path.unlink()
    return project


def deleted(store: Path) -> None:
    store.unlink()


def cut(store: Path) -> None:
    store.write_bytes(b"")


def cut_and_its_note_lost(store: Path) -> None:
    cut(store)
    (store.parent / NOTE.name).unlink()


def without_tables(store: Path) -> None:
    deleted(store)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE something (x)")
        connection.execute("DROP TABLE something")
        connection.commit()


def and_its_note_torn(store: Path) -> None:
    deleted(store)
    (store.parent / NOTE.name).write_bytes(b"half a no")


Loss = Callable[[Path], None]
LOSSES = pytest.mark.parametrize("lose", [deleted, cut, cut_and_its_note_lost, without_tables, and_its_note_torn])


@LOSSES
def test_nobody_is_mailed_again_until_a_person_says_so(mailing: Any, lose: Loss) -> None:
    lose(mailing.folder / STORE)
    for _ in range(2):
        ran = mailing.cli("run", "--now", LATER)
        assert (ran.exit_code, mailing.sent()) == (2, [])
        assert ran.stderr.startswith(f"error: nobody was tagged or mailed: {LOST}: ")
        assert "help: say `rulekit sending resume` only when" in ran.stderr
        assert mailing.emails() == []
        assert mailing.ask("SELECT count(*) FROM personas") == [(0,)]
    assert LOST in mailing.cli("sending", "status").output
    assert mailing.cli("suppress", "add", "ada@example.com", "--reason", "unsubscribed").exit_code == 0
    assert mailing.cli("sending", "resume", "--now", LATER).exit_code == 0
    assert mailing.cli("run", "--now", LATER).exit_code == 0
    assert mailing.emails() == [("Greet", "ada", "suppressed"), ("Greet", "bob", "sent")]


@LOSSES
def test_who_asks_is_told_before_anything_is_run(mailing: Any, lose: Loss) -> None:
    lose(mailing.folder / STORE)
    planned = mailing.cli("plan", "--now", LATER)
    assert planned.exit_code == 0
    assert f"a run does nothing: {LOST}" in planned.stderr
    assert "ok       store: there is no store yet" not in mailing.cli("doctor", "--offline", "--now", LATER).output
    assert mailing.cli("members", "Pro", "--now", LATER).output == "ada\nbob\n"
    assert mailing.cli("run", "--now", LATER).exit_code == 2


@LOSSES
def test_resuming_unasked_is_told_first(mailing: Any, lose: Loss) -> None:
    lose(mailing.folder / STORE)
    resumed = mailing.cli("sending", "resume", "--now", LATER)
    assert resumed.exit_code == 1
    assert LOST in resumed.stderr


def test_doctor_looks_at_the_note_of_a_store_that_is_gone(mailing: Any) -> None:
    deleted(mailing.folder / STORE)
    looked = mailing.cli("doctor", "--offline", "--now", LATER)
    assert f"problem  store: {LOST}: rulekit.db-sent, which lies beside it, says that emails left" in looked.output
    assert not (mailing.folder / STORE).exists()
    cut(mailing.folder / STORE)
    assert "warning  store: it has no tables" in mailing.cli("doctor", "--offline", "--now", LATER).output
    assert (mailing.folder / STORE).stat().st_size == 0


def test_lost_twice_is_told_twice(mailing: Any) -> None:
    deleted(mailing.folder / STORE)
    mailing.cli("run", "--now", LATER)
    mailing.cli("sending", "resume", "--now", LATER)
    deleted(mailing.folder / STORE)
    ran = mailing.cli("run", "--now", LATER)
    assert (ran.exit_code, mailing.sent()) == (2, [])


def test_a_backup_that_is_put_back_goes_on_as_one(mailing: Any) -> None:
    backup = (mailing.folder / STORE).read_bytes()
    deleted(mailing.folder / STORE)
    assert mailing.cli("run", "--now", LATER).exit_code == 2
    (mailing.folder / STORE).write_bytes(backup)
    mailing.people(ada="pro", bob="pro", cid="pro")
    # it lies in another file, so that it is told to be a copy, unless that one has the number of the old one
    mailing.cli("run", "--now", LATER)
    mailing.cli("sending", "resume", "--now", LATER)
    assert mailing.cli("run", "--now", LATER).exit_code == 0
    assert mailing.emails() == [("Greet", "ada", "sent"), ("Greet", "bob", "sent"), ("Greet", "cid", "sent")]


def test_a_store_from_which_nothing_left_may_be_made_anew(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    deleted(project.folder / STORE)
    assert project.cli("run", "--now", LATER).exit_code == 0


def test_that_the_whole_folder_is_lost_cannot_be_seen(mailing: Any) -> None:
    """As docs/how-to/restore.md says of a container without its volume."""
    deleted(mailing.folder / STORE)
    (mailing.folder / NOTE).unlink()
    assert mailing.cli("run", "--now", LATER).exit_code == 0
    assert len(mailing.sent()) == 2


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda store: (store.unlink(), store.mkdir()), "the store rulekit.db cannot be opened: it is a folder"),
        (lambda store: store.write_bytes(b"xyz"), "the store rulekit.db: it is not a database"),
        (lambda store: store.write_bytes(bytes(8192)), "the store rulekit.db: it is not a database"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_what_is_no_database_stays_as_it_is(mailing: Any, spoil: Any, told: str, command: str) -> None:
    spoil(mailing.folder / STORE)
    ran = mailing.cli(command, "--now", LATER)
    assert (ran.exit_code, mailing.sent()) == (2, [])
    assert ran.stderr.startswith(f"error: {told}\nhelp: ")


@pytest.mark.starts_programs
def test_two_runs_at_once_at_the_first_start_make_one_store(project: Any) -> None:
    project.rules(BACKFILL)
    project.people(**{f"p{number}": "pro" for number in range(20)})
    runs = [subprocess.Popen(RUN, stderr=subprocess.PIPE, text=True, cwd=project.folder) for _ in range(4)]
    told = [(run.communicate(timeout=120)[1], run.returncode) for run in runs]
    assert not any(LOST in text for text, _ in told)
    assert 0 in [code for _, code in told]
    assert len(project.sent()) == 20
    assert list((project.folder / "state").glob(".*")) == []


@pytest.mark.starts_programs
def test_a_run_that_was_killed_while_it_made_the_store_is_no_loss(project: Any) -> None:
    killed = (
        "import os; from rulekit.outbox.database.opening import schema_version\n"
        "schema_version.create = lambda *told, **more: os._exit(9)\n"
        "from rulekit.cli import main; main(['run'])"
    )
    done = subprocess.run([sys.executable, "-c", killed], cwd=project.folder, check=False, timeout=120)
    assert done.returncode == 9
    assert (project.folder / STORE).stat().st_size > 0
    assert project.cli("run", "--now", LATER).exit_code == 0
