"""Whatever goes in wrong: the message says what and what to do, and the store is as it was before."""

import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

LATER = "2026-01-03T08:00Z"


@pytest.fixture
def running(project: Any) -> Any:
    """The project after two ticks, with bob's email waiting."""
    project.run("2026-01-01T08:00Z")
    project.people(ada="free", bob="pro")
    project.run("2026-01-02T08:00Z")
    return project


def refused(project: Any, code: int, *messages: str, command: tuple[str, ...] = ("run",)) -> None:
    """Runs, expects that exit code and those words, a help line, no trace, and nothing written."""
    before = project.dump()
    result = project.cli(*command, "--now", LATER)
    assert result.exit_code == code, result.output
    for message in messages:
        assert message in result.output
    assert "help: " in result.output
    assert "Traceback" not in result.output
    assert "fault of its own" not in result.output
    assert project.dump() == before


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "messages"),
    [
        ("persona Broken\n  plan = 1", ["RK003", "persona Broken"]),
        ("persona Broken: plann = 'pro'", ["RK0"]),
        ('persona Broken: plann = "pro"', ["RK102", "plann", "`plan`"]),
        ("persona Broken: in Qiet", ["RK103", "`Quiet`"]),
        ("persona Broken: plan > 3", ["RK201", "plan > 3"]),
        ("persona A: in B\npersona B: in A", ["RK301", "in B"]),
        ('template Bad:\n  subject "x"\n  text "mails/bad.txt"', ["RK505", "mails/bad.txt"]),
        ("trigger Bad: on tagged(Pro) send template Helo", ["RK108", "`Hello`"]),
    ],
    ids=["syntax", "quote", "unknown field", "unknown persona", "type", "cycle", "missing file", "missing template"],
)
def test_rules_with_an_error(running: Any, rules: str, messages: list[str]) -> None:
    running.rules(rules)
    report = running.cli("check")
    assert report.exit_code == 1
    for message in messages:
        assert message in report.output
    assert "help: " in report.output
    assert "main.rules:" in report.output
    refused(running, 1, "the rules have 1 error, so nothing was run", "run `rulekit check` and mend them")
    assert "Traceback" not in report.output


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("[store]", "[stroe]", ["there is no setting `stroe`; did you mean `store`?"]),
        ("edition = 1", "edition = 7", ["`edition = 1`"]),
        ("edition = 1", "edition = ", ["rulekit.toml: cannot be read"]),
        ('key = "id"', "key = 3", ["source.person.key"]),
        ('url = "files:data"', 'url = "fiels:data"', ["there is no data source for `fiels:`; did you mean `files:`?"]),
        (
            "Ada at Example <ada@example.com>",
            "nonsense",
            ["`from` under `[sender]`: `nonsense` is not an email address"],
        ),
        ('url = "folder:outbox"', 'url = "pigeon:x"', ["there is no sender for `pigeon:`"]),
        ('url = "folder:outbox"', 'url = "smtp://127.0.0.1:1"', ["`sender.allow` does not say who may be mailed"]),
        (
            'url = "folder:outbox"',
            'url = "smtp://u:${RULEKIT_NO_SUCH}@127.0.0.1:1"\nallow = ["*"]',
            ["the environment variable RULEKIT_NO_SUCH is not set"],
        ),
        (
            '[sender]\nurl = "folder:outbox"',
            '[delivery]\nuncertain = "idempotent"\n[sender]\nurl = "smtp://127.0.0.1:1"\nallow = ["*"]',
            ["`delivery.uncertain` says `idempotent`, and the sender of `smtp:` does not say that repeats are dropped"],
        ),
        ('url = "sqlite:///state/rulekit.db"', 'url = "mysql://x"', ["`store.url`: it does not name a store"]),
    ],
)
def test_settings_that_cannot_do(running: Any, old: str, new: str, messages: list[str]) -> None:
    running.settings(old, new)
    refused(running, 2, *messages)


def test_no_settings_at_all(running: Any) -> None:
    (running.folder / "rulekit.toml").unlink()
    refused(running, 2, "there is no rulekit.toml here or in a folder above", "rulekit init")


def test_nothing_says_who_the_emails_are_from(running: Any) -> None:
    running.settings('from = "Ada at Example <ada@example.com>"', "")
    running.people(ada="pro", bob="pro")
    refused(running, 2, "nothing says who the emails of `Hello` are from", "[sender]")


# --- sources ---------------------------------------------------------------------------------------------------------


def test_a_source_that_is_not_there(running: Any) -> None:
    shutil.rmtree(running.folder / "data")
    refused(running, 4, "there is no folder `data` in the project", "help: make it, or name the right one as `url`")


def test_a_source_that_is_a_folder(running: Any) -> None:
    (running.folder / "data/people.csv").unlink()
    (running.folder / "data/people.csv").mkdir()
    refused(running, 4, "people.csv")


def test_a_source_that_is_not_text(running: Any) -> None:
    (running.folder / "data/people.csv").write_bytes(b"id,email,plan,account\nada,\xff\xfe,pro,acme\n")
    refused(running, 4, "people.csv")


@pytest.mark.parametrize("content", ["", "id,email,plan,account\n"])
def test_a_source_without_anybody(running: Any, content: str) -> None:
    (running.folder / "data/people.csv").write_text(content)
    refused(running, 4)
    assert "ada" in {person for _, person, *_ in running.log()} | {
        row[0] for row in running.ask("SELECT key FROM people")
    }


def test_a_person_who_appears_twice(running: Any) -> None:
    running.person_rows([["ada", "a@example.com", "pro", ""], ["ada", "b@example.com", "free", ""]])
    refused(
        running,
        4,
        "`people.csv` has more than one row for the same person, 1 key",
        "make the key of a person unique",
    )


def test_an_event_with_an_impossible_time_is_counted_and_left_out(running: Any) -> None:
    running.events(
        ("ada", "login", "2026-02-30T00:00Z"), ("ada", "login", "2026-01-01T00:00Z"), ("ada", "export", "2026-01-01")
    )
    result = running.cli("run", "--now", LATER)
    assert result.exit_code == 0
    assert "data: 1 `login` event with a time that cannot be read: 1 like `9999-99-99a99:99a`" in result.output


# --- one email among others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "not an address", "two@example.com, three@example.com", "a@b@c", "x\n@y.z"])
def test_a_bad_address_fails_one_email_and_stops_no_other(running: Any, address: str) -> None:
    addresses = {"ada": address, "bob": "bob@example.com", "cy": "cy@example.com"}
    running.person_rows([[key, address, "pro", "acme"] for key, address in addresses.items()])
    result = running.cli("run", "--now", LATER)
    assert result.exit_code == 0
    assert "Greet: 1 email failed" in result.output
    assert "    the first cannot be made: template Hello\n" in result.output
    assert "Greet: 1 email unapproved" in result.output
    states = {person: state for _, person, state in running.emails()}
    assert states == {"ada": "failed", "bob": "unapproved", "cy": "unapproved"}
    [(reason,)] = running.ask("SELECT reason FROM outbox WHERE state = 'failed'")
    assert "address" in reason
    assert reason in running.cli("outbox", "list").output.replace("\\u000a", "\n")


def test_a_run_says_what_a_template_lacks_and_not_of_whom(running: Any) -> None:
    running.rules(
        'template Share:\n  subject "Hi"\n  text "{{ company.size }}"',
        "trigger Tell_Share: on tagged(Pro) send template Share",
    )
    running.run("2026-01-02T09:00Z")
    running.people(ada="pro")
    running.accounts(other=10)
    result = running.cli("run", "--now", LATER)
    assert "    the first cannot be made: template Share, text, line 1: `company.size` is missing\n" in result.output


def test_a_template_that_fails_for_one_person(running: Any) -> None:
    running.rules(
        "trigger Greet: on tagged(Pro) send template Hello",
        'template Share:\n  subject "Hi"\n  text "{{ 600 / (company.size - 10) }}"',
        "trigger Tell_Share: on tagged(Pro) send template Share",
    )
    running.accounts(acme=10, giant=70)
    running.run("2026-01-02T09:00Z")
    companies = {"ada": "acme", "bob": "acme", "cy": "giant"}
    running.person_rows([key, f"{key}@example.com", "pro", company] for key, company in companies.items())
    result = running.cli("run", "--now", LATER)
    assert result.exit_code == 0, result.output
    assert "Tell_Share: 1 email failed" in result.output
    assert "    the first cannot be made: template Share, text, line 1" in result.output
    states = {person: state for trigger, person, state in running.emails() if trigger == "Tell_Share"}
    assert states == {"ada": "failed", "cy": "unapproved"}
    [(reason,)] = running.ask("SELECT reason FROM outbox WHERE state = 'failed'")
    assert "template Share, text, line 1" in reason
    assert "division by zero" in reason
    assert reason in running.cli("outbox", "list").output


# --- the store -------------------------------------------------------------------------------------------------------


def test_a_store_that_is_no_database(running: Any) -> None:
    store = running.folder / "state/rulekit.db"
    store.write_bytes(b"this is a letter, not a database, and it is long enough" * 50)
    before = store.read_bytes()
    result = running.cli("run", "--now", LATER)
    assert (result.exit_code, store.read_bytes()) == (2, before)
    assert result.output == (
        "error: the store rulekit.db: it is not a database\n"
        "help: point `[store] url` at another file, or restore this one from a copy\n"
    )


def test_a_store_that_is_a_folder(project: Any) -> None:
    (project.folder / "state/rulekit.db").mkdir(parents=True)
    result = project.cli("run", "--now", LATER)
    assert result.exit_code == 2
    assert "the store rulekit.db cannot be opened" in result.output
    assert "help: see what became of the file, and put it back to" in result.output


def test_a_store_in_a_place_that_is_a_file(project: Any) -> None:
    (project.folder / "state").write_text("a file")
    result = project.cli("run", "--now", LATER)
    assert result.exit_code == 2
    assert "the store rulekit.db cannot be opened" in result.output
    assert "help: " in result.output


def test_a_store_of_a_newer_version(running: Any) -> None:
    with closing(sqlite3.connect(running.folder / "state/rulekit.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    refused(running, 2, "rulekit.db", "newer")


def test_a_database_of_something_else(project: Any) -> None:
    (project.folder / "state").mkdir()
    with closing(sqlite3.connect(project.folder / "state/rulekit.db")) as connection:
        connection.execute("CREATE TABLE songs (title)")
        connection.commit()
    refused(project, 2, "rulekit.db is a database of something else")


def limited(project: Any, now: str, limit: int) -> subprocess.CompletedProcess[str]:
    """Runs in a process whose files cannot grow beyond `limit` bytes, as on a full disk."""

    def no_more_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-c", "from rulekit.cli import main; main()", "run", "--now", now],
        cwd=project.folder,
        preexec_fn=no_more_room,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.starts_programs
def test_a_full_disk_leaves_the_store_as_it_was_and_the_next_run_goes_on(running: Any) -> None:
    crowd = {f"p{number}": "pro" for number in range(40)}
    running.people(ada="pro", bob="pro", **crowd)
    before = running.dump()
    size = (running.folder / "state/rulekit.db").stat().st_size
    done = limited(running, LATER, size + 4096)
    assert done.returncode == 2
    assert "error: the store rulekit.db: the disk" in done.stderr
    assert "help: " in done.stderr
    assert "Traceback" not in done.stderr
    assert running.dump() == before
    assert running.cli("run", "--now", LATER).exit_code == 0
    assert len(running.emails()) == 42


# --- senders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def approved(running: Any) -> Any:
    assert running.cli("outbox", "approve", "1", "--by", "Eve", "--now", "2026-01-02T09:00Z").exit_code == 0
    return running


def test_a_sender_that_nobody_answers_keeps_the_email_and_says_so(approved: Any) -> None:
    approved.settings('url = "folder:outbox"', 'url = "smtp://127.0.0.1:1?tls=off"\nallow = ["*"]')
    result = approved.cli("run", "--now", LATER)
    assert result.exit_code == 1, result.output
    assert "1 to try again" in result.output
    assert "no more is sent by this run" in result.output
    assert approved.emails() == [("Greet", "bob", "retrying")]
    approved.settings()
    approved.run("2026-01-04T08:00Z")
    assert approved.emails() == [("Greet", "bob", "sent")]


def test_a_folder_that_cannot_be_written_keeps_the_email_and_says_so(approved: Any) -> None:
    (approved.folder / "outbox").write_text("a file where the folder should be")
    result = approved.cli("run", "--now", LATER)
    assert result.exit_code in (1, 2), result.output
    assert "outbox" in result.output
    assert "Traceback" not in result.output
    assert approved.emails() == [("Greet", "bob", "retrying")]
    (approved.folder / "outbox").unlink()
    approved.run("2026-01-04T08:00Z")
    assert approved.emails() == [("Greet", "bob", "sent")]
