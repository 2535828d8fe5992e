"""Lists and happenings as providers export them; the shapes are those of their documentation."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulekit.email.notices.exports import Harmless, Item, ListedAddress, UnknownWords, Unreadable, read_csv, read_json
from rulekit.errors import SourceError
from rulekit.records import Notice, NoticeKind
from tests.email.notices.samples import ADA, OURS, POSTFIX

AT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
MAIL = {
    "timestamp": "2026-03-03T08:59:58.000Z",
    "messageId": "0102018-theirs-000000",
    "destination": [ADA],
    "headers": [{"name": "Message-ID", "value": OURS}],
}


def ses(kind: str, key: str, about: dict[str, Any], **mail: Any) -> dict[str, Any]:
    return {"notificationType": kind, "mail": MAIL | mail, key: {"timestamp": "2026-03-03T09:00:00.000Z"} | about}


def ses_bounce(recipient: dict[str, Any], sub_type: str = "General", kind: str = "Permanent") -> dict[str, Any]:
    about = {"bounceType": kind, "bounceSubType": sub_type, "feedbackId": "f1"}
    return ses("Bounce", "bounce", about | {"bouncedRecipients": [{"emailAddress": ADA} | recipient]})


def sendgrid(event: str, **more: Any) -> dict[str, Any]:
    at = int(AT.timestamp())
    return {"email": ADA, "timestamp": at, "smtp-id": OURS, "event": event, "sg_event_id": "e1"} | more


def mailgun(event: str, **more: Any) -> dict[str, Any]:
    message = {"headers": {"message-id": OURS.strip("<>"), "to": ADA}}
    return {"event": event, "id": "m1", "timestamp": AT.timestamp(), "recipient": ADA, "message": message} | more


def postmark(record: str, **more: Any) -> dict[str, Any]:
    return {"RecordType": record, "ID": 7, "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Email": ADA} | more


def read(value: object) -> list[Item]:
    return list(read_json([json.dumps(value)]))


BOUNCED, DELAYED, DELIVERED, COMPLAINED, UNSUBSCRIBED = (
    NoticeKind.BOUNCED,
    NoticeKind.DELAYED,
    NoticeKind.DELIVERED,
    NoticeKind.COMPLAINED,
    NoticeKind.UNSUBSCRIBED,
)


@pytest.mark.parametrize(
    ("value", "source", "kind", "status", "dead"),
    [
        (ses_bounce({"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}), "SES", BOUNCED, "5.1.1", True),
        (ses_bounce({"status": "5.2.2"}), "SES", BOUNCED, "5.2.2", False),
        (ses_bounce({"status": "5.7.1"}, "NoEmail"), "SES", BOUNCED, "5.7.1", False),
        (ses_bounce({}, "OnAccountSuppressionList"), "SES", BOUNCED, "", True),
        (ses_bounce({}), "SES", BOUNCED, "", False),
        (ses_bounce({}, "NoEmail", "Transient"), "SES", BOUNCED, "", False),
        (
            ses("Complaint", "complaint", {"complainedRecipients": [{"emailAddress": ADA}]}),
            "SES",
            COMPLAINED,
            "",
            False,
        ),
        (ses("Delivery", "delivery", {"recipients": [ADA]}), "SES", DELIVERED, "", False),
        (
            ses("DeliveryDelay", "deliveryDelay", {"delayedRecipients": [{"emailAddress": ADA, "status": "4.4.1"}]}),
            *("SES", DELAYED, "4.4.1", False),
        ),
        (sendgrid("delivered", response="250 OK"), "SendGrid", DELIVERED, "", False),
        (sendgrid("deferred", response="400 try later"), "SendGrid", DELAYED, "", False),
        (sendgrid("bounce", status="5.0.0", reason="550 5.1.1 unknown"), "SendGrid", BOUNCED, "5.1.1", True),
        (sendgrid("bounce", type="blocked", status="5.7.1", reason="x"), "SendGrid", BOUNCED, "5.7.1", False),
        (sendgrid("dropped", reason="Bounced Address"), "SendGrid", BOUNCED, "", True),
        (sendgrid("dropped", reason="Spam Content"), "SendGrid", BOUNCED, "", False),
        (
            {"email": ADA, "smtp-id": OURS, "event": "dropped", "reason": "Invalid", "timestamp": 1},
            *("SendGrid", BOUNCED, "", False),
        ),
        (sendgrid("spamreport"), "SendGrid", COMPLAINED, "", False),
        (sendgrid("group_unsubscribe"), "SendGrid", UNSUBSCRIBED, "", False),
        (mailgun("delivered"), "Mailgun", DELIVERED, "", False),
        (
            mailgun("failed", severity="permanent", **{"delivery-status": {"code": 550, "message": "5.1.1 unknown"}}),
            *("Mailgun", BOUNCED, "5.1.1", True),
        ),
        (mailgun("failed", severity="permanent", reason="suppress-bounce"), "Mailgun", BOUNCED, "", True),
        (
            mailgun("failed", severity="temporary", **{"delivery-status": {"code": 450, "enhanced-code": "4.2.1"}}),
            *("Mailgun", DELAYED, "4.2.1", False),
        ),
        (mailgun("complained"), "Mailgun", COMPLAINED, "", False),
        (postmark("Bounce", Type="HardBounce", Content=POSTFIX.decode()), "Postmark", BOUNCED, "", True),
        (
            postmark("Bounce", Type="HardBounce", Details="smtp;552 5.2.2 full", Content=POSTFIX.decode()),
            *("Postmark", BOUNCED, "5.2.2", False),
        ),
        (postmark("SpamComplaint", Content=POSTFIX.decode()), "Postmark", COMPLAINED, "", False),
    ],
)
def test_happenings_become_notices(value: Any, source: str, kind: NoticeKind, status: str, dead: bool) -> None:
    (notice,) = read(value)
    assert isinstance(notice, Notice)
    assert (notice.kind, notice.status, notice.dead) == (kind, status, dead)
    assert (notice.message_id, notice.addresses) == (OURS, (ADA,))
    assert notice.source.endswith(source)
    assert notice.at in (AT, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), None)


def test_happenings_come_in_envelopes_lists_and_lines() -> None:
    bounce = ses_bounce({"status": "5.1.1"})
    for value in (
        {"Type": "Notification", "Message": json.dumps(bounce)},
        [bounce],
        {"items": [bounce]},
    ):
        assert read(value) == read(bounce)
    assert read({"signature": {}, "event-data": mailgun("delivered")}) == read(mailgun("delivered"))
    lines = [json.dumps(sendgrid("bounce", sg_event_id=name)) + "\n" for name in ("a", "b")]
    assert len({item.identity for item in read_json(lines) if isinstance(item, Notice)}) == 2
    indented = json.dumps([bounce], indent=2).splitlines(keepends=True)
    assert list(read_json(indented)) == read(bounce)


def test_each_recipient_and_each_happening_has_its_identity() -> None:
    both = ses("Delivery", "delivery", {"recipients": [ADA, "bob@example.com"]})
    found = [*read(both), *read(ses_bounce({})), *read(sendgrid("delivered"))]
    assert len({item.identity for item in found if isinstance(item, Notice)}) == 4


@pytest.mark.parametrize(
    "value",
    [
        sendgrid("open"),
        sendgrid("processed"),
        mailgun("clicked"),
        ses("Open", "open", {}),
        ses("Complaint", "complaint", {"complaintFeedbackType": "not-spam", "complainedRecipients": [ADA]}),
        postmark("SubscriptionChange", SuppressSending=False),
        {"email": ADA, "event": "delivered"},
        {"email": ADA, "status": "Subscribed"},
    ],
)
def test_what_speaks_for_the_address_suppresses_nobody(value: Any) -> None:
    assert read(value) == [Harmless()]


@pytest.mark.parametrize(
    ("value", "entries"),
    [
        (
            {"SuppressedDestinationSummaries": [{"EmailAddress": ADA, "Reason": "BOUNCE", "LastUpdateTime": "2026"}]},
            [ListedAddress(ADA, "BOUNCE")],
        ),
        (
            [{"created": 1443651125, "email": ADA, "reason": "550 5.1.1\r\nunknown", "status": "5.1.1"}],
            [ListedAddress(ADA, "550 5.1.1 unknown")],
        ),
        (
            {"items": [{"address": ADA, "code": "550", "error": "No such mailbox"}], "paging": {"next": "https://x"}},
            [ListedAddress(ADA, "No such mailbox")],
        ),
        (
            {"Suppressions": [{"EmailAddress": ADA, "SuppressionReason": "SpamComplaint", "Origin": "Recipient"}]},
            [ListedAddress(ADA, "SpamComplaint")],
        ),
        ([ADA, "Bob <bob@example.com>"], [ListedAddress(ADA), ListedAddress("bob@example.com")]),
        ({"address": ADA, "tags": ["*"], "created_at": "Fri, 21 Oct 2011 11:02:55 GMT"}, [ListedAddress(ADA)]),
        ([], []),
    ],
)
def test_lists_of_providers_become_entries(value: Any, entries: list[ListedAddress]) -> None:
    assert read(value) == entries


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("email\nada@example.com\n\nbob@example.com\n", [ListedAddress(ADA), ListedAddress("bob@example.com")]),
        ("ada@example.com\nbob@example.com\n", [ListedAddress(ADA), ListedAddress("bob@example.com")]),
        (
            "\ufeffcreated;E-Mail;Reason\r\n2026;ada@example.com;asked, in writing\r\n",
            [ListedAddress(ADA, "asked, in writing")],
        ),
        ('address,code,error\nada@example.com,550,"No\nsuch mailbox"\n', [ListedAddress(ADA, "No such mailbox")]),
        ("Email Address\tType\nada@example.com\tHardBounce\n", [ListedAddress(ADA, "HardBounce")]),
        ("email,type\nada@example.com,Soft Bounce\n", [Harmless()]),
        ("email,event\nada@example.com,delivered\nbob@example.com,unsubscribe\n", None),
        ("email\nnot an address\n", [Unreadable("line 2", "it holds no address")]),
        ("id,email\n1\n", [Unreadable("line 2", "it holds no address")]),
        ('email\n"ada@example.com, eve@example.com"\n', [Unreadable("line 2", "it holds no address")]),
        ("", []),
    ],
)
def test_tables_become_entries(text: str, items: list[Item] | None) -> None:
    assert list(read_csv(text)) == (
        items or ([Harmless(), ListedAddress("bob@example.com", "unsubscribe")] if text else [])
    )


def test_a_table_without_addresses_is_refused_as_a_whole() -> None:
    with pytest.raises(SourceError, match="no column of the list holds addresses"):
        list(read_csv("id,name\n1,Ada\n"))


def test_a_broken_line_does_not_stop_the_others() -> None:
    lines = ['{"email": "ada@example.com"}\n', "{broken\n", "\n", '{"email": 7}\n', '{"email": "bob@example.com"}\n']
    assert [type(item) for item in read_json(lines)] == [ListedAddress, Unreadable, Unreadable, ListedAddress]
    assert list(read_json(['{"email": "x@example.com"', "\n"])) == [Unreadable("the file", "it is no JSON")]
    cell = "x" * 200_000
    found = list(read_csv(f"email\n{cell}\nada@example.com\n"))
    assert [type(item) for item in found] == [Unreadable, ListedAddress]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "9" * 10_000,
        "null",
        '{"mail": {}, "eventType": "Bounce", "bounce": 7}',
        '{"mail": {"headers": 7}, "eventType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress": "a@b"}]}}',
        '{"mail": {}, "eventType": [], "bounce": {}}',
        '{"Type": "Notification", "Message": "no json"}',
        '{"event-data": {}}',
        '{"event": "failed", "recipient": "a@b", "message": {"headers": 7}, "delivery-status": 7}',
        '{"event": {}, "sg_event_id": "x"}',
        '{"MessageID": 7, "RecordType": {}}',
        '{"email": {"$ne": null}}',
    ],
)
def test_what_only_looks_like_an_export_is_counted(text: str) -> None:
    assert [type(item) for item in read_json([text])] in ([Unreadable], [Harmless])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9) | st.just(ADA),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(
        {*MAIL, *sendgrid("x"), *mailgun("x"), *postmark("x"), "mail", "bounce", "eventType", "bouncedRecipients"}
        | {"event-data", "delivery-status", "Type", "Message", "headers", "emailAddress"}
    )), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_no_json_raises(value: Any) -> None:
    read(value)


@given(st.text(alphabet='",;\n\r\t a@b.\x00\ufeff', max_size=80))
def test_no_table_raises_anything_else(text: str) -> None:
    with suppress(SourceError):
        list(read_csv(text))


def judged(column: str, word: str) -> str:
    (item,) = read_csv(f'email,{column}\nada@example.com,"{word}"\n')
    return {ListedAddress: "suppressed", Harmless: "left out", UnknownWords: "unknown"}[type(item)]


# what providers call it in their documentation, and what people and mail servers write
SUPPRESSED = (
    *(
        "bounce",
        "Bounced",
        "bounces",
        "hard",
        "hard_bounce",
        "hardBounce",
        "HardBounce",
        "hard-bounced",
        "Bounce (hard)",
    ),
    *("BOUNCE", "COMPLAINT", "Permanent", "NoEmail", "OnAccountSuppressionList", "email.bounced", "email.complained"),
    *("email.suppressed", "email_bounced", "invalid_email", "invalid", "BadEmailAddress", "ManualSuppression"),
    *("ManuallyDeactivated", "SpamComplaint", "spam_complaint", "spamreport", "spam", "complained", "complaint"),
    *("unsubscribe", "unsubscribed", "Unsubscribed", "group_unsubscribe", "list_unsubscribe", "link_unsubscribe"),
    *("unsub", "cleaned", "Bounced Address", "Unsubscribed Address", "Spam Reporting Address", "Invalid Recipient"),
    *("Opted out", "opt-out", "asked us", "asked, in writing", "do not contact", "No such mailbox", "user unknown"),
    *("550 5.1.1 The email account that you tried to reach does not exist", "smtp; 550 5.1.1 unknown", "5.1.1"),
    *("550 requested action not taken: mailbox unavailable", "550", "5.0.0", "permanent failure", "suppress-bounce"),
    *("Recipient address rejected: User unknown in virtual mailbox table", "mailbox not found", "marked as spam"),
)
LEFT_OUT = (
    *(
        "soft",
        "soft bounce",
        "Soft-Bounced",
        "soft_bounce",
        "softBounce",
        "SoftBounce",
        "bounce (soft)",
        "bounced: soft",
    ),
    *("greylisted", "Greylisting in effect", "graylisted", "mailbox full", "MailboxFull", "Bounced - mailbox full"),
    *("over quota", "552 5.2.2 Over quota", "552", "4.2.2", "421 try again later", "452 4.2.2 mailbox full"),
    *("5.7.1", "550 5.7.1 blocked by policy", "Transient", "Undetermined", "deferral", "deferred", "delay"),
    *("DeliveryDelay", "delivery_delayed", "email.delivery_delayed", "blocked", "temporary failure", "tempfail"),
    *("delivered", "sent", "email.sent", "processed", "request", "requests", "open", "uniqueOpened", "unique_opened"),
    *("click", "initial_open", "loadedByProxy", "subscribed", "resubscribed", "active", "AutoResponder"),
    *("DnsError", "SpamNotification", "policy_rejection", "MessageTooLarge", "ContentRejected", "out of office"),
    *("450 Requested mail action not taken: mailbox unavailable", "exceeded storage allocation: size limit exceeded"),
)
NOT_KNOWN = (
    *("customer", "CA", "newsletter", "VIP", "bounce (quux)", "reject", "dropped", "failed", "trialing", "email"),
    *("undelivered", "archived", "list_addition", "hardware", "softly", "554", "5.1", "10.5.1.1", "x" * 2000),
)


@pytest.mark.parametrize("column", ["type", "event", "status", "reason"])
@pytest.mark.parametrize(
    ("words", "result"), [(SUPPRESSED, "suppressed"), (LEFT_OUT, "left out"), (NOT_KNOWN, "unknown")]
)
def test_known_bad_words_suppress_and_the_unknown_suppress_nobody(
    column: str, words: tuple[str, ...], result: str
) -> None:
    assert {word: judged(column, word) for word in words} == dict.fromkeys(words, result)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        # what is known of a line counts, and what its reader wants before all
        ("email,event,type\nada@example.com,bounce,blocked\n", Harmless()),
        ("email,event,type\nada@example.com,bounce,bounced\n", ListedAddress(ADA, "bounced")),
        ("email,event,type\nada@example.com,unsubscribed,customer\n", ListedAddress(ADA, "unsubscribed")),
        (
            "email,event,reason\nada@example.com,dropped,Unsubscribed Address\n",
            ListedAddress(ADA, "Unsubscribed Address"),
        ),
        ("email,status,reason\nada@example.com,active,asked us to stop\n", ListedAddress(ADA, "asked us to stop")),
        ("email,event,error\nada@example.com,bounce,user mailbox is full\n", Harmless()),
        # notes say more of a line, and forbid nothing on a list by being unknown
        ("email,comment\nada@example.com,met at the fair\n", ListedAddress(ADA, "met at the fair")),
        ("address,code,error\nada@example.com,550,refused due to policy\n", Harmless()),
        ("address,code,error\nada@example.com,552,too much\n", Harmless()),
        ("email,status,bounce_type\nada@example.com,active,Permanent\n", ListedAddress(ADA, "Permanent")),
        # columns that answer a question
        ("email,bounced,complained\nada@example.com,true,false\n", ListedAddress(ADA, "bounced")),
        ("email,bounced,complained\nada@example.com,false,false\n", Harmless()),
        ("email,event,unsubscribed\nada@example.com,bounce,false\n", ListedAddress(ADA, "bounce")),
        ("email,hard_bounce,event\nada@example.com,false,bounce\n", Harmless()),
        ("email,hard_bounce,event\nada@example.com,true,bounce\n", ListedAddress(ADA, "bounce")),
        ("email,unsubscribed\nada@example.com,false\n", Harmless()),
        ("email,unsubscribed\nada@example.com,true\n", ListedAddress(ADA, "unsubscribed")),
        ("email,Subscribed\nada@example.com,no\n", ListedAddress(ADA, "unsubscribed")),
        (
            "email,reason\nada@example.com,met bob@example.com\n",
            UnknownWords(ListedAddress(ADA, "met bob@example.com"), "met …"),
        ),
    ],
)
def test_the_words_of_a_line_are_weighed(text: str, item: Item) -> None:
    assert list(read_csv(text)) == [item]
