"""What large providers say of one email: Amazon SES, SendGrid, Mailgun and Postmark, as their webhooks and exports do.

Where a provider's word and a status (RFC 3463) both stand in a happening, the status decides whether the address is
dead. Names of keys and values are those of the providers' documentation.
"""

import json
from collections.abc import Mapping
from typing import Any

from rulekit.email.notices.foreign_values import make_identity, read_instant, read_message_id, read_status, shorten
from rulekit.email.notices.reports import read_message
from rulekit.errors import SourceError
from rulekit.records import Notice, NoticeKind
from rulekit.statuses import is_dead_address

Object = Mapping[str, Any]


def read_happening(value: Object) -> list[Notice] | None:
    """Returns what a provider's object says, maybe nothing that matters, or None when it is of no provider known here.

    May raise what a lookup raises, for an object that only looks like a provider's.
    """
    if isinstance(value.get("Message"), str) and value.get("Type") == "Notification":
        return read_happening(json.loads(value["Message"]))
    if isinstance(value.get("event-data"), dict):
        return _read_mailgun(value["event-data"])
    if isinstance(value.get("mail"), dict) and ("notificationType" in value or "eventType" in value):
        return _read_ses(value)
    if "event" in value and not value.keys().isdisjoint(("sg_event_id", "sg_message_id", "smtp-id")):
        return _read_sendgrid(value)
    if "event" in value and "recipient" in value and isinstance(value.get("message"), dict):
        return _read_mailgun(value)
    if "MessageID" in value and ("RecordType" in value or "TypeCode" in value):
        return _read_postmark(value)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _notice(
    source: str,
    kind: NoticeKind | None,
    address: object,
    message_id: str,
    event: object,
    at: object,
    *,
    stated: object = "",
    detail: tuple[object, ...] = (),
    gone: bool = False,
) -> list[Notice]:
    """Returns the notice, if it says anything; `gone` is the provider's word that the address is dead."""
    if kind is None or not isinstance(address, str) or not address:
        return []
    texts = [_text(text) for text in detail]
    status = read_status(_text(stated), *texts)
    fine = bool(status) and not status.endswith(".0.0")
    return [
        Notice(
            kind=kind,
            addresses=(address.rpartition("<")[2].rstrip("> ").strip(),),
            message_id=read_message_id(message_id),
            identity=make_identity(source, _text(event) or _text(at), message_id, kind.value, address),
            source=source,
            at=read_instant(at),
            status=status,
            detail=shorten(*texts),
            dead=kind is NoticeKind.BOUNCED and (is_dead_address(status) if fine else gone),
        )
    ]


_SES_KINDS = {
    "Bounce": (NoticeKind.BOUNCED, "bounce", "bouncedRecipients"),
    "Complaint": (NoticeKind.COMPLAINED, "complaint", "complainedRecipients"),
    "Delivery": (NoticeKind.DELIVERED, "delivery", "recipients"),
    "DeliveryDelay": (NoticeKind.DELAYED, "deliveryDelay", "delayedRecipients"),
}
_SES_GONE = ("NoEmail", "Suppressed", "OnAccountSuppressionList")


def _read_ses(value: Object) -> list[Notice]:
    kind, key, recipients = _SES_KINDS.get(value.get("notificationType") or value["eventType"], (None, "", ""))
    about = value.get(key, {})
    if kind is None or about.get("complaintFeedbackType") == "not-spam":
        return []
    mail = value["mail"]
    gone = about.get("bounceType") == "Permanent" and about.get("bounceSubType") in _SES_GONE
    found: list[Notice] = []
    for recipient in about.get(recipients, []):
        given = recipient if isinstance(recipient, dict) else {"emailAddress": recipient}
        said = given.get("diagnosticCode") or about.get("smtpResponse") or about.get("complaintFeedbackType")
        found += _notice(
            "Amazon SES",
            kind,
            given.get("emailAddress"),
            _ses_message_id(mail),
            about.get("feedbackId"),
            about.get("timestamp"),
            stated=given.get("status"),
            detail=(said or about.get("bounceSubType"),),
            gone=gone,
        )
    return found


def _ses_message_id(mail: Object) -> str:
    """Returns the id that we gave the message; the one that SES gives it stands elsewhere."""
    common = mail.get("commonHeaders")
    if isinstance(common, dict) and isinstance(common.get("messageId"), str):
        return str(common["messageId"])
    named = (line for line in mail.get("headers") or () if _text(line.get("name")).casefold() == "message-id")
    return next((_text(line.get("value")) for line in named), "")


_SENDGRID_KINDS = {
    "delivered": NoticeKind.DELIVERED,
    "deferred": NoticeKind.DELAYED,
    "bounce": NoticeKind.BOUNCED,
    "dropped": NoticeKind.BOUNCED,
    "spamreport": NoticeKind.COMPLAINED,
    "unsubscribe": NoticeKind.UNSUBSCRIBED,
    "group_unsubscribe": NoticeKind.UNSUBSCRIBED,
}


def _read_sendgrid(value: Object) -> list[Notice]:
    return _notice(
        "SendGrid",
        _SENDGRID_KINDS.get(value["event"]),
        value.get("email"),
        _text(value.get("smtp-id")),
        value.get("sg_event_id"),
        value.get("timestamp"),
        stated=value.get("status"),
        detail=(value.get("reason") or value.get("response"),),
        gone=value["event"] == "dropped" and value.get("reason") == "Bounced Address",
    )


_MAILGUN_KINDS = {
    "delivered": NoticeKind.DELIVERED,
    "complained": NoticeKind.COMPLAINED,
    "unsubscribed": NoticeKind.UNSUBSCRIBED,
    "failed": NoticeKind.BOUNCED,
}


def _read_mailgun(value: Object) -> list[Notice]:
    kind = _MAILGUN_KINDS.get(value["event"])
    if kind is NoticeKind.BOUNCED and value.get("severity") == "temporary":
        kind = NoticeKind.DELAYED
    status: Object = value.get("delivery-status") or {}
    reply = f"{_text(status.get('code'))} {_text(status.get('message') or status.get('description'))}".strip()
    return _notice(
        "Mailgun",
        kind,
        value.get("recipient"),
        _text(value.get("message", {}).get("headers", {}).get("message-id")),
        value.get("id"),
        value.get("timestamp"),
        stated=status.get("enhanced-code"),
        detail=(reply,),
        gone=value.get("reason") == "suppress-bounce",
    )


_POSTMARK_BOUNCES = {
    "HardBounce": NoticeKind.BOUNCED,
    "BadEmailAddress": NoticeKind.BOUNCED,
    "SoftBounce": NoticeKind.BOUNCED,
    "Blocked": NoticeKind.BOUNCED,
    "SMTPApiError": NoticeKind.BOUNCED,
    "DnsError": NoticeKind.BOUNCED,
    "SpamNotification": NoticeKind.BOUNCED,
    "Undeliverable": NoticeKind.BOUNCED,
    "Transient": NoticeKind.DELAYED,
    "SpamComplaint": NoticeKind.COMPLAINED,
    "Unsubscribe": NoticeKind.UNSUBSCRIBED,
}


def _read_postmark(value: Object) -> list[Notice]:
    record = value.get("RecordType") or "Bounce"
    kind = {"Delivery": NoticeKind.DELIVERED, "SpamComplaint": NoticeKind.COMPLAINED}.get(record)
    if record == "SubscriptionChange" and value.get("SuppressSending") is True:
        kind = NoticeKind.UNSUBSCRIBED
    if record == "Bounce":
        kind = _POSTMARK_BOUNCES.get(_text(value.get("Type")))
    times = ("BouncedAt", "DeliveredAt", "ChangedAt")
    return _notice(
        "Postmark",
        kind,
        value.get("Email") or value.get("Recipient"),
        _postmark_message_id(value),
        value.get("ID"),
        next((value[name] for name in times if name in value), None),
        detail=(value.get("Details") or value.get("Description"),),
        gone=value.get("Type") in ("HardBounce", "BadEmailAddress"),
    )


def _postmark_message_id(value: Object) -> str:
    """Returns the id that we gave the message, which stands only in the bounce itself where the export brings it."""
    try:
        reported = read_message(_text(value.get("Content")).encode("utf-8", "replace"))
    except SourceError:
        reported = []
    return next((notice.message_id for notice in reported if notice.message_id), _text(value.get("MessageID")))
