"""Reading a message that anybody may have written: parsed within bounds, and its headers as text.

The parser of the standard library takes time that grows with the square of a header's length and of how deep parts
lie within each other, so both are bounded first.
"""

import base64
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from email.policy import Compat32
from typing import TYPE_CHECKING, TypeAlias

MAX_BYTES = 4_000_000
MAX_DEPTH = 50
MAX_HEADER = 4_000
MAX_GROUPS = 100

if TYPE_CHECKING:
    Part: TypeAlias = Message[str, str]
else:
    Part = Message  # which takes no types when it runs

_NESTS = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_BLANK_LINES = re.compile(r"\r?\n(?:[ \t]*\r?\n)+")
_FOLD = re.compile(r"[\r\n]+[ \t]*")


class _Bounded(Compat32):
    """Headers as they stand, cut where no honest one is as long."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Returns a header's name and its value."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER]


_POLICY = _Bounded()


def parse(message: bytes) -> Part | None:
    """Returns a message, its end cut off where it is long; None when parts lie too deep within parts."""
    start = message[:MAX_BYTES]
    if len(_NESTS.findall(start)) > MAX_DEPTH:
        return None
    return message_from_bytes(start, policy=_POLICY)


def children(part: Part) -> list[Part]:
    """Returns the parts directly within a part."""
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def find_reports(part: Part) -> Iterator[Part]:
    """Yields the reports (RFC 6522) in a message, those in forwarded messages included, but none within a report."""
    within = children(part)
    if any(is_status(child) or is_feedback(child) for child in within):
        yield part
        return
    for child in within:
        yield from find_reports(child)


def is_status(part: Part) -> bool:
    """Returns whether a part says what became of a message, per recipient."""
    return part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")


def is_feedback(part: Part) -> bool:
    """Returns whether a part says what a reader thinks of a message."""
    return part.get_content_type() == "message/feedback-report"


def returned_headers(report: Part) -> Part | None:
    """Returns the headers of the message that a report is about, if it brings them."""
    wanted = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
    returned = (child for child in children(report) if child.get_content_type() in wanted)
    return next((field_groups(child)[0] for child in returned), None)


def field_groups(part: Part) -> list[Part]:
    """Returns the groups of fields in a part, which blank lines part from each other."""
    texts = _BLANK_LINES.split(_text(part).strip(), maxsplit=MAX_GROUPS)
    return [HeaderParser(policy=_POLICY).parsestr(text) for text in texts[:MAX_GROUPS]]


def header(part: Part, name: str) -> str:
    """Returns the first header of that name as one line; nothing when there is none."""
    return next(headers(part, name), "")


def headers(part: Part, name: str) -> Iterator[str]:
    """Yields each header of that name as one line."""
    for other, value in part.raw_items():
        if other.casefold() == name.casefold():
            yield _one_line(value)


def as_lines(part: Part) -> list[str]:
    """Returns all headers, each as one line with its name."""
    return [f"{name}: {_one_line(value)}" for name, value in part.raw_items()]


def _one_line(value: object) -> str:
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _FOLD.sub(" ", text).strip()


def _text(part: Part) -> str:
    """Returns what stands in a part, however the parser took it apart."""
    if not part.is_multipart():
        body = part.get_payload(decode=True)
        return body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else ""
    text = "\n\n".join(_source(child) for child in children(part)[:MAX_GROUPS])
    # forbidden for parts like these (RFC 2046, section 5.2), met all the same, and sometimes said of plain fields
    if ":" not in text and header(part, "Content-Transfer-Encoding").casefold() == "base64":
        return base64.b64decode(text.encode("ascii", "ignore")).decode("utf-8", "surrogateescape")
    return text


def _source(message: Part) -> str:
    """Returns a message as it was written, without the parts within it."""
    lines = "\n".join(f"{name}: {value}" for name, value in message.raw_items())
    body = message.get_payload()
    return f"{lines}\n\n{body}" if isinstance(body, str) and body else lines
