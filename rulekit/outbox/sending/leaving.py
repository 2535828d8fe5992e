"""The bytes that leave: those that were made and approved, and a `Date` that says when.

A message is stored without `Date`, and its digest is that of the stored bytes. Whoever sees a message arrive can tell
that it is the approved one: without its first line, it has that digest.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

# older versions froze a Date; it is one line, before that of the Message-ID
_DATE = re.compile(rb"^Date:[^\r\n]*\r\n", re.IGNORECASE | re.MULTILINE)


def with_date(message: bytes, at: datetime | None) -> bytes:
    """Returns a stored message with the Date of its leaving (RFC 5322, section 3.6.1) as the first line, in UTC.

    It takes the place of a Date that is stored. None, and an email without a message, return the bytes as stored.
    """
    if at is None or not message:
        return message
    line = f"Date: {format_datetime(at.astimezone(UTC))}\r\n".encode("ascii")
    head, end, body = message.partition(b"\r\n\r\n")
    return line + _DATE.sub(b"", head, count=1) + end + body
