"""`rulekit suppress`: who is on the list is not mailed, at no stage."""

import json
from typing import Any

AT = ("--now", "2026-01-02T09:00Z")


def test_a_suppressed_address_ends_what_waits_for_it(mailed: Any) -> None:
    added = mailed.cli("suppress", "add", "ADA@example.com", "--by", "Eve", "--reason", "wrote to us", *AT)
    assert (added.exit_code, added.output) == (0, "ADA@example.com is not mailed any more; 1 waiting email ended\n")
    assert [state for _, _, state in mailed.emails()] == ["suppressed", "unapproved"]

    listed = json.loads(mailed.cli("suppress", "list", "--output", "json").output)
    assert listed["suppressions"] == [
        {
            "address": "ada@example.com",
            "at": "2026-01-02T09:00:00Z",
            "by": "Eve",
            "reason": "wrote to us",
            "people": ["ada"],
        }
    ]
    assert "ada@example.com  2026-01-02T09:00:00Z  Eve  ada     wrote to us" in mailed.cli("suppress", "list").output


def test_removing_allows_the_address_again(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", "--by", "Eve", *AT)
    removed = mailed.cli("suppress", "remove", "ada@example.com")
    assert (removed.exit_code, removed.output) == (0, "ada@example.com may be mailed again\n")
    assert mailed.cli("suppress", "list").output == "no address is suppressed\n"


def test_removing_what_is_not_there_is_refused(mailed: Any) -> None:
    removed = mailed.cli("suppress", "remove", "ada@example.com")
    assert removed.exit_code == 1
    assert "ada@example.com is not suppressed" in removed.output


def move(project: Any, address: str = "ada@new.example") -> None:
    """Makes ada, who has another address now, leave and join, so that she is due an email."""
    project.person_rows([["ada", address, "free", "acme"]])
    project.run("2026-01-03T08:00Z")
    project.person_rows([["ada", address, "pro", "acme"]])
    project.run("2026-01-04T08:00Z")


def latest(project: Any) -> tuple[str, str]:
    return project.ask("SELECT state, reason FROM outbox ORDER BY id DESC LIMIT 1")[0]


def import_list(project: Any, *lines: str) -> None:
    path = project.write("list.csv", "\n".join(["email,reason", *lines]) + "\n")
    assert project.cli("suppress", "import", str(path), *AT).exit_code == 0


def test_who_asked_is_not_mailed_at_a_new_address_either(mailed: Any) -> None:
    mailed.cli("suppress", "add", "Ada@Example.com", *AT)
    move(mailed)
    assert latest(mailed) == ("suppressed", "its person is suppressed, by another of their addresses: asked for it")
    assert mailed.cli("reconcile", "--now", "2026-01-05T08:00Z").exit_code == 0


def test_what_waits_at_another_address_ends_too(mailed: Any) -> None:
    mailed.cli("outbox", "cancel", "1", "2", *AT)
    move(mailed)
    assert latest(mailed)[0] == "unapproved"
    added = mailed.cli("suppress", "add", "ada@example.com", "--now", "2026-01-04T09:00Z")
    assert added.output == "ada@example.com is not mailed any more; 1 waiting email ended\n"
    assert latest(mailed) == ("suppressed", "asked for it")
    assert mailed.cli("reconcile", "--now", "2026-01-05T08:00Z").exit_code == 0


def test_removing_the_address_allows_its_people_again(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", *AT)
    mailed.cli("suppress", "remove", "ada@example.com")
    move(mailed)
    assert latest(mailed)[0] == "unapproved"


def test_a_dead_address_says_nothing_of_its_person(mailed: Any) -> None:
    import_list(mailed, "ada@example.com,hard bounce")
    move(mailed)
    assert latest(mailed)[0] == "unapproved"


def test_an_imported_unsubscription_is_the_person_s_too(mailed: Any) -> None:
    import_list(mailed, "ada@example.com,unsubscribed")
    move(mailed)
    assert latest(mailed)[0] == "suppressed"


def test_a_wish_about_an_address_that_was_dead_is_the_person_s_too(mailed: Any) -> None:
    import_list(mailed, "ada@example.com,hard bounce")
    mailed.cli("suppress", "add", "ada@example.com", *AT)
    move(mailed)
    assert latest(mailed)[0] == "suppressed"


def test_who_was_on_the_list_before_the_first_email_stays_so_at_a_new_address(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    import_list(project, "ada@example.com,unsubscribed")
    project.people(ada="pro", bob="free")
    project.run("2026-01-02T08:00Z")
    assert latest(project)[0] == "suppressed"
    move(project)
    assert latest(project)[0] == "suppressed"


def test_who_erased_had_asked_is_not_mailed_under_a_new_key(mailed: Any) -> None:
    mailed.cli("outbox", "cancel", "1", "2", *AT)
    move(mailed)
    mailed.cli("suppress", "add", "ada@example.com", "--now", "2026-01-04T09:00Z")
    mailed.people(bob="pro")
    mailed.run("2026-01-05T08:00Z")
    assert mailed.cli("erase", "ada", "--yes", "--now", "2026-01-05T09:00Z").exit_code == 0
    listed = json.loads(mailed.cli("suppress", "list", "--output", "json").output)["suppressions"]
    assert [(line["address"], line["people"]) for line in listed] == [("ada@example.com", []), ("ada@new.example", [])]


def test_what_is_kept_of_a_person_says_that_they_are_mailed_nowhere(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", *AT)
    import_list(mailed, "bob@example.com,bounced")
    for person, everywhere in (("ada", True), ("bob", False)):
        (line,) = json.loads(mailed.cli("export", "--person", person).output)["suppressions"]
        assert line["everywhere"] is everywhere
