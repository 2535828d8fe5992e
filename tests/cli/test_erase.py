"""`rulekit erase`: whoever asks for it is forgotten, and it says what it cannot reach."""

from pathlib import Path
from typing import Any

import pytest

from rulekit.engine.project import open_project
from rulekit.engine.stores import open_store

AT = ("--now", "2026-01-05T09:00Z", "--by", "Eve")


@pytest.fixture
def gone(mailed: Any) -> Any:
    """The project after ada's email was sent and she has left the source; bob's still waits."""
    mailed.cli("outbox", "approve", "1", "--now", "2026-01-02T09:00Z")
    mailed.run("2026-01-02T10:00Z")
    mailed.people(bob="pro")
    mailed.run("2026-01-03T08:00Z")
    return mailed


def test_a_dry_run_names_the_files_too_and_writes_nothing(gone: Any) -> None:
    (copy,) = (gone.folder / "outbox").glob("*.eml")
    shown = gone.cli("erase", "ada", "--dry-run", *AT)
    assert shown.exit_code == 0
    assert shown.output == (
        "nothing was written; erasing would do this:\n"
        "ada: 1 email blanked, 0 of them before they left\n"
        "out of reach from here, so see to it yourself: copies of the store, the source, your mail server\n"
        f"  delete outbox/{copy.name}\n"
    )
    assert gone.ask("SELECT key FROM people ORDER BY ordinal") == [("ada",), ("bob",)]


def test_erasing_asks_first_and_leaves_no_word_in_the_store(gone: Any) -> None:
    refused = gone.cli("erase", "ada", *AT, input="n\n")
    assert refused.exit_code == 1
    assert "erase ada and 1 email for good? [y/N]" in refused.output
    assert b"ada@example.com" in _without_senders(gone.folder)

    erased = gone.cli("erase", "ada", *AT, input="y\n")
    assert erased.exit_code == 0
    assert "ada: 1 email blanked" in erased.output
    assert gone.ask("SELECT key FROM people ORDER BY ordinal") == [("(erased 0 at 2026-01-05T09:00:00Z)",), ("bob",)]
    assert gone.emails() == [("Greet", "(erased 0 at 2026-01-05T09:00:00Z)", "sent"), ("Greet", "bob", "unapproved")]
    assert b"ada@example.com" not in _without_senders(gone.folder)
    assert b"bob@example.com" in _without_senders(gone.folder)
    listed = gone.cli("outbox", "list").output
    assert "(erased 0 at 2026-01-05T09:00:00Z)" in listed
    assert gone.cli("outbox", "show", "1").exit_code == 0
    # and ticks go on; to come back is to be somebody new
    gone.people(ada="pro", bob="pro")
    gone.run("2026-01-06T08:00Z")
    assert [state for _, _, state in gone.emails()] == ["sent", "unapproved", "unapproved"]


def test_whom_the_source_still_has_is_refused(gone: Any) -> None:
    refused = gone.cli("erase", "ada", "bob", "--yes", *AT)
    assert refused.exit_code == 1
    assert "error: the source still had `bob` at the last tick" in refused.output
    assert gone.ask("SELECT key FROM people ORDER BY ordinal") == [("ada",), ("bob",)]

    erased = gone.cli("erase", "bob", "--suppress", "--yes", *AT)
    assert erased.exit_code == 0
    assert "bob: 1 email blanked, 1 of them before they left" in erased.output
    assert "stays on the list of those that may not be mailed: bob@example.com" in erased.output
    gone.run("2026-01-06T08:00Z")
    assert [state for _, _, state in gone.emails()] == ["sent", "erased", "suppressed"]


def test_an_email_on_its_way_is_too_late_and_the_answer_says_so(gone: Any) -> None:
    gone.cli("outbox", "approve", "2", "--now", "2026-01-05T08:00Z")
    with open_store(open_project(gone.folder)) as store:
        assert len(store.queue.claim_due(gone.instant("2026-01-05T08:30Z"), "w", 1).claims) == 1
    gone.people(carol="free")
    gone.run("2026-01-05T08:35Z", accept=True)
    late = gone.cli("erase", "bob", "--yes", *AT)
    assert late.exit_code == 1
    assert "error: too late for 1 email on the way (2); not everybody is erased" in late.output
    assert gone.ask("SELECT key FROM people WHERE ordinal = 1") == [("bob",)]


@pytest.mark.parametrize("words", [(), ("ada", "--clear")])
def test_what_is_neither_one_thing_nor_the_other_is_a_usage_error(gone: Any, words: tuple[str, ...]) -> None:
    assert gone.cli("erase", *words).exit_code == 2


def test_clearing_alone_writes_the_files_anew(gone: Any) -> None:
    cleared = gone.cli("erase", "--clear")
    assert (cleared.exit_code, cleared.output) == (0, "the files of the store hold nothing any more that was erased\n")


def test_somebody_unknown_is_a_mistake_with_a_suggestion(gone: Any) -> None:
    unknown = gone.cli("erase", "ad", "--yes", *AT)
    assert unknown.exit_code == 2
    assert "error: nobody has the key `ad`; did you mean `ada`?" in unknown.output


def _without_senders(folder: Path) -> bytes:
    """The files of the store; all emails of this project are from an ada, too."""
    content = b"".join(path.read_bytes() for path in (folder / "state").iterdir())
    return content.replace(b"<ada@example.com>", b"")
