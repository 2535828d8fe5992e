"""Values of notices: ids, instants, statuses and texts as others write them, in one form each."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

MAX_DETAIL = 500

_MESSAGE_ID = re.compile(r"<([^<>\s]{1,990})>")
_BARE_ID = re.compile(r"[^<>\s@]{1,500}@[^<>\s@]{1,490}")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)", re.ASCII)
# an enhanced status counts only behind a reply code: `5.2.1` alone may be the version of a server
_STATUS_IN_REPLY = re.compile(r"(?<!\d)[245]\d\d[ \t-]+#?([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)", re.ASCII)


def make_identity(*parts: str) -> str:
    """Returns the name of a notice: the same parts, the same name."""
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def read_message_id(text: str) -> str:
    """Returns the first Message-ID in a text, in its angle brackets; nothing when there is none."""
    if found := _MESSAGE_ID.search(text):
        return found[0]
    bare = text.strip()
    return f"<{bare}>" if _BARE_ID.fullmatch(bare) else ""


def read_status(stated: str, *replies: str) -> str:
    """Returns the status (RFC 3463) that a notice states, as in `5.1.1`; nothing when there is none.

    `x.0.0` says no more than a server's refusal does, so a finer one of its class in what the server replied is taken
    before it.
    """
    match = _STATUS.match(stated)
    status = match[1] if match else ""
    if status and not status.endswith(".0.0"):
        return status
    finer = (found[1] for reply in replies for found in _STATUS_IN_REPLY.finditer(reply))
    return next((code for code in finer if not status or code[0] == status[0]), status)


def read_instant(value: object) -> datetime | None:
    """Returns an instant that stands as RFC 3339, as the date of an email, or as seconds since 1970; else None.

    A time without an offset is UTC.
    """
    try:
        instant = _parse_instant(value)
        return instant and (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None


def _parse_instant(value: object) -> datetime | None:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()[:100]
    if re.fullmatch(r"\d{9,11}(\.\d+)?", text, re.ASCII):
        return datetime.fromtimestamp(float(text), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def shorten(*texts: str) -> str:
    """Returns texts as one line that can be kept and shown, cut where it is long."""
    joined = " ".join(" ".join(texts).split())
    return "".join(c if c.isprintable() else "�" for c in joined)[:MAX_DETAIL]


def different(texts: Iterable[str]) -> tuple[str, ...]:
    """Returns the texts that say anything, each once, in their order."""
    return tuple(dict.fromkeys(text for text in texts if text))
