"""What the words of a list say against an address: those that providers use, and the replies of mail servers.

A word that is not known here says nothing, so that a list of everybody suppresses nobody. Amazon SES, Brevo,
Customer.io, Mailchimp, Mailgun, Mailjet, Mandrill, Postmark, Resend, SendGrid and SparkPost document the names that
their events, types of bounces and lists have.
"""

import re
from collections.abc import Iterable
from enum import Enum

from rulekit.email.notices.foreign_values import MAX_DETAIL
from rulekit.statuses import is_dead_address


class Meaning(Enum):
    """What words say of an address; of several on a line, the first one of this order counts."""

    UNWANTED = "its reader wants no mail"
    PASSING = "it will take mail again, or it is the sender that is refused"
    DEAD = "it takes no mail"
    WELL = "nothing is said against it"


# names of events, types and states as whole texts: no case, and a blank in place of what is no letter or digit
_NAMES = {
    Meaning.UNWANTED: (
        *("group unsubscribe", "link unsubscribe", "list unsubscribe", "one click", "one click unsubscribe"),
        *("abuse", "complaint", "feedback", "feedback loop", "opt out", "optout", "spam", "stop", "unsub"),
    ),
    Meaning.WELL: (
        # an email on its way, one that was read, and addresses that get mail
        *("accepted", "active", "attempted", "converted", "delivered", "delivery", "enqueued", "injection", "ok"),
        *("pending", "processed", "queued", "received", "request", "requested", "requests", "scheduled", "send"),
        *("sending", "sent", "valid", "not spam", "list subscribe", "group resubscribe", "resubscribe"),
        *("resubscribed", "subscribe", "subscribed"),
        *("amp click", "click", "clicked", "clicks", "human clicked", "link click", "unique click"),
        *("amp initial open", "amp open", "first open", "first opening", "human opened", "initial open", "open"),
        *("opened", "opens", "loaded by proxy", "proxy open", "unique open", "unique opened", "unique proxy open"),
    ),
    # what passes, and what is about the sender, the email, or its reader's absence
    Meaning.PASSING: (
        *(
            "admin failure",
            "blocked",
            "blocks",
            "deferral",
            "delay",
            "delivery delay",
            "dns error",
            "dns failure",
            "undetermined",
        ),
        *("address change", "auto reply", "auto responder", "challenge verification", "open relay test"),
        *("attachment rejected", "content rejected", "dmarc policy", "generation failure", "generation rejection"),
        *("inbound error", "mail block", "message too large", "policy rejection", "policy related", "protocol"),
        *("relaying denied", "rendering failure", "smtp api error", "spam block", "spam content"),
        *("spam notification", "template rendering failed", "virus notification"),
    ),
    Meaning.DEAD: (
        *("bad email", "bounce", "bounced", "bounces", "cleaned", "dead", "email mailbox not found", "invalid"),
        *("invalid email", "mailbox not found", "no email", "no rcpt", "nonexistent", "undeliverable"),
        # on the provider's own list
        *("account suppression", "blacklisted", "blocklisted", "manual suppression", "manually deactivated"),
        *("on account suppression list", "suppress bounce", "suppressed", "suppression"),
    ),
}
# phrases that mean the same within any text
_PHRASES = {
    Meaning.UNWANTED: (
        r"unsubscribe[sd]?|unsubscription|opt(ed)? out|complained|complaints?|spam ?report(s|ing)?",
        r"(marked|reported) (it |us )?(as )?spam|asked|do not (mail|e ?mail|contact|send)",
        r"no (more )?(mails?|e ?mails?|marketing)|gdpr|erasure",
    ),
    Meaning.PASSING: (
        r"soft|soft ?bounce[sd]?|transient|temporar(y|ily)|temp ?fail(ed|ure)?|gr[ea]y ?list(ed|ing)?|deferred|delayed",
        r"(mail ?box|inbox|quota|storage|account|user) (is |was )?(over )?(full|quota)|over ?quota|out of storage",
        r"(quota|storage|size|limit) (was |is )?exceed(ed|s)|exceed(ed|s) (\w+ ){0,3}(quota|storage|size|limit)",
        r"try (again|later)|throttl(ed|ing)|rate limit(ed|ing)?|too many|time ?out|timed out",
        r"connection (\w+ )?(refused|reset|lost)|out of (the )?office|vacation|too (large|big)|virus",
        r"(by|to|for|of) (\w+ )?policy|reputation",
    ),
    Meaning.DEAD: (
        r"hard|hard ?bounce[sd]?|permanent(ly)?|bounced address|left the company|deceased",
        r"(unknown|invalid|bad|no such|disabled|inactive|non ?existent) (\w+ )?"
        r"(user|mail ?box|recipient|address|account|host|domain)",
        r"(user|mail ?box|recipient|address|account|domain) (\w+ )?"
        r"(unknown|unavailable|invalid|disabled|inactive|rejected|deactivated|closed|terminated)",
        r"(user|mail ?box|recipient|address|account|domain) (\w+ ){0,2}not (be )?(found|exist|known|valid|listed)",
        r"does ?n[o ]?t (exist|have an? (\w+ )?account)|not exist",
    ),
}
_NAMED = {name: meaning for meaning, names in _NAMES.items() for name in names}
_FOUND = {meaning: re.compile(rf"\b({'|'.join(phrases)})\b") for meaning, phrases in _PHRASES.items()}
# names of events that begin with what they are about, as in `email.bounced`
_PREFIX = re.compile(r"(?:email|message|contact|recipient|customer) (?=\w)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W_]+")
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])", re.ASCII)
_REPLY = re.compile(r"(?:^|smtp; ?)([45]\d\d)\b", re.ASCII | re.IGNORECASE)
# replies (RFC 5321, 4.2.2) to a mailbox that is not there; 552 is one that is full, 554 may be anything
_NO_MAILBOX = ("550", "551", "553")


def plain(text: str) -> str:
    """Returns a word or phrase in the form in which two spellings are equal: no case, and blanks between its words."""
    return _NO_WORD.sub(" ", _HUMP.sub(" ", text)).casefold().strip()


def find_meaning(texts: Iterable[str]) -> tuple[Meaning | None, str]:
    """Returns what the words of a line say of its address, and which of them says so; None when no word is known."""
    found: dict[Meaning, str] = {}
    for text in texts:
        for meaning in _meanings(text):
            found.setdefault(meaning, text)
    return next(((meaning, found[meaning]) for meaning in Meaning if meaning in found), (None, ""))


def is_wish(said: str) -> bool:
    """Returns whether an address stands on a list because somebody asked for it, rather than because it is dead."""
    return find_meaning((said,))[0] is not Meaning.DEAD


def _meanings(text: str) -> set[Meaning]:
    text = text[:MAX_DETAIL]
    if status := _STATUS.search(text):
        return _of_status(status[1], text)
    phrase = plain(text)
    name = _PREFIX.sub("", phrase, count=1)
    if known := _NAMED.get(phrase) or _NAMED.get(name):
        return {known}
    return {meaning for meaning, pattern in _FOUND.items() if pattern.search(phrase)} | _of_reply(text)


def _of_status(status: str, text: str) -> set[Meaning]:
    """Returns what a status (RFC 3463) says; a general one says less than the words beside it."""
    if status.startswith("4."):
        return {Meaning.PASSING}
    if status.endswith(".0.0"):
        return _meanings(_STATUS.sub(" ", text)) or {Meaning.DEAD}
    return {Meaning.DEAD if is_dead_address(status) else Meaning.PASSING}


def _of_reply(text: str) -> set[Meaning]:
    reply = _REPLY.search(text.strip())
    if reply is None:
        return set()
    if reply[1] in _NO_MAILBOX:
        return {Meaning.DEAD}
    return {Meaning.PASSING} if reply[1].startswith("4") or reply[1] == "552" else set()
