"""Email addresses: one bare address or one with a name, validated before it comes near a header or a server.

An address that is accepted here holds no white space, control characters, comments, quotes or second address.
"""

import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from rulekit.errors import ComposeError

# the field of a person that holds their address
ADDRESS_FIELD = "email"
_WITH_NAME = re.compile(r"(?P<name>.*?) *<(?P<address>[^<>]*)>", re.DOTALL)
_ENCODED_WORD = re.compile(r"=\?.*\?")  # valid letter for letter, but programs decode it (RFC 2047)
_QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"', re.DOTALL)
_FORBIDDEN_IN_NAME = re.compile(r"[\x00-\x08\x0a-\x1f\x7f<>]")  # a tab is a space to whoever writes names


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name for people, maybe empty, and a bare address."""

    name: str
    address: str


def parse_address(text: str) -> str:
    """Returns the one bare address that the text is, its domain in ASCII (IDNA); nothing is looked up in DNS.

    Raises ComposeError for anything else: several addresses, a name beside it, comments, quotes, a domain without a
    dot, signs that would become other letters. Addresses below `.test` are taken, so that examples can never reach
    anybody (RFC 6761).
    """
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise ComposeError(f"`{_shown(text)}` is not an email address: {error}", help="mend the address") from None
    if _ENCODED_WORD.search(checked.local_part) or not _is_as_written(text, checked):
        raise ComposeError(f"`{_shown(text)}` is not an email address that can be mailed", help="mend the address")
    return f"{checked.local_part}@{checked.ascii_domain}"


def _is_as_written(text: str, checked: ValidatedEmail) -> bool:
    """Returns whether reading the address changed no letter, only the case of the domain and how accents are stored.

    Mapping a domain (UTS 46) drops soft hyphens and turns `ｅ` or `²` into `e` and `2`, and composing letters (NFC)
    turns the Kelvin sign into `K`: either would mail somebody else than the one who was written down.
    """
    if text.isascii():
        return True
    composed = unicodedata.normalize("NFC", text)
    turned = any(unicodedata.normalize("NFC", c).isascii() for c in text if not c.isascii())
    return not turned and composed.rpartition("@")[2].lower() in (checked.domain, checked.ascii_domain)


def parse_mailbox(text: str) -> Mailbox:
    """Returns an address with or without a name, as in `Ada at Example <ada@example.com>`.

    Raises ComposeError as `parse_address` does, and for a name that hides a second address or a line break.
    """
    found = _WITH_NAME.fullmatch(text.strip(" "))
    if found is None:
        return Mailbox("", parse_address(text.strip(" ")))
    name, quoted = found["name"], _QUOTED.fullmatch(found["name"])
    if quoted is not None:
        name = re.sub(r"\\(.)", r"\1", quoted["text"])
    if _FORBIDDEN_IN_NAME.search(name) or (quoted is None and ("@" in name or '"' in name)):
        raise ComposeError(
            f"`{_shown(text)}` is not one name and one address",
            help="write it like `Ada at Example <ada@example.com>`",
        )
    return Mailbox(name, parse_address(found["address"]))


def address_domain(text: str) -> str:
    """Returns the domain of an address with or without a name; `rulekit.invalid` where it cannot be read (RFC 6761)."""
    try:
        return parse_mailbox(text).address.rpartition("@")[2]
    except ComposeError:
        return "rulekit.invalid"


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text[:80])
