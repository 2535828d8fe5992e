"""Reports of delivery (RFC 3464) and complaints (RFC 5965) become notices; anything else becomes none, or one error."""

import base64
import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulekit.email.notices.parts import MAX_DEPTH
from rulekit.email.notices.reports import read_message
from rulekit.errors import SourceError
from rulekit.records import Notice, NoticeKind
from tests.email.notices.samples import ABUSE, ADA, EXCHANGE, EXIM, GMAIL, OURS, POSTFIX, report

BOUNCED, DELAYED, DELIVERED, COMPLAINED = (
    NoticeKind.BOUNCED,
    NoticeKind.DELAYED,
    NoticeKind.DELIVERED,
    NoticeKind.COMPLAINED,
)


def one(message: bytes) -> Notice:
    (notice,) = read_message(message)
    return notice


def group(**fields: str) -> str:
    given = {"final_recipient": f"rfc822; {ADA}", "action": "failed", "status": "5.1.1"} | fields
    lines = "".join(f"{name.replace('_', '-').title()}: {value}\n" for name, value in given.items() if value)
    return f"Reporting-MTA: dns; mx.example.net\n\n{lines}"


@pytest.mark.parametrize(
    ("message", "kind", "status", "dead"),
    [
        (POSTFIX, BOUNCED, "5.1.1", True),
        (EXIM, BOUNCED, "5.2.1", True),
        (EXCHANGE, BOUNCED, "5.2.2", False),
        (GMAIL, DELAYED, "4.4.1", False),
        (ABUSE, COMPLAINED, "", False),
    ],
)
def test_servers_with_habits_are_understood(message: bytes, kind: NoticeKind, status: str, dead: bool) -> None:
    for lines in (message, message.replace(b"\n", b"\r\n")):
        notice = one(lines)
        assert (notice.kind, notice.status, notice.dead, notice.message_id) == (kind, status, dead, OURS)
        assert ADA in [address.casefold() for address in notice.addresses]


def test_a_notice_says_when_why_and_from_whom() -> None:
    postfix, gmail, abuse = one(POSTFIX), one(GMAIL), one(ABUSE)
    assert postfix.at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert gmail.at == datetime(2026, 3, 3, 7, 59, tzinfo=UTC)
    assert abuse.at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert postfix.detail == "smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown"
    assert (postfix.source, abuse.source) == ("delivery report", "feedback report")


@pytest.mark.parametrize(
    ("status", "detail", "dead"),
    [
        ("5.1.1", "", True),
        ("5.1.2", "", True),
        ("5.1.10 (null MX)", "", True),
        ("5.2.1", "", True),
        ("5.1.7", "", False),  # about the sender's address
        ("5.1.8", "", False),
        ("5.2.2", "smtp; 550 5.1.1 unknown", False),  # what the server states goes first
        ("5.7.1", "", False),
        ("5.0.0", "smtp; 550 refused", False),
        ("5.0.0", "smtp; 550 #5.1.1 unknown", True),
        ("5.0.0", "smtp; server 5.1.1 refused", False),  # a version, not a reply
        ("", "smtp; 550 5.1.1 unknown", True),
        ("4.4.7", "smtp; 450 4.1.1 try later", False),
        ("5.0.0", "smtp; 450 4.2.1 disabled for now", False),
    ],
)
def test_only_some_statuses_say_that_an_address_is_dead(status: str, detail: str, dead: bool) -> None:
    assert one(report(group(status=status, diagnostic_code=detail))).dead is dead


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", BOUNCED),
        ("Failed (no such user)", "5.1.1", BOUNCED),
        ("failed", "4.4.7", BOUNCED),  # given up after many attempts
        ("delayed", "4.4.7", DELAYED),
        ("delivered", "2.0.0", DELIVERED),
        ("relayed", "2.0.0", DELIVERED),
        ("expanded", "2.0.0", DELIVERED),
        ("", "5.1.1", BOUNCED),
        ("", "4.1.1", DELAYED),
    ],
)
def test_the_action_says_what_became_of_it(action: str, status: str, kind: NoticeKind) -> None:
    assert one(report(group(action=action, status=status))).kind is kind


def test_each_recipient_is_a_notice_of_its_own() -> None:
    groups = group() + "\n" + group(final_recipient="rfc822; bob@example.com", action="delayed", status="4.2.2")
    found = read_message(report(groups))
    assert [(notice.addresses, notice.kind) for notice in found] == [
        ((ADA,), BOUNCED),
        (("bob@example.com",), DELAYED),
    ]
    assert len({notice.identity for notice in found}) == 2


@pytest.mark.parametrize(
    ("recipient", "address"),
    [
        ("rfc822; <ada@example.com>", ADA),
        ("RFC822;ada@example.com (Ada)", ADA),
        ("ada@example.com", ADA),
        ("rfc822;ada+2Btag@example.com", "ada+tag@example.com"),
        ("rfc822;ada+tag@example.com", "ada+tag@example.com"),
        ("utf-8; zoë@example.com", "zoë@example.com"),
        (r"utf-8; zo\x{EB}@example.com", "zoë@example.com"),
    ],
)
def test_addresses_are_read_in_the_ways_they_are_written(recipient: str, address: str) -> None:
    assert address in one(report(group(final_recipient=recipient))).addresses


def test_a_status_part_in_base64_or_for_international_mail_is_read() -> None:
    text = base64.encodebytes(group().encode()).decode()
    assert one(report(text, status_headers="Content-Transfer-Encoding: base64\n")).status == "5.1.1"
    global_report = report(group(), status_type="message/global-delivery-status", returned_type="message/global")
    assert (one(global_report).status, one(global_report).message_id) == ("5.1.1", OURS)


def test_fields_that_stand_in_one_group_are_read_all_the_same() -> None:
    assert one(report(group().replace("\n\n", "\n"))).kind is BOUNCED


def test_a_forwarded_report_is_found_and_a_report_within_the_returned_message_is_not() -> None:
    forwarded = b"From: x@example.com\nContent-Type: message/rfc822\n\n" + POSTFIX
    assert one(forwarded).message_id == OURS
    about_a_report = report(group(final_recipient="rfc822; bob@example.com"), POSTFIX.decode().replace("_b1", "_b2"))
    found = one(about_a_report)
    assert (found.addresses, found.message_id) == (("bob@example.com",), "<report-1@mx.example.net>")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"From: ada@example.com\nSubject: Re: Hello\n\nThank you!\n",
        POSTFIX.replace(b"multipart/report", b"text/plain"),
        report("Feedback-Type: not-spam\nVersion: 1\n", status_type="message/feedback-report"),
        report("Feedback-Type: auth-failure\nVersion: 1\n", status_type="message/feedback-report"),
        report("Disposition: manual-action; displayed\n", status_type="message/disposition-notification"),
        report(group(action="", status="")),
        report(group(final_recipient="")),
        report(""),
    ],
)
def test_what_reports_nothing_is_no_notice(message: bytes) -> None:
    assert read_message(message) == []


def test_a_complaint_without_its_address_takes_that_of_the_message() -> None:
    hidden = "Feedback-Type: abuse\nVersion: 1\n"
    assert one(report(hidden, status_type="message/feedback-report")).addresses == (ADA,)


def test_the_same_report_has_the_same_identity_however_it_was_carried() -> None:
    carried = POSTFIX.replace(b"From: MAILER", b"Received: from x by y\nFrom: MAILER").replace(b"\n", b"\r\n")
    assert one(carried).identity == one(POSTFIX).identity
    another = POSTFIX.replace(b"<report-1@", b"<report-2@")
    assert one(another).identity != one(POSTFIX).identity


# hostile messages


def nested(depth: int, kind: str) -> bytes:
    message = POSTFIX.decode()
    for level in range(depth):
        if kind == "message":
            message = f"Content-Type: message/rfc822\n\n{message}"
        else:
            message = f'Content-Type: multipart/mixed; boundary="{level}"\n\n--{level}\n{message}\n--{level}--\n'
    return message.encode()


@pytest.mark.parametrize("kind", ["message", "multipart"])
def test_parts_that_lie_too_deep_are_refused(kind: str) -> None:
    assert one(nested(10, kind)).message_id == OURS
    for depth in (MAX_DEPTH, 20_000):
        with pytest.raises(SourceError, match="too deep"):
            read_message(nested(depth, kind))


@pytest.mark.parametrize(
    "message",
    [
        b"Content-Type: multipart/report" + b";a" * 1_500_000 + b"\n\nx\n",
        b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n" * 400_000,
        b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\nContent-Type: a/b;" * 100_000,
        b"Subject: x\n" + b" y\n" * 1_000_000,
        report(group() + "\n" + "Final-Recipient: rfc822; x@example.com\nAction: failed\n\n" * 60_000),
        report(group(final_recipient="rfc822; " + "+2B" * 100_000 + ADA)),
        report(group(diagnostic_code="550 " * 200_000 + "x")),
        b"X" * 5_000_000,
        b"\n" * 5_000_000,
    ],
)
def test_no_message_takes_long(message: bytes) -> None:
    start = time.process_time()
    assert len(read_message(message)) <= 100
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "changed",
    [
        ("Date: Tue, 03 Mar 2026 10:00:00 +0100", "Date: 99 Foo 99999 99:99:99 +9999999"),
        ("Date: Tue, 03 Mar 2026 10:00:00 +0100", "Date: Fri, 31 Dec 9999 23:59:59 -2359"),
        ("Message-ID: <report-1@mx.example.net>", "Message-ID: \udcff\ufffd\x00<<>>"),
        ("MIME-Version: 1.0", "Content-Transfer-Encoding: x-unknown\nMIME-Version: =?utf-8?q?=FF?="),
        ('boundary="=_b1"', "boundary*0*=utf-8'x'%FF;boundary*1=x"),
        ("Content-Type: message/rfc822", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64"),
    ],
)
def test_odd_headers_raise_nothing_but_our_own(changed: tuple[str, str]) -> None:
    odd = POSTFIX.decode().replace(*changed).encode("utf-8", "surrogateescape")
    for notice in read_message(odd):
        assert notice.at is None or notice.at.tzinfo is UTC


def try_to_read(message: bytes) -> list[Notice]:
    try:
        return read_message(message)
    except SourceError:
        return []


@pytest.mark.parametrize("sample", [POSTFIX, EXIM, EXCHANGE, GMAIL, ABUSE])
def test_damage_never_raises_anything_else(sample: bytes) -> None:
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(sample)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randint(0, 9)] = chance.randbytes(chance.randint(0, 4))
        for notice in try_to_read(bytes(damaged)):
            assert notice.detail.isprintable()


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_fields_raise_anything_else(fields: Any, returned: Any) -> None:
    message = report("GROUPS", "RETURNED").replace(b"GROUPS", fields).replace(b"RETURNED", returned)
    try_to_read(message)
