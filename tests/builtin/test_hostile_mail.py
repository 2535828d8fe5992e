"""Hostile names, subjects and addresses, from a person's field through a whole run to the bytes that a server got."""

import email
import email.policy
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.engine.project import open_project
from rulekit.engine.stores import open_store
from rulekit.outbox.sending.leaving import with_date
from rulekit.records import State
from tests.email.vectors import addresses, texts
from tests.proofs import FIGURES

TEXTS, ADDRESSES = texts(), addresses()
RULES = """\
person:
  email  text
  name   text
  plan   text
persona Pro "Paying people":
  plan = "pro"
template Hello:
  subject   "Hi {{ person.name }}"
  preheader "{{ person.name }}"
  html      "<p title='{{ person.name }}'>Hi {{ person.name }}</p> <a href='{{ unsubscribe_url }}'>leave</a>"
  text      "{{ person.name }}\\n.\\n{{ person.name }} {{ unsubscribe_url }}"
template Signed:
  subject   "Hi"
  from      "{{ person.name }} <ada@example.com>"
  reply_to  "{{ person.name }} <help@example.com>"
  markdown  "Hi {{ person.name }}"
trigger Greet: on tagged(Pro) send template Hello auto=true
trigger Sign: on tagged(Pro) send template Signed auto=true
"""
HEADERS = {
    "Hello": "Date From To Subject Message-ID List-Unsubscribe-Post List-Unsubscribe Auto-Submitted MIME-Version "
    "Content-Type",
    "Signed": "Date From To Reply-To Subject Message-ID List-Unsubscribe-Post List-Unsubscribe Auto-Submitted "
    "MIME-Version Content-Type",
}
BEFORE, AFTER = "2026-01-01T09:00Z", "2026-01-02T09:00Z"


@dataclass(frozen=True)
class Email:
    """One email of a run: its state, why it is there, and the bytes that the server got, if it got any."""

    person: int
    template: str
    state: State
    reason: str
    recipient: str
    got: bytes | None


@dataclass
class Post:
    """A project whose people have these fields, run until everything has left for a real server."""

    project: Any
    room: Any

    def send(self, people: Iterable[tuple[str, str]]) -> list[Email]:
        rows = [(f"p{number}", *fields) for number, fields in enumerate(people)]
        for now, plan in ((BEFORE, "free"), (AFTER, "pro")):
            self._write(rows, plan)
            self.project.run(now, accept=True)
        emails = self._emails()
        assert Counter(e.person for e in emails) == dict.fromkeys(range(len(rows)), 2)
        assert self._accepted_on_the_wire() == sorted(e.recipient for e in emails if e.got is not None)
        return emails

    def _write(self, rows: list[tuple[str, str, str]], plan: str) -> None:
        keys, names, mails = zip(*rows, strict=True)
        table = pa.table(
            {"id": keys, "name": names, "email": mails, "plan": [plan] * len(rows), "account": ["a"] * len(rows)}
        )
        pq.write_table(table, self.project.folder / "data" / "people.parquet")

    def _emails(self) -> list[Email]:
        got = {_head(message)["Message-ID"]: (sender, to, message) for sender, to, message in self.room.taken}
        assert len(got) == len(self.room.taken)
        with open_store(open_project(self.project.folder)) as store:
            rows = store.outbox.find()
            emails = [
                Email(
                    int(row.tagging.person[1:]),
                    row.template,
                    row.state,
                    store.audit.history(row.id)[-1].reason or "",
                    row.recipient,
                    got[row.message_id][2] if row.message_id in got else None,
                )
                for row in rows
            ]
            for row in rows:  # what was stored is what arrived, for the one whose address stands in the envelope
                if row.message_id in got:
                    assert got[row.message_id] == (
                        "ada@example.com",
                        [row.recipient],
                        with_date(store.outbox.message(row.id), row.dated_at),
                    )
        assert {row.message_id for row in rows} >= got.keys()
        return emails

    def _accepted_on_the_wire(self) -> list[str]:
        return sorted(recipient for wire in self.room.wires for recipient in _recipients(bytes(wire)))


def _recipients(wire: bytes) -> list[str]:
    """Reads all that one connection wrote as the strictest server would; returns whom each message was for.

    A lone CR or LF anywhere, a command that is not one of ours, or a second recipient fails.
    """
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    lines = iter(wire.decode("utf-8").split("\r\n"))
    found: list[str] = []
    named: list[str] = []
    for line in lines:
        if line == "DATA":
            assert len(named) == 1
            found += named
            assert "." in lines  # goes on to the line that ends the message
        elif line.startswith("MAIL"):
            assert re.fullmatch(r"MAIL FROM:<ada@example\.com> SIZE=\d+( SMTPUTF8)?", line)
            named = []
        elif line.startswith("RCPT"):
            named.append(line.removeprefix("RCPT TO:<").removesuffix(">"))
        else:
            assert line.upper() in ("EHLO [127.0.0.1]", "RSET", "QUIT", "")
    return found


@pytest.fixture
def post(project: Any, start_server: Callable[..., int], mailroom: Any) -> Post:
    port = start_server(mailroom, enable_SMTPUTF8=True)
    project.write("main.rules", RULES)
    project.settings(more='[delivery]\nunsubscribe_url = "https://mail.example.com/u"\nmax_auto_per_tick = 9999\n')
    path = project.folder / "rulekit.toml"
    text = path.read_text().replace("people.csv", "people.parquet")
    sender = f'"smtp://127.0.0.1:{port}?tls=off&timeout=10"\nallow = ["*"]'
    path.write_text(text.replace('"folder:outbox"', sender))
    return Post(project, mailroom)


def test_there_are_enough(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {f"{name} {kind}": len(g) for kind, groups in _BOTH.items() for name, g in groups.items()}
    with capsys.disabled():
        sys.stdout.write(f"\nhostile mail: {sum(counts.values())} vectors, {counts}\n")
    assert sum(len(set(group)) for groups in _BOTH.values() for group in groups.values()) >= 500


_BOTH: dict[str, dict[str, list[Any]]] = {"as text": TEXTS, "as address": ADDRESSES}


@pytest.mark.proof
@pytest.mark.parametrize("group", TEXTS, ids=[f"{name}-{len(group)}" for name, group in TEXTS.items()])
def test_no_text_changes_what_arrives_or_for_whom(post: Post, group: str) -> None:
    vectors = TEXTS[group][:: FIGURES.hostile_every]
    for mail in post.send((text, f"p{number}@example.com") for number, text in enumerate(vectors)):
        text, recipient = vectors[mail.person], f"p{mail.person}@example.com"
        if mail.template == "Signed" and mail.got is None:
            assert mail.state is State.FAILED, ascii(text)
            assert re.search("is not one name and one address|is not an email address", mail.reason), mail.reason
            assert set(text) & set('<>@"') or len(text.splitlines()) > 1, ascii(text)
            continue
        assert (mail.state, mail.recipient) == (State.SENT, recipient), ascii(text)
        message = _sound(mail, recipient)
        if mail.template == "Hello":
            assert message["subject"] == _intended(f"Hi {text}", 250), ascii(text)
        else:
            assert message["from"].addresses[0].addr_spec == "ada@example.com"
            assert message["reply-to"].addresses[0].addr_spec == "help@example.com"
            assert not message["subject"].defects
            assert message["subject"] == "Hi"


@pytest.mark.proof
@pytest.mark.parametrize("group", ADDRESSES, ids=[f"{name}-{len(group)}" for name, group in ADDRESSES.items()])
def test_an_address_is_mailed_as_it_is_written_or_failed(post: Post, group: str) -> None:
    vectors = ADDRESSES[group][:: FIGURES.hostile_every]
    for mail in post.send(("Ada", address) for address, _ in vectors):
        address, recipient = vectors[mail.person]
        if recipient is None:
            assert (mail.state, mail.recipient, mail.got) == (State.FAILED, "", None), ascii(address)
            assert re.search("is not an email address|has no address", mail.reason), mail.reason
            assert mail.reason.isprintable()
            assert len(mail.reason) < 500
        else:
            assert (mail.state, mail.recipient) == (State.SENT, recipient), (ascii(address), mail.reason)
            _sound(mail, recipient)


def _head(message: bytes) -> EmailMessage:
    return email.message_from_bytes(message, policy=email.policy.default)  # type: ignore[return-value]


def _sound(mail: Email, recipient: str) -> EmailMessage:
    """Says what must be true of the bytes of any email, and returns them parsed."""
    got = mail.got
    assert got is not None
    assert got.count(b"\r") == got.count(b"\n") == got.count(b"\r\n")
    assert b"\0" not in got
    assert max(map(len, got.split(b"\r\n"))) <= 998
    for policy in (email.policy.strict, email.policy.compat32.clone(raise_on_defect=True)):
        assert list(email.message_from_bytes(got, policy=policy).keys()) == HEADERS[mail.template].split()
    head = got.partition(b"\r\n\r\n")[0]
    assert head.count(f"\r\nTo: {recipient}\r\n".encode()) == 1
    # neither encoded nor folded: whoever unsubscribes people by these reads the bytes as they are (RFC 8058)
    links = [line for line in head.split(b"\r\n") if b"nsubscribe" in line]
    assert links[0] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    assert len(links) == 2
    assert re.fullmatch(rb"List-Unsubscribe: <https://mail\.example\.com/u\?token=[\w.-]+>", links[1])
    message = _head(got)
    named = [a.addr_spec.encode("utf-8", "surrogateescape").decode() for a in message["to"].addresses]
    assert named == [recipient]
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    for part in message.iter_parts():
        assert not part.defects
        part.get_content()  # type: ignore[attr-defined]
    return message


_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _intended(text: str, limit: int) -> str:
    """Returns a text as a header is to show it, said in other words than the product says it."""
    shown = "".join(" " if _is_dropped(sign) else sign for sign in text)
    words = " ".join(shown.split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def _is_dropped(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(sign) in _TURNS or sign in "\u061c\u200e\u200f"
