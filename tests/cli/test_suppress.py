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
        {"address": "ada@example.com", "at": "2026-01-02T09:00:00Z", "by": "Eve", "reason": "wrote to us"}
    ]
    assert "ada@example.com  2026-01-02T09:00:00Z  Eve  wrote to us" in mailed.cli("suppress", "list").output


def test_removing_allows_the_address_again(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", "--by", "Eve", *AT)
    removed = mailed.cli("suppress", "remove", "ada@example.com")
    assert (removed.exit_code, removed.output) == (0, "ada@example.com may be mailed again\n")
    assert mailed.cli("suppress", "list").output == "no address is suppressed\n"


def test_removing_what_is_not_there_is_refused(mailed: Any) -> None:
    removed = mailed.cli("suppress", "remove", "ada@example.com")
    assert removed.exit_code == 1
    assert "ada@example.com is not suppressed" in removed.output
