"""`rulekit suppress`: who is on the list is not mailed, at no stage."""

import json
from typing import Any

import pytest

AT = ("--now", "2026-01-02T09:00Z")


def test_a_suppressed_address_ends_what_waits_for_it(mailed: Any) -> None:
    added = mailed.cli("suppress", "add", "ADA@example.com", "--by", "Eve", "--reason", "wrote to us", *AT)
    assert (added.exit_code, added.output) == (0, "ADA@example.com is not mailed any more; 1 waiting email ended\n")
    assert [state for _, _, state in mailed.emails()] == ["suppressed", "unapproved"]

    listed = json.loads(mailed.cli("suppress", "list", "--output", "json").output)
    assert listed["suppressions"] == [
        {
            "address": "ada@example.com",
            "trigger": None,
            "at": "2026-01-02T09:00:00Z",
            "by": "Eve",
            "reason": "wrote to us",
            "people": ["ada"],
        }
    ]
    listed = mailed.cli("suppress", "list").output
    assert "ada@example.com  all mail  2026-01-02T09:00:00Z  Eve  ada     wrote to us" in listed


@pytest.mark.parametrize(
    "text",
    ["", " ", "ada", "ada@", "@example.com", "Ada <ada@example.com>", "ada@example.com, bo@example.com", "*@a.com,"],
)
def test_what_is_no_address_is_refused(mailed: Any, text: str) -> None:
    added = mailed.cli("suppress", "add", text, *AT)
    assert added.exit_code == 2
    assert "is not an email address" in added.output
    assert "help: name one bare address, like `ada@example.com`" in added.output
    assert mailed.cli("suppress", "list").output == "no address is suppressed\n"


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


def test_a_list_that_was_wrong_is_taken_back_by_what_its_addresses_have_in_common(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", "--by", "Ada", *AT)
    path = mailed.write("wrong.csv", "email\nbob@example.com\ncid@example.com\n")
    mailed.cli("suppress", "import", str(path), "--by", "Eve", "--now", "2026-01-02T10:00Z")
    listed = mailed.cli("suppress", "list").output

    wrong = ("suppress", "remove", "--reason", "on the list wrong.csv")
    assert mailed.cli(*wrong, "--dry-run").output == "2 addresses might be mailed again\n"
    assert mailed.cli(*wrong, input="n\n").exit_code == 1
    assert mailed.cli("suppress", "list").output == listed
    asked = mailed.cli(*wrong, input="y\n").output
    assert "  2  on the list wrong.csv\nallow mail to 2 addresses again?" in asked
    assert asked.endswith("2 addresses may be mailed again\n")
    assert addresses(mailed) == ["ada@example.com"]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (("--by", "Eve"), ["ada@example.com"]),
        (("--since", "2026-01-02T10:00Z"), ["ada@example.com"]),
        (("--until", "2026-01-02T09:00Z"), ["bob@example.com"]),
        (("--by", "Eve", "--until", "2026-01-02T09:00Z"), ["ada@example.com", "bob@example.com"]),
        (("ada@example.com", "--by", "Eve"), ["ada@example.com", "bob@example.com"]),
    ],
)
def test_all_filters_must_be_true(mailed: Any, filters: tuple[str, ...], left: list[str]) -> None:
    mailed.cli("suppress", "add", "ada@example.com", "--by", "Ada", *AT)
    mailed.cli("suppress", "add", "bob@example.com", "--by", "Eve", "--now", "2026-01-02T10:00Z")
    mailed.cli("suppress", "remove", *filters, "--yes")
    assert addresses(mailed) == left


def test_many_addresses_are_removed_by_name_and_from_a_file_or_a_pipe(mailed: Any) -> None:
    for name in ("ada", "bob", "cid", "dee"):
        mailed.cli("suppress", "add", f"{name}@example.com", "--by", "Eve", *AT)
    done = mailed.cli("suppress", "remove", "ADA@example.com", "nobody@example.com", "bob@example.com")
    assert done.output == "2 addresses may be mailed again; 1 of those named was not suppressed\n"
    piped = mailed.cli("suppress", "remove", "--from", "-", input="\ncid@example.com\n\n")
    assert piped.output == "cid@example.com may be mailed again\n"
    mailed.cli("suppress", "remove", "--from", str(mailed.write("fine.txt", "\ufeffdee@example.com\n")))
    assert addresses(mailed) == []


def test_nothing_is_removed_by_no_filter_or_an_empty_file(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", "--by", "Eve", *AT)
    assert "say which addresses" in mailed.cli("suppress", "remove", "--yes").output
    assert mailed.cli("suppress", "remove", "--from", "-", "--yes", input="").exit_code == 1
    (mailed.folder / "binary").write_bytes(b"\xff\x00\xfe\n")
    assert mailed.cli("suppress", "remove", "--from", str(mailed.folder / "binary"), "--yes").exit_code == 1
    assert addresses(mailed) == ["ada@example.com"]


def test_one_trigger_is_suppressed_listed_and_allowed_again(mailed: Any) -> None:
    unknown = mailed.cli("suppress", "add", "ada@example.com", "--trigger", "Gret", *AT)
    assert (unknown.exit_code, "no email was ever due to a trigger `Gret`" in unknown.output) == (2, True)
    added = mailed.cli("suppress", "add", "ada@example.com", "--trigger", "Greet", "--by", "Eve", *AT)
    assert added.output == "ada@example.com is not mailed any more for Greet; 1 waiting email ended\n"
    assert (
        "ada@example.com  Greet  2026-01-02T09:00:00Z  Eve  ada     asked for it"
        in mailed.cli("suppress", "list").output
    )
    listed = json.loads(mailed.cli("suppress", "list", "--output", "json").output)
    assert [line["trigger"] for line in listed["suppressions"]] == ["Greet"]

    refused = mailed.cli("suppress", "remove", "ada@example.com")
    assert "it is suppressed for emails of Greet: name the trigger with `--trigger`" in refused.output
    mailed.cli("suppress", "remove", "ada@example.com", "--trigger", "Greet")
    assert addresses(mailed) == []


def addresses(project: Any) -> list[str]:
    listed = json.loads(project.cli("suppress", "list", "--output", "json").output)
    return [line["address"] for line in listed["suppressions"]]
