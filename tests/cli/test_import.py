"""`rulekit suppress import`: lists are believed, reports only about emails that left for their address."""

import json
import mailbox
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from tests.email.notices.samples import ABUSE, ADA, OURS, POSTFIX

AT = ("--by", "Eve", "--now", "2026-01-03T09:00Z")


@pytest.fixture
def sent(mailed: Any) -> Any:
    """Ada's email has been sent and bob's still waits for approval."""
    mailed.cli("outbox", "approve", "1", "--by", "Eve", "--now", "2026-01-02T08:00Z")
    mailed.run("2026-01-02T08:30Z")
    assert [state for _, _, state in mailed.emails()] == ["sent", "unapproved"]
    return mailed


def ours(project: Any, row: int = 1) -> str:
    ((message_id,),) = project.ask("SELECT message_id FROM outbox WHERE id = :row", row=row)
    return str(message_id)


def about(project: Any, message: bytes = POSTFIX, row: int = 1) -> bytes:
    return message.replace(OURS.encode(), ours(project, row).encode())


def told(project: Any, *arguments: str | Path, code: int = 0) -> str:
    result = project.cli("suppress", "import", *map(str, arguments))
    assert result.exit_code == code, result.output
    return str(result.output)


def suppressed(project: Any) -> dict[str, str]:
    listed = json.loads(project.cli("suppress", "list", "--output", "json").output)
    return {line["address"]: line["reason"] for line in listed["suppressions"]}


def folder_of(project: Any, **messages: bytes) -> Path:
    folder = project.folder / "bounces"
    folder.mkdir(exist_ok=True)
    for name, message in messages.items():
        (folder / f"{name}.eml").write_bytes(message)
    return folder  # type: ignore[no-any-return]


def test_a_list_is_suppressed(mailed: Any) -> None:
    path = mailed.write("list.csv", "email,reason\nADA@example.com,asked us\nzed@example.net,\nnobody\n")
    planned = told(mailed, path, "--dry-run", *AT)
    assert suppressed(mailed) == {}
    done = told(mailed, path, *AT)
    assert done == (
        "2 addresses suppressed\n1 waiting email ended\n1 unreadable, left out:\n  line 4: it holds no address\n"
    )
    assert planned == "nothing was written; an import would do this:\n" + done
    assert suppressed(mailed) == {"ada@example.com": "asked us", "zed@example.net": "on the list list.csv"}
    assert [state for _, _, state in mailed.emails()] == ["suppressed", "unapproved"]
    before = mailed.dump()
    assert told(mailed, path, *AT).startswith("0 addresses suppressed; 2 already were\n")
    assert mailed.dump() == before


def test_a_list_may_be_about_one_trigger(mailed: Any) -> None:
    path = mailed.write("list.txt", "ada@example.com\n")
    unknown = told(mailed, path, "--trigger", "Gret", *AT, code=2)
    assert "no email was ever due to a trigger `Gret`" in unknown
    told(mailed, path, "--trigger", "Greet", "--reason", "from the old system", *AT)
    assert suppressed(mailed) == {"ada@example.com": "from the old system"}
    assert [state for _, _, state in mailed.emails()] == ["suppressed", "unapproved"]


def test_words_that_are_not_known_are_listed_and_suppress_nobody(mailed: Any) -> None:
    lines = [
        "ada@example.com,soft-bounced",
        "bob@example.com,left us",
        "cid@example.com,left us",
        "dee@example.com,VIP",
    ]
    path = mailed.write("list.csv", "\n".join(("email,status", *lines, "eve@example.com,bounced\n")))
    assert told(mailed, path, *AT) == (
        "1 address suppressed\n"
        "1 left out: they report nothing that lasts, and no complaint\n"
        "3 left out, and not suppressed, for words that rulekit does not know:\n"
        "  2  left us\n"
        "  1  VIP\n"
        "import again with `--word WORD` for each of them that forbids mail\n"
    )
    assert suppressed(mailed).keys() == {"eve@example.com"}
    assert json.loads(told(mailed, path, "--output", "json", *AT))["unknown"] == {"left us": 2, "VIP": 1}

    told(mailed, path, "--word", "Left  us", *AT)
    assert suppressed(mailed).keys() == {"bob@example.com", "cid@example.com", "eve@example.com"}


def test_a_bounce_of_our_email_suppresses_its_address_and_is_shown(sent: Any) -> None:
    folder = folder_of(sent, first=about(sent), copy=about(sent), reply=b"From: bob@example.com\n\nThanks!\n")
    assert told(sent, folder, *AT) == (
        "1 address suppressed\n1 notice about our emails recorded; 1 already were\n"
        "1 left out: they report nothing that lasts, and no complaint\n"
    )
    detail = "5.1.1: smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown"
    assert suppressed(sent) == {ADA: f"bounced: {detail}"}
    shown = sent.cli("outbox", "show", "1").output
    assert "email 1: sent\n" in shown
    assert f"  2026-01-03T09:00:00Z  bounced     by delivery report: {detail}\n" in shown
    story = json.loads(sent.cli("outbox", "show", "1", "--output", "json").output)
    assert story["heard"] == [
        {"at": "2026-01-03T09:00:00Z", "kind": "bounced", "source": "delivery report", "detail": detail}
    ]
    before = sent.dump()
    told(sent, folder, *AT)
    assert sent.dump() == before


def test_a_forged_report_does_nothing(sent: Any) -> None:
    to_bob = about(sent).replace(b"ada@example.com", b"bob@example.com")
    of_what_waits = about(sent, POSTFIX.replace(b"ada@", b"bob@"), row=2)
    stranger = about(sent, ABUSE).replace(b"0123", b"").replace(ours(sent).encode(), b"<x@example.com>")
    before = sent.dump()
    said = told(sent, folder_of(sent, a=to_bob, b=of_what_waits, c=POSTFIX, d=stranger), *AT)
    assert said == ("0 addresses suppressed\n4 notices left out: about no email that left here for that address\n")
    assert sent.dump() == before


def test_a_complaint_suppresses(sent: Any) -> None:
    told(sent, folder_of(sent, complaint=about(sent, ABUSE)), *AT)
    assert suppressed(sent) == {ADA: "complained: abuse"}


def make_maildir(folder: Path, messages: list[bytes]) -> Path:
    box = mailbox.Maildir(folder / "Mail", create=True)
    for message in messages:
        box.add(message)
    return folder / "Mail"


def make_mbox(folder: Path, messages: list[bytes]) -> Path:
    path = folder / "bounces"
    box = mailbox.mbox(path, create=True)
    for message in messages:
        box.add(message)
    box.close()
    return path


def make_eml(folder: Path, messages: list[bytes]) -> Path:
    path = folder / "one.eml"
    path.write_bytes(messages[0])
    return path


@pytest.mark.parametrize("make", [make_maildir, make_mbox, make_eml])
def test_mailboxes_of_every_kind_are_read_and_left_as_they_are(sent: Any, tmp_path: Path, make: Any) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    place = make(folder, [about(sent)])
    files = {path: (path.read_bytes(), path.stat().st_mtime) for path in folder.rglob("*") if path.is_file()}
    assert files
    assert "1 notice about our emails recorded" in told(sent, place, *AT)
    assert suppressed(sent).keys() == {ADA}
    assert files == {p: (p.read_bytes(), p.stat().st_mtime) for p in folder.rglob("*") if p.is_file()}


def test_a_bad_message_does_not_stop_the_others(sent: Any) -> None:
    deep = b"Content-Type: message/rfc822\n\n" * 100 + about(sent)
    folder = folder_of(sent, a=deep, b=b"\xff\x00\r\r\n", c=about(sent))
    said = told(sent, folder, *AT)
    assert "1 notice about our emails recorded" in said
    assert "1 unreadable, left out:\n  a.eml: the message cannot be read: its parts lie too deep" in said


def test_happenings_that_a_provider_exports_are_not_believed_of_other_emails(sent: Any) -> None:
    def line(message_id: str, address: str = ADA) -> str:
        happening = {"event": "bounce", "email": address, "smtp-id": message_id, "status": "5.1.1"}
        return json.dumps({**happening, "sg_event_id": message_id + address, "timestamp": 1767400000})

    lines = [line(ours(sent)), line("<x@example.com>"), line(ours(sent), "bob@example.com"), "broken"]
    said = told(sent, sent.write("events.jsonl", "\n".join(lines)), *AT)
    assert "1 address suppressed\n1 notice about our emails recorded\n2 notices left out" in said
    assert suppressed(sent).keys() == {ADA}
    assert "line 4: it is no JSON" in said


def test_json_says_it_in_figures(sent: Any) -> None:
    done = json.loads(told(sent, folder_of(sent, a=about(sent)), "--output", "json", *AT))
    assert (done["schema_version"], done["dry_run"], done["suppressed"], done["recorded"]) == (1, False, 1, 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("list.csv", "id,name\n1,Ada\n", "no column of the list holds addresses"),
        ("notes/readme.md", "# Hello\n", "holds no messages"),
    ],
)
def test_what_is_nothing_to_import_is_refused(mailed: Any, name: str, text: str, said: str) -> None:
    path = mailed.write(name, text)
    assert said in told(mailed, path if path.suffix == ".csv" else path.parent, *AT, code=4)


def test_a_pipe_among_the_messages_is_not_waited_for(sent: Any) -> None:
    folder = folder_of(sent, a=about(sent))
    os.mkfifo(folder / "b.eml", stat.S_IRUSR | stat.S_IWUSR)
    assert "1 notice about our emails recorded" in told(sent, folder, *AT)


def test_a_file_of_a_hundred_thousand_addresses_takes_seconds(mailed: Any) -> None:
    path = mailed.write("list.csv", "email\n" + "".join(f"person{n}@example.com\n" for n in range(100_000)))
    # the time of this process alone, so that a busy machine is no slow program
    start = time.process_time()
    assert told(mailed, path, *AT) == "100,000 addresses suppressed\n"
    assert time.process_time() - start < 30


def test_the_list_of_another_store_is_taken_as_it_stands(mailed: Any) -> None:
    mailed.cli("suppress", "add", "ada@example.com", "--reason", "she told us on the phone", *AT)
    mailed.cli("suppress", "add", "bob@example.com", "--reason", "delivered", "--trigger", "Greet", *AT)
    path = mailed.write("list.json", mailed.cli("suppress", "list", "--output", "json").output)
    mailed.cli("suppress", "remove", "ada@example.com")
    mailed.cli("suppress", "remove", "bob@example.com", "--trigger", "Greet")

    assert told(mailed, path, *AT) == "2 addresses suppressed\n"
    listed = json.loads(mailed.cli("suppress", "list", "--output", "json").output)["suppressions"]
    assert [(line["address"], line["trigger"], line["reason"]) for line in listed] == [
        ("ada@example.com", None, "she told us on the phone"),
        ("bob@example.com", "Greet", "delivered"),
    ]


def test_a_trigger_of_another_store_that_is_not_known_here_stands_for_all_mail(mailed: Any) -> None:
    line = {"address": "cyd@example.com", "trigger": "Bye", "at": "2026-01-02T09:00:00Z", "by": "Eve", "reason": "no"}
    path = mailed.write("list.json", json.dumps({"schema_version": 1, "suppressions": [{**line, "people": []}]}))
    assert told(mailed, path, *AT) == "1 address suppressed\n"
    (found,) = json.loads(mailed.cli("suppress", "list", "--output", "json").output)["suppressions"]
    assert (found["address"], found["trigger"]) == ("cyd@example.com", None)
