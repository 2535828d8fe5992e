"""Texts that try to add a header, a recipient, a tag or a command, and texts that are merely odd."""

import json
import os
from pathlib import Path

_ENDS = [
    "\r\n",
    "\n",
    "\r",
    "\r\n ",
    "\n\t",
    "\r\r\n",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00",
]
_TAILS = ["Bcc: eve@example.com", "\r\n\r\n<script>x</script>", "Subject: other", "Content-Type: text/html"]
_ENCODED = [
    "=?utf-8?q?Hi=0D=0ABcc:_eve@example.com?=",
    "=?utf-8?Q?Hi=0D=0ABcc:_eve@example.com?= tail",
    "=?UTF-8?B?SGkNCkJjYzogZXZlQGV4YW1wbGUuY29t?=",
    "=?iso-8859-1?q?=0ABcc:_eve@example.com?=",
    "=?utf-8*en?q?=0D=0ABcc:_e?=",
    "=?utf-8?q?a?= =?utf-8?q?=0D=0Ab?=",
    "=?utf-7?q?+AA0ACg-Bcc:?=",
    "=?unknown?q?x?=",
    "=?utf-8?x?y?=",
    "=?utf-8?b?====?=",
    "=?",
    "?=",
    "=?utf-8?q?" + "a" * 300 + "?=",
]
_ODD = [
    '"',
    "\\",
    '"\\',
    "<eve@example.com>",
    '" <eve@example.com>',
    "Ada <eve@example.com>,",
    "a, b",
    "a; b",
    "a: b;",
    "(comment",
    "comment)",
    "[x]",
    "@",
    ".",
    "..\r\n.\r\n",
    "\r\n.\r\nMAIL FROM:<eve@example.com>",
    "From here",
    "--rulekit-",
    "--",
    "Bcc:",
    "{{ person.email }}",
    "{% include '/etc/passwd' %}",
    "<!-- -->",
    "-->",
    "<body>",
    "</body></html>",
    "</style><script>x</script>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "![x](http://eve.example/p.gif)",
    "# heading\n===",
    "```",
    "    code",
    "| a | b |",
    "\u202eecnalg",
    "\u2066x\u2069",
    "\ufeffbom",
    "\ufffe\uffff",
    "\ud800",
    "\udfff\ud800",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "Z" + "\u0351" * 80,
    "漢字" * 300,
    "é" * 2000,
    "a" * 2000,
    "a " * 2000,
    " " * 200 + "x",
    "\t\t x \t",
    "x" + "\u00a0" * 40 + "y",
    "%0d%0aBcc:eve@example.com",
    "\\r\\nBcc: eve@example.com",
    "%s%n%d",
    "$(id)",
    "'; drop table x; --",
]
HOSTILE = [f"Ada{end}{tail}" for end in _ENDS for tail in _TAILS] + _ENCODED + _ODD


def hostile_texts() -> list[str]:
    """Returns the texts, with a public collection of naughty strings where RULEKIT_REAL_DATA names its folder."""
    folder = os.environ.get("RULEKIT_REAL_DATA")
    if not folder:
        return HOSTILE
    return HOSTILE + json.loads((Path(folder) / "mail-vectors" / "blns.json").read_text())
