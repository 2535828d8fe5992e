"""Some hundreds of hostile texts and addresses, generated in groups; for an address, who is to be mailed, if anybody.

With the public vectors as well where RULEKIT_REAL_DATA names their folder.
"""

import json
import os
from itertools import product
from pathlib import Path

from rulekit.outbox.rows.suppressions import normalise
from tests.email.hostile import HOSTILE

EVE = "eve@evil.example"
_ENDS = ["\r\n", "\n", "\r"]
_MARKS = [*"\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"]
_MARKS += [*"\u2060\u2066\u2067\u2068\u2069\u206a\ufeff\ufff9\ufffc\ufffd\ufdd0\U000e0001\U000e0041\U0010ffff"]
_CHARSETS = ["utf-8", "us-ascii", "iso-8859-1", "utf-7", "utf-16", "unknown-8bit", "utf-8*en", "", "x" * 80]
_PAYLOADS = {
    "q": ["Hi=0D=0ABcc:_eve@evil.example", "=0A.=0A", "=00", "=22=3Ceve@evil.example=3E=2C", "=0D=0A=0D=0A"],
    "b": ["SGkNCkJjYzogZXZlQGV2aWwuZXhhbXBsZQ==", "Cg==", "DQ", "====", "AA"],
}
_LENGTHS = [1, 60, 62, 63, 64, 66, 67, 68, 69, 70, 75, 76, 77, 78, 79, 246, 247, 248, 250, 251, 996, 998, 999, 5000]


def texts() -> dict[str, list[str]]:
    """Returns what somebody may have written into the field of a name."""
    words = [
        f"=?{charset}?{encoding}?{payload}?="
        for charset in _CHARSETS
        for encoding, payloads in _PAYLOADS.items()
        for payload in payloads
    ]
    groups = {
        "controls": [f"Ada{chr(code)}Eve" for code in [*range(0x20), *range(0x7F, 0xA0)]],
        "marks": [f"Ada{mark}Eve" for mark in _MARKS],
        "encoded words": [*words, *(f"{a} {b}" for a, b in zip(words[::9], words[1::9], strict=False)), *_BROKEN],
        "smuggling": [
            f"Ada{before}.{after}.Eve{after}..{after}MAIL FROM:<{EVE}>{after}RCPT TO:<{EVE}>{after}DATA{after}x"
            for before, after in product([*_ENDS, ""], _ENDS)
        ],
        "lengths": [
            unit * (length // len(unit)) + "x"
            for unit in ("a", "é", "漢", "👩", "ab ", "é ")
            for length in _LENGTHS
            if length >= len(unit)
        ],
        "punctuation": [shape.format(sign) for sign in _SIGNS for shape in ("{}", "Ada {0}Eve{0}")],
        "odd": [text for text in HOSTILE if not _has_surrogates(text)],
    }
    folder = os.environ.get("RULEKIT_REAL_DATA")
    if folder:
        raw = [case["raw"] for case in _published(folder, "rfc2047")["decode"]]
        naughty = [text for text in _published(folder, "blns") if text and not _has_surrogates(text)]
        groups |= {"RFC 2047": raw, "naughty strings": naughty}
    return groups


_BROKEN = [
    "=?utf-8?q?a?==?utf-8?q?=0D=0ABcc:x?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3F=3D0A=3F=3D?=",
    "=?=?=",
    "=?utf-8?q?\r\n?=",
]
_SIGNS = [sign for sign in map(chr, range(0x21, 0x7F)) if not sign.isalnum()]


def addresses() -> dict[str, list[tuple[str, str | None]]]:
    """Returns what may stand in the field `email`, each with the one address to mail, or None for nobody."""
    refused = {
        "two at once": [f"victim@example.com{sep}{EVE}" for sep in _SEPARATORS],
        "names, routes, groups, comments": _NOT_BARE,
        "quoted": [f'"{local}"@x.example' for local in _QUOTED],
        "literals and bad domains": [f"ada@{domain}" for domain in _BAD_DOMAINS],
        "controls": [
            shape.format(chr(code))
            for code in [*range(0x21), *range(0x7F, 0xA1)]
            for shape in ("a{}b@example.com", "ab@exam{}ple.com")
        ],
        "marks": [*(f"a{mark}b@example.com" for mark in _INVISIBLE), *(f"ab@ex{mark}ample.com" for mark in _MARKS)],
        "look-alikes": _LOOKALIKES,
        "encoded words": [
            f"=?{charset}?q?Hi{payload}?=@example.com"
            for charset in ("utf-8", "x")
            for payload in ("=0D=0A", "_", "=2C")
        ],
        "too long": [f"{'a' * 65}@example.com", f"a@{'b' * 64}.com", f"a@{'.'.join(['b' * 60] * 5)}.com", "a" * 5000],
    }
    groups: dict[str, list[tuple[str, str | None]]] = {
        name: [(t, None) for t in group] for name, group in refused.items()
    }
    for text, address in [*((text, text) for text in _PLAIN), *_REWRITTEN]:
        groups.setdefault(_free_group(groups, address), []).append((text, address))
    folder = os.environ.get("RULEKIT_REAL_DATA")
    if folder:
        groups |= {"is_email": _is_email(folder), "Django": _django(folder)}
    return groups


def _free_group(groups: dict[str, list[tuple[str, str | None]]], address: str | None) -> str:
    """Returns the first group in which nobody has that mailbox yet: one mailbox gets one email of a run."""
    number = 0
    while True:
        name = f"plain {number}" if number else "plain"
        taken = {normalise(other) for _, other in groups.get(name, []) if other is not None}
        if address is None or normalise(address) not in taken:
            return name
        number += 1


_SEPARATORS = [
    ",",
    ", ",
    ";",
    "; ",
    " ",
    "\t",
    "\r\n",
    "\n",
    "\r",
    "\r\n ",
    "\x00",
    "\x0b",
    "\u2028",
    "\x85",
    "|",
    "\\",
]
_SEPARATORS += ["%0d%0a", ">", "> ", ">,<", "\r\nBcc: ", "\nRCPT TO:<", ">\r\nRCPT TO:<", "，", "；", "\u037e"]
_NOT_BARE = [
    "<evil@x>, other@y",
    f"<victim@example.com>, {EVE}",
    f"{EVE} <victim@example.com>",
    f'"{EVE}" <victim@example.com>',
    f"victim@example.com <{EVE}>",
    f"Ada <{EVE}>",
    f"<{EVE}>",
    f"<{EVE}",
    f"{EVE}>",
    f"<<{EVE}>>",
    f"<@relay.example:{EVE}>",
    f"@relay.example:{EVE}",
    f"@relay.example,@other.example:{EVE}",
    f"Team: {EVE};",
    f"Team: victim@example.com, {EVE};",
    "undisclosed-recipients:;",
    "Team:;",
    f"(comment){EVE}",
    f"{EVE}(comment)",
    "eve(comment)@evil.example",
    "eve@(comment)evil.example",
    "eve@evil(comment).example",
    "eve@evil.example (Eve (nested))",
    "eve@evil.example(",
    "eve @evil.example",
    "eve@ evil.example",
    " eve@evil.example",
    "eve@evil.example ",
    "eve . x@evil.example",
    "eve@evil.example@example.com",
    "eve@@example.com",
    "to@other.com <to@example.com>",
    f"{EVE}\\",
    f"mailto:{EVE}",
    f"{EVE}?bcc=x@example.com",
    f"{EVE} SIZE=1",
    f"{EVE}> SMTPUTF8 <x@example.com",
    f"[{EVE}]",
    f"{{{{ '{EVE}' }}}}",
    "$(id)@evil.example",
    "eve",
    "@",
    "eve@",
    "@evil.example",
    ".",
    "",
    " ",
    "None",
    "true",
    ".eve@evil.example",
    "eve.@evil.example",
    "e..ve@evil.example",
]
_QUOTED = [
    "a b",
    "a",
    "",
    " ",
    "a@b",
    "a\\@b",
    f"{EVE}>, <x",
    "a\\\r\nb",
    "a\r\nBcc: b",
    "\x00",
    "a\\",
    "a,b",
    "é",
    ".",
]
_BAD_DOMAINS = [
    "[1.2.3.4]",
    "[IPv6:::1]",
    "[x]",
    "[",
    "]",
    "1.2.3.4",
    "1.2.3",
    "0x7f.1",
    "localhost",
    "example",
    "-a.com",
]
_BAD_DOMAINS += ["a-.com", "a..com", ".a.com", "a.com.", "a.com..", "a_b.com", "a.123", "xn--a.com", "xn--.com"]
_BAD_DOMAINS += [
    "a,b.com",
    "a;b.com",
    "a:25",
    "a.com:25",
    "a.com/x",
    "a.com#x",
    "a.com%0d%0a",
    "a%b.com",
    "a!b.com",
    "*.com",
]
_BAD_DOMAINS += [
    "a.com\\",
    "=?utf-8?q?a?=.com",
    "a\ufffd.com",
    "a\ud7ff\u0300\ufdd0.com",
    "a.local",
    "a.invalid",
    "a.onion",
]
_ODD_LETTERS = "\u034f\ufffc\ufffd"  # odd, and yet letters that an address may hold: then it is that address
_INVISIBLE = [mark for mark in _MARKS if mark not in _ODD_LETTERS]
_LOOKALIKES = [
    "\u212aate@example.com",
    "a\u1fefb@example.com",
    "a\u037eb@example.com",
    "ada＠example.com",
    "ada@ｅxample.com",
    "ada@example．com",
    "ada@example。com",
    "ada@example｡com",
    "ada@ex\u00adample.com",
    "ada@exam²ple.com",
    "ada@ﬁrst.com",
    "ada@ⓔxample.com",
    "ada@℀.example.com",
    "ada@example.ℂom",
    "ada@\u212aate.com",
    "ada@ĳ.example.com",
    "ada@a\u2024b.com",
    "ada@a‥b.com",
    "ada@a\uff0fb.com",
    "ada@\u2488com.com",
]
_PLAIN = [
    "ada@example.com",
    "o'brien+tag=x@example.com",
    "!#$%&'*+-/=?^_`{|}~@example.com",
    "victim%evil.example@example.com",  # this one mailbox at example.com, whatever old relays made of it
    "evil.example!victim@example.com",
    "-a@example.com",
    "--help@example.com",
    "1@example.com",
    "a.b.c@a.b.c.example.com",
    "root@example.test",
    "zoë@example.com",
    "用户@example.com",
    "ada@xn--xample-9ua.com",
    f"{'a' * 64}@example.com",
    f"a@{'.'.join(['b' * 60] * 3)}.com",
    "Bcc@example.com",
    "DATA@example.com",
    "?=@example.com",
    *(f"a{letter}b@example.com" for letter in _ODD_LETTERS),
]
_REWRITTEN = [
    ("Ada@EXAMPLE.com", "Ada@example.com"),
    ("ada@éxample.com", "ada@xn--xample-9ua.com"),
    ("ada@ÉXAMPLE.com", "ada@xn--xample-9ua.com"),
    ("ada@e\u0301xample.com", "ada@xn--xample-9ua.com"),
    ("ada@faß.de", "ada@xn--fa-hia.de"),
    ("ada@漢字.example.com", "ada@xn--p8s937b.example.com"),
    ("zoe\u0308@example.com", "zoë@example.com"),
]


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _published(folder: str, name: str) -> "dict | list":
    return json.loads((Path(folder) / "mail-vectors" / f"{name}.json").read_text(encoding="utf-8"))


def _is_email(folder: str) -> list[tuple[str, str | None]]:
    cases = []
    for case in _published(folder, "isemail-addresses"):
        local, _, domain = case["address"].rpartition("@")
        good = case["category"] in ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN") and "." in domain
        cases.append((case["address"], f"{local}@{domain.lower()}" if good else None))
    return cases


def _django(folder: str) -> list[tuple[str, str | None]]:
    facts = _published(folder, "django-mail")
    refused: list[tuple[str, str | None]] = [(text, None) for text in facts["refuse_as_envelope_recipient"]]
    return refused + [(text, mailed) for text, mailed in facts["envelope_idna"]]
