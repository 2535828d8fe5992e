"""Messages that report on other messages: what a server did with one (RFC 3464), what its reader thinks (RFC 5965)."""

import re
from collections.abc import Iterator

from rulekit.email.notices.foreign_values import (
    different,
    make_identity,
    read_instant,
    read_message_id,
    read_status,
    shorten,
)
from rulekit.email.notices.parts import (
    Part,
    as_lines,
    children,
    field_groups,
    find_reports,
    header,
    headers,
    is_feedback,
    is_status,
    parse,
    returned_headers,
)
from rulekit.errors import SourceError
from rulekit.records import Notice, NoticeKind
from rulekit.statuses import is_dead_address

_ACTIONS = {
    "failed": NoticeKind.BOUNCED,
    "delayed": NoticeKind.DELAYED,
    "delivered": NoticeKind.DELIVERED,
    "relayed": NoticeKind.DELIVERED,
    "expanded": NoticeKind.DELIVERED,
}
_CLASSES = {"5": NoticeKind.BOUNCED, "4": NoticeKind.DELAYED, "2": NoticeKind.DELIVERED}
# reports of failed authentication (RFC 6591) and of mail that was not spam after all are no complaints
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "other", "virus"})

_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UTF8_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def read_message(message: bytes) -> list[Notice]:
    """Returns what a message reports, one notice per recipient; nothing for a message that is no report.

    Raises SourceError for a message that cannot be read.
    """
    try:
        parsed = parse(message)
        if parsed is not None:
            return [notice for report in find_reports(parsed) for notice in _read_report(report, parsed)]
    except Exception as error:
        # the standard library's parser raises much that it does not declare when a message is broken on purpose
        raise SourceError(f"the message cannot be read: {type(error).__name__}") from error
    raise SourceError("the message cannot be read: its parts lie too deep within each other")


def _read_report(report: Part, whole: Part) -> Iterator[Notice]:
    """Yields what one report says; `whole` is the message that brought it."""
    original = returned_headers(report)
    for part in children(report):
        if is_status(part):
            yield from _read_statuses(field_groups(part), original, whole)
        elif is_feedback(part):
            yield from _read_feedback(field_groups(part)[0], original, whole)


def _read_statuses(groups: list[Part], original: Part | None, whole: Part) -> Iterator[Notice]:
    message_id = _message_id(original, groups[0], whole)
    for group in groups:
        action = header(group, "Action").casefold()
        detail = header(group, "Diagnostic-Code")
        status = read_status(header(group, "Status"), detail)
        kind = _ACTIONS.get(action.split(" ")[0]) or _CLASSES.get(status[:1])
        addresses = _recipients(group)
        if kind is None or not addresses:
            continue
        yield Notice(
            kind=kind,
            addresses=addresses,
            message_id=message_id,
            identity=make_identity("report", header(whole, "Message-ID"), message_id, *as_lines(group)),
            source="delivery report",
            at=read_instant(header(group, "Last-Attempt-Date")) or read_instant(header(whole, "Date")),
            status=status,
            detail=shorten(detail),
            dead=kind is NoticeKind.BOUNCED and is_dead_address(status),
        )


def _read_feedback(fields: Part, original: Part | None, whole: Part) -> Iterator[Notice]:
    kind = header(fields, "Feedback-Type").casefold()
    if kind not in _COMPLAINTS:
        return
    message_id = _message_id(original, fields, whole)
    yield Notice(
        kind=NoticeKind.COMPLAINED,
        addresses=_complainer(fields, original),
        message_id=message_id,
        identity=make_identity("feedback", header(whole, "Message-ID"), message_id, *as_lines(fields)),
        source="feedback report",
        at=read_instant(header(fields, "Arrival-Date") or header(fields, "Received-Date"))
        or read_instant(header(whole, "Date")),
        detail=shorten(kind),
    )


def _message_id(original: Part | None, fields: Part, whole: Part) -> str:
    """Returns the id of the message that a report is about: from the message itself, or where else servers put it."""
    stated = (header(fields, name) for name in ("X-Original-Message-ID", "Original-Message-ID"))
    texts = [header(original, "Message-ID") if original else "", *stated, header(whole, "In-Reply-To")]
    return next((found for text in texts if (found := read_message_id(text))), "")


def _recipients(group: Part) -> tuple[str, ...]:
    """Returns the addresses of one recipient: as it was mailed, and as the last server knew it."""
    fields = (header(group, name) for name in ("Original-Recipient", "Final-Recipient"))
    return different(address for field in fields for address in _spellings(field.partition(";")[2] or field))


def _spellings(text: str) -> Iterator[str]:
    """Yields an address as it stands, and as it reads when it is encoded (RFC 3461 section 4, RFC 6533 section 3)."""
    address = _bare(text)
    yield address
    yield _XTEXT.sub(lambda found: chr(int(found[1], 16)), address)
    yield _UTF8_XTEXT.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), address)


def _complainer(fields: Part, original: Part | None) -> tuple[str, ...]:
    """Returns who complains; where the report does not say, the message knows who it was to."""
    said = [*headers(fields, "Original-Rcpt-To"), *headers(fields, "Original-Recipient")]
    if not said and original is not None:
        said = [header(original, "X-HmXmrOriginalRecipient") or header(original, "To")]
    return different(_bare(text.rpartition(";")[2]) for text in said)


def _bare(text: str) -> str:
    """Returns the address in a text like `<ada@example.com>` or `ada@example.com (Ada)`."""
    _, opened, inside = text.rpartition("<")
    words = (inside.partition(">")[0] if opened else text).split()
    return words[0][:320] if words else ""
