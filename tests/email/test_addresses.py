"""One address, or one with a name; nothing that could become two, or a header."""

import json
import os
from pathlib import Path

import pytest

from rulekit.email.addresses import Mailbox, address_domain, parse_address, parse_mailbox
from rulekit.errors import ComposeError

REAL_DATA = os.environ.get("RULEKIT_REAL_DATA")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        ("o'brien+tag@example.co.uk", "o'brien+tag@example.co.uk"),
        ("to@éxample.com", "to@xn--xample-9ua.com"),
        ("to@漢字.example.com", "to@xn--p8s937b.example.com"),
        ("zoë@example.com", "zoë@example.com"),
        ("zoe\u0308@ÉXAMPLE.com", "zoë@xn--xample-9ua.com"),
        ("ada@xn--xample-9ua.com", "ada@xn--xample-9ua.com"),
        ("ada@example.test", "ada@example.test"),
    ],
)
def test_takes_one_address(text: str, address: str) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@example",
        "ada@example.com\n",
        " ada@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "ada@eve.com@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\x00@example.com",
        "ada\n@example.com",
        '"ada eve"@example.com',
        '"to@other.com"@example.com',
        '"evil@example.com\r\nto"@example.com',
        "(comment)ada@example.com",
        "ada(comment)@example.com",
        "ada@[127.0.0.1]",
        "ada@-example.com",
        "a..b@example.com",
        ".a@example.com",
        "a\u202eb@example.com",
        "\u212aate@example.com",  # the Kelvin sign, which composing turns into K
        "ada@ex\u00adample.com",  # a soft hyphen, which mapping a domain drops
        "ada@\uff45xample.com",
        "ada@example\u3002com",
        "ada@exam\u00b2ple.com",
        "=?utf-8?q?Hi=0D=0ABcc:_eve@example.com?=@example.com",
        "=?utf-8?q?Hi=0D=0ABcc=3A_eve?=@example.com",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "x" * 65 + "@example.com",
        "x@" + "y" * 64 + ".com",
        "x@" + ".".join(["yy"] * 100) + ".com",
    ],
)
def test_refuses_anything_else(text: str) -> None:
    with pytest.raises(ComposeError, match="is not an email address") as refused:
        parse_address(text)
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("ada@example.com", Mailbox("", "ada@example.com")),
        ("Ada at Example <ada@example.com>", Mailbox("Ada at Example", "ada@example.com")),
        ("Acme, Inc. <ada@example.com>", Mailbox("Acme, Inc.", "ada@example.com")),
        ('"Acme \\"x\\" @home" <ada@example.com>', Mailbox('Acme "x" @home', "ada@example.com")),
        ("Åda <ada@éxample.com>", Mailbox("Åda", "ada@xn--xample-9ua.com")),
        ("Ada\tat Example <ada@example.com>", Mailbox("Ada\tat Example", "ada@example.com")),
        ("<ada@example.com>", Mailbox("", "ada@example.com")),
    ],
)
def test_takes_a_name(text: str, mailbox: Mailbox) -> None:
    assert parse_mailbox(text) == mailbox


@pytest.mark.parametrize(
    "text",
    [
        "eve@example.com <ada@example.com>",
        "eve@example.com, Ada <ada@example.com>",
        "Ada <ada@example.com>, Eve <eve@example.com>",
        "Ada\nBcc: eve@example.com <ada@example.com>",
        "Ada\r\n <ada@example.com>",
        'Ada "x" <ada@example.com>',
        "Ada <ada@example.com",
        "Ada <ada\ninjection@example.com>",
        "Ada",
        "",
    ],
)
def test_refuses_a_name_that_hides_something(text: str) -> None:
    with pytest.raises(ComposeError):
        parse_mailbox(text)


def test_names_the_domain_of_a_sender_and_never_fails() -> None:
    assert address_domain("Ada <ada@éxample.com>") == "xn--xample-9ua.com"
    assert address_domain("{{ persona.name }} at Example") == "rulekit.invalid"


@pytest.mark.skipif(not REAL_DATA, reason="RULEKIT_REAL_DATA does not name the folder of real data")
def test_agrees_with_published_verdicts() -> None:
    vectors = json.loads((Path(REAL_DATA or "") / "mail-vectors" / "isemail-addresses.json").read_text())
    taken = [case for case in vectors if _is_taken(case["address"])]
    assert {case["category"] for case in taken} == {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"}
    refused = [case["address"] for case in vectors if case["category"] in _GOOD and case not in taken]
    assert refused == ["test@io"]  # valid by the letter, but no provider hands out mailboxes at a bare top-level domain


_GOOD = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"}


def _is_taken(address: str) -> bool:
    try:
        parse_address(address)
    except ComposeError:
        return False
    return True
