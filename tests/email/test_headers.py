"""Values that try to become headers stay values."""

import email
import email.header
import email.policy
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulekit.email.addresses import Mailbox
from rulekit.email.headers import (
    MAX_SUBJECT,
    address_header,
    clean,
    message_id_header,
    serialize,
    subject_header,
    unsubscribe_headers,
)
from rulekit.errors import ComposeError

TO = ("To", "ada@example.com")
REAL_DATA = os.environ.get("RULEKIT_REAL_DATA")


def shown(header: tuple[str, str]) -> str:
    """What a mail program shows for a header, read by both of Python's parsers, which must agree."""
    message = serialize([TO, header], b"\r\n")
    modern = email.message_from_bytes(message, policy=email.policy.default)
    old = email.message_from_bytes(message, policy=email.policy.compat32)
    assert modern.keys() == old.keys() == ["To", header[0]]
    assert max(map(len, message.split(b"\r\n"))) <= 78
    decoded = str(email.header.make_header(email.header.decode_header(old[header[0]].replace("\r\n", ""))))
    assert str(modern[header[0]]) == decoded
    return decoded


@pytest.mark.parametrize(
    "subject",
    [
        "Hello",
        "a" * 200,
        "word " * 49 + "end",
        "=?utf-8?q?Hi=0D=0ABcc:_eve@example.com?=",
        "=?utf-8?b?SGkNCkJjYzogZXZlQGV4YW1wbGUuY29t?=",
        "50% off? =?",
        "Gżegżółka",
        "👩‍👩‍👧 " * 20,
        "漢字" * 60,
        "é" * 250,
        'a: b; c, d <e@f.g> "h" (i) \\ \\r\\n',
    ],
)
def test_a_subject_is_shown_as_it_was_meant(subject: str) -> None:
    assert shown(subject_header(subject)) == subject.strip()


def test_a_short_plain_subject_stays_readable_in_the_bytes() -> None:
    assert subject_header("We miss you, Ada") == ("Subject", "We miss you, Ada")
    assert subject_header("Gżegżółka") == ("Subject", "=?utf-8?b?R8W8ZWfFvMOzxYJrYQ==?=")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), min_size=1, max_size=300))
def test_any_text_as_subject_and_name_comes_back_cleaned(text: str) -> None:
    if clean(text, MAX_SUBJECT):
        assert shown(subject_header(text)) == clean(text, MAX_SUBJECT)
    header = address_header("From", Mailbox(text, "ada@example.com"))
    parsed = email.message_from_bytes(serialize([TO, header], b"\r\n"), policy=email.policy.default)
    assert [address.addr_spec for address in parsed["from"].addresses] == ["ada@example.com"]


@pytest.mark.parametrize("text", ["", " ", "\r\n", "\x00\x01", "\u2028"])
def test_an_empty_subject_is_refused(text: str) -> None:
    with pytest.raises(ComposeError, match="the subject is empty"):
        subject_header(text)


def test_cleaning_keeps_one_line_and_a_bounded_length() -> None:
    assert clean(" a\r\nBcc:\tb\x00c\u2028d\u202ee ", 99) == "a Bcc: b c d e"
    assert clean("abcdef", 4) == "abc…"
    assert clean("a\ud800b", 99) == "a�b"
    assert clean("👩‍👧 x", 99) == "👩‍👧 x"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "ada@example.com"),
        ("Ada at Example", "Ada at Example <ada@example.com>"),
        ("Acme, Inc.", '"Acme, Inc." <ada@example.com>'),
        ('a "b" \\ c', '"a \\"b\\" \\\\ c" <ada@example.com>'),
        ("Firstname Sürname", "=?utf-8?q?Firstname_S=C3=BCrname?= <ada@example.com>"),
        ("Sürname, Firstname", "=?utf-8?q?S=C3=BCrname=2C_Firstname?= <ada@example.com>"),
    ],
)
def test_a_name_is_quoted_or_encoded(name: str, written: str) -> None:
    header = address_header("From", Mailbox(name, "ada@example.com"))
    parsed = email.message_from_bytes(serialize([TO, header], b"\r\n"), policy=email.policy.default)
    assert parsed["from"].addresses[0].display_name == name
    assert header == ("From", written)
    assert "=?utf-8?q?Hi?=" not in address_header("From", Mailbox("=?utf-8?q?Hi?=", "ada@example.com"))[1]


@pytest.mark.parametrize("bad", ["", "x", "<x>", "<a@b>\r\n", "<a b@c>", "<a@b><c@d>", f"<{'a' * 200}@b>", "<ä@b>"])
def test_a_message_id_is_one_token(bad: str) -> None:
    assert message_id_header("<0a.b@example.com>") == ("Message-ID", "<0a.b@example.com>")
    with pytest.raises(ComposeError, match="is not a message id"):
        message_id_header(bad)


def test_one_click_unsubscribing_stands_on_one_line_each() -> None:
    link = "https://mail.example.com/u?token=" + "x" * 800
    block = serialize([TO, *unsubscribe_headers(link)], b"\r\n")
    assert block.splitlines()[1:3] == [
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b"List-Unsubscribe: <" + link.encode() + b">",
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "http://mail.example.com/u",
        "mailto:x@example.com",
        "https://mail.example.com/u\r\nBcc: x",
        "https://mail.example.com/ u",
        "https://mail.example.com/>,<https://eve",
        "https://exämple.com/u",
        "https://mail.example.com/" + "x" * 1000,
    ],
)
def test_a_link_that_could_be_more_than_a_link_is_refused(bad: str) -> None:
    with pytest.raises(ComposeError, match="unsubscribe link"):
        unsubscribe_headers(bad)


@pytest.mark.parametrize(
    "headers",
    [
        [TO, ("Subject", "x\r\nBcc: eve@example.com")],
        [TO, ("Subject", "x\nBcc: eve@example.com")],
        [TO, ("Subject", "x\r\n\r\nbody")],
        [TO, ("Subject", "x\ry")],
        [TO, ("Subject", "x" * 1000)],
        [("To", "ada@example.com, eve@example.com")],
        [("To", "Eve <eve@example.com>, Ada <ada@example.com>")],
        [TO, ("From", "eve@example.com, Ada <ada@example.com>")],
        [TO, ("Reply-To", "Team: ada@example.com, eve@example.com;")],
        [TO, ("Subject", "x\x00y")],
        [TO, ("Subject", "x"), ("", "y")],
        [TO, ("Subject", " x")],
    ],
)
def test_bytes_that_do_not_read_back_as_intended_are_never_given_away(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(ComposeError, match="cannot be written safely"):
        serialize(headers, b"\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b"Bcc: eve@example.com\r\n\r\nx\r\n",
        b"Content-Type: text/plain\r\nBcc: eve@example.com\r\n\r\nx\r\n",
        b"x\r\n\r\ny\r\n",
        b"\r\nx\n.\ny\r\n",
        b"\r\nx\r.\ry\r\n",
        b"\r\nx\r\r\ny\r\n",
        b"\r\n" + b"x" * 999 + b"\r\n",
        b"\r\nx\x00y\r\n",
    ],
)
def test_a_body_that_servers_could_read_otherwise_is_never_given_away(body: bytes) -> None:
    serialize([TO], b"Content-Type: text/plain\r\n\r\n" + b"x" * 998 + b"\r\n.\r\n")
    with pytest.raises(ComposeError, match="cannot be written safely"):
        serialize([TO], body)


@pytest.mark.skipif(not REAL_DATA, reason="RULEKIT_REAL_DATA does not name the folder of real data")
def test_agrees_with_published_header_facts() -> None:
    facts = json.loads((Path(REAL_DATA or "") / "mail-vectors" / "django-mail.json").read_text())
    for subject, written in facts["subject"]:
        assert subject_header(subject) == ("Subject", written)
    for case in json.loads((Path(REAL_DATA or "") / "mail-vectors" / "rfc2047.json").read_text())["decode"]:
        raw = case["raw"].replace("\r\n    ", " ")
        assert shown(subject_header(raw)) == " ".join(raw.split())
