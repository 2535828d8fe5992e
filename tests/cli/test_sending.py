"""`rulekit sending`: what is halted does not leave, and who asks is told why."""

import json
from typing import Any

BY = ("--by", "Eve")


def approved(project: Any) -> Any:
    project.cli("outbox", "approve", "1", *BY, "--now", "2026-01-02T09:00Z")
    return project


def test_nothing_leaves_while_sending_is_halted(mailed: Any) -> None:
    approved(mailed)
    halted = mailed.cli("sending", "halt", "--reason", "wrong price", *BY, "--now", "2026-01-02T09:05Z")
    assert (halted.exit_code, halted.output) == (0, "no email leaves until `rulekit sending resume`\n")
    mailed.run("2026-01-02T10:00Z")
    assert mailed.emails()[0][2] in ("approved", "retrying")
    assert not list((mailed.folder / "outbox").glob("*.eml"))

    status = mailed.cli("sending", "status", "--now", "2026-01-02T10:00Z")
    assert status.output == "sending is halted since 2026-01-02T09:05:00Z by Eve: wrong price\n"
    told = json.loads(mailed.cli("sending", "status", "--output", "json").output)
    assert (told["halted"], told["halted_by"], told["halt_reason"]) == (True, "Eve", "wrong price")

    resumed = mailed.cli("sending", "resume")
    assert resumed.output == "emails may leave again; the next run sends what is due\n"
    mailed.run("2026-01-02T12:00Z")
    assert mailed.emails()[0][2] == "sent"
    assert len(list((mailed.folder / "outbox").glob("*.eml"))) == 1


def test_who_halted_first_stays_on_record(mailed: Any) -> None:
    mailed.cli("sending", "halt", "--reason", "first", *BY, "--now", "2026-01-02T09:05Z")
    again = mailed.cli("sending", "halt", "--reason", "second", "--by", "Bo", "--now", "2026-01-02T09:06Z")
    assert again.exit_code != 0
    assert "sending is halted since 2026-01-02T09:05:00Z by Eve: first" in again.output


def test_there_is_nothing_to_resume_where_nothing_is_kept_back(mailed: Any) -> None:
    refused = mailed.cli("sending", "resume")
    assert refused.exit_code != 0
    assert "nothing keeps sending back" in refused.output
    assert mailed.cli("sending", "status").output == "emails leave when they are due\n"


def test_a_halt_says_why(mailed: Any) -> None:
    refused = mailed.cli("sending", "halt", "--reason", " ")
    assert refused.exit_code == 2
    assert "say why sending is halted" in refused.output
