"""The header block of an email, from values that customers may have written.

No value can add, end or split a header: each is cleaned and encoded, and the finished bytes are parsed again and must
hold exactly the intended headers and addresses. All lines, those of the body too, end with CRLF and hold at most 998
octets (RFC 5322, section 2.1.1).
"""

import re
from collections.abc import Sequence
from email.errors import MessageDefect, MultipartInvariantViolationDefect
from email.header import Header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from textwrap import wrap

from rulekit.email.addresses import Mailbox
from rulekit.errors import ComposeError

MAX_LINE = 998
MAX_SUBJECT = 250
MAX_NAME = 100
_FOLD = 78
_ADDRESSED = frozenset({"From", "To", "Reply-To"})
# controls, the separators that some programs take for line ends, marks that turn the direction of text
_NOT_IN_HEADERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,120}@[A-Za-z0-9.-]{1,253}>")
_LINK = re.compile(r"https://[!-;=?-~]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")

HeaderLine = tuple[str, str]


def clean(value: str, limit: int) -> str:
    """Returns a value on one line, white space single, at most `limit` characters (a cut one ends in `…`)."""
    text = " ".join(_SURROGATES.sub("�", _NOT_IN_HEADERS.sub(" ", value)).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def subject_header(value: str) -> HeaderLine:
    """Returns the Subject; raises ComposeError when nothing is left to show."""
    text = clean(value, MAX_SUBJECT)
    if not text:
        raise ComposeError("the subject is empty", help="write a subject that every person has values for")
    return "Subject", _unstructured("Subject", text)


def address_header(name: str, mailbox: Mailbox) -> HeaderLine:
    """Returns a header that holds one address, with its name encoded or quoted."""
    shown = clean(mailbox.name, MAX_NAME)
    if not shown:
        return name, mailbox.address
    phrase = _phrase(name, shown)
    together = f"{phrase} <{mailbox.address}>"
    fits = len(name) + 2 + len(together.rsplit("\n", 1)[-1]) <= _FOLD
    return name, together if fits else f"{phrase}\r\n <{mailbox.address}>"


def message_id_header(message_id: str) -> HeaderLine:
    """Returns the Message-ID as it was given; raises ComposeError when it is not `<left@right>`."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ComposeError(f"`{clean(message_id, 80)}` is not a message id", help="write it like `<id@example.com>`")
    return "Message-ID", message_id


def unsubscribe_headers(link: str) -> Sequence[HeaderLine]:
    """Returns the two headers of one-click unsubscribing, each on one line (RFC 8058); raises ComposeError."""
    value = f"<{link}>"
    if not _LINK.fullmatch(link) or len("List-Unsubscribe: ") + len(value) > MAX_LINE:
        raise ComposeError(
            "the unsubscribe link is not one plain https link that fits on a line",
            help="mend `unsubscribe_url` in rulekit.toml",
        )
    return ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), ("List-Unsubscribe", value)


def serialize(headers: Sequence[HeaderLine], body: bytes) -> bytes:
    """Returns the message of these headers and this body; raises ComposeError when it does not come out as intended.

    The body already holds the lines that follow the last header of `headers`, its own headers included.
    """
    message = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers) + body
    _verify_lines(message)
    _verify_headers(message, headers, body)
    _verify_addresses(headers)
    return message


def _verify_lines(message: bytes) -> None:
    """Raises ComposeError unless each line ends with CRLF and is short: servers differ in what a lone CR or LF is."""
    loose = not message.count(b"\r") == message.count(b"\n") == message.count(b"\r\n")
    if loose or b"\0" in message or max(map(len, message.split(b"\r\n"))) > MAX_LINE:
        raise ComposeError("its lines cannot be written safely", help="look at the values in its subject and names")


def _verify_headers(message: bytes, headers: Sequence[HeaderLine], body: bytes) -> None:
    """Parses the headers again and compares; a difference means that a value broke out of its header."""
    parsed, own = _parsed_head(message), _parsed_head(body)
    intended = [(name, value.encode().decode("ascii", "surrogateescape")) for name, value in headers]
    foreign = any(not name.startswith("Content-") for name in own.keys())  # noqa: SIM118  # a Message, not a dict
    if foreign or _defects(parsed) or parsed.get_payload() or [*parsed.raw_items()] != [*intended, *own.raw_items()]:
        raise ComposeError("its headers cannot be written safely", help="look at the values in its subject and names")


def _parsed_head(text: bytes) -> Message:
    """Returns what stands before the first empty line, as a message without body."""
    head, end, _ = text.partition(b"\r\n\r\n")
    return BytesHeaderParser(policy=compat32).parsebytes(head + end)


def _defects(head: Message) -> list[MessageDefect]:
    """Returns what is wrong with a head; not that the parts are missing, as Python before 3.11.5 says."""
    return [defect for defect in head.defects if not isinstance(defect, MultipartInvariantViolationDefect)]


def _verify_addresses(headers: Sequence[HeaderLine]) -> None:
    """Raises ComposeError when a header of addresses would be read as another address, or as more than one."""
    for name, value in headers:
        if name in _ADDRESSED and [address for _, address in getaddresses([value])] != [_bare(value)]:
            who, what = ("recipient", "the person's address") if name == "To" else (f"`{name}`", "the name in it")
            raise ComposeError(f"its {who} cannot be written safely", help=f"mend {what}")


def _bare(value: str) -> str:
    return value.rsplit("<", 1)[-1].removesuffix(">")


def _unstructured(name: str, text: str) -> str:
    """Returns text for a header without structure: as it is, folded, or as encoded words (RFC 2047)."""
    if _is_plain(text):
        lines = wrap(f"{name}: {text}", _FOLD - 1, break_long_words=False, break_on_hyphens=False)
        if len(lines[0]) > len(name) + 1 and all(len(line) < _FOLD for line in lines):
            return "\r\n ".join(lines)[len(name) + 2 :]
    return _encoded(name, text)


def _phrase(header: str, text: str) -> str:
    if not _is_plain(text):
        return _encoded(header, text)
    if _ATOMS.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_plain(text: str) -> bool:
    """Returns whether text may stand unencoded: `=?` in it would be decoded by whoever reads the email."""
    return text.isascii() and "=?" not in text


def _encoded(header: str, text: str) -> str:
    return Header(text, charset="utf-8", header_name=header, maxlinelen=_FOLD - 2).encode(linesep="\r\n")
