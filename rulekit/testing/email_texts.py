"""What an email says, as a test compares it: rendered, with any white space as one space."""

import email
import email.policy
import operator
from collections.abc import Callable, Mapping

from rulekit.language import tree

_HOLDS: Mapping[tree.TestOfText, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "contains": operator.contains,
    "starts with": str.startswith,
    "ends with": str.endswith,
}


def holds(step: tree.ExpectText, found: str) -> bool:
    """Returns whether a subject or body is as a step expects it."""
    return _HOLDS[step.how](_one_line(found), _one_line(step.text.text)) is not step.negated


def body_of(message: bytes) -> str:
    """Returns what an email says to readers of plain text; nothing when it could not be made."""
    plain = email.message_from_bytes(message, policy=email.policy.default).get_body(("plain",))
    return str(plain.get_content()) if plain else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
