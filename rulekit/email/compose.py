"""One email from a template, a person and a moment: pure, and the same bytes for the same arguments."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from rulekit.email.addresses import Mailbox, parse_address, parse_mailbox
from rulekit.email.bodies import (
    alternatives,
    hide_preheader,
    html_from_markdown,
    inline_styles,
    mime_part,
    text_from_html,
)
from rulekit.email.headers import (
    MAX_SUBJECT,
    address_header,
    clean,
    date_header,
    message_id_header,
    serialize,
    subject_header,
    unsubscribe_headers,
)
from rulekit.email.templates import CompiledText, Kind, compile_text
from rulekit.email.values import Record, Verbatim, missing
from rulekit.errors import ComposeError
from rulekit.language.program import Persona, Template, Trigger
from rulekit.records import Person

ADDRESS_FIELD = "email"
MAX_PREHEADER = 250


@dataclass(frozen=True, slots=True)
class Composed:
    """An email ready to be approved and sent: `digest` is the SHA-256 of `message` in hex."""

    recipient: str
    subject: str
    message: bytes
    digest: str


def compose(
    template: Template,
    trigger: Trigger,
    persona: Persona,
    person: Person,
    sender: str,
    message_id: str,
    now: datetime,
    timezone: str,
    unsubscribe_url: str | None,
) -> Composed:
    """Returns the email of a trigger to one person, from `sender` unless the template says `from`.

    `timezone` is that of times in the text. Raises ComposeError, in the author's terms, when it cannot be made.
    """
    texts = compile_template(template)
    names = _names(trigger, persona, person, ZoneInfo(timezone), unsubscribe_url)
    rendered = {part: text.render(names, person.key) for part, text in texts.items()}
    try:
        subject = clean(rendered["subject"], MAX_SUBJECT)
        recipient = _recipient(person)
        headers = [
            address_header("From", parse_mailbox(rendered.get("from", sender))),
            address_header("To", Mailbox("", recipient)),
            *([address_header("Reply-To", parse_mailbox(rendered["reply_to"]))] if "reply_to" in rendered else []),
            subject_header(subject),
            date_header(now),
            message_id_header(message_id),
            *(unsubscribe_headers(unsubscribe_url) if unsubscribe_url else ()),
            ("Auto-Submitted", "auto-generated"),
            ("MIME-Version", "1.0"),
        ]
        message = serialize(headers, _body(rendered, subject, message_id))
    except ComposeError as error:
        raise ComposeError(f"template {template.name}, person `{person.key}`: {error.message}", error.help) from None
    return Composed(recipient, subject, message, hashlib.sha256(message).hexdigest())


@lru_cache(maxsize=256)
def compile_template(template: Template) -> Mapping[str, CompiledText]:
    """Returns the texts of a template by their keyword, compiled once; raises ComposeError for one that is broken."""
    sources = {
        "subject": (template.subject, Kind.PLAIN),
        "html": (template.html, Kind.HTML),
        "markdown": (template.markdown, Kind.MARKDOWN),
        "text": (template.text, Kind.PLAIN),
        "from": (template.sender, Kind.PLAIN),
        "reply_to": (template.reply_to, Kind.PLAIN),
        "preheader": (template.preheader, Kind.PLAIN),
    }
    return {
        keyword: compile_text(source, f"template {template.name}, {keyword}", kind)
        for keyword, (source, kind) in sources.items()
        if source is not None
    }


def _names(
    trigger: Trigger, persona: Persona, person: Person, zone: ZoneInfo, unsubscribe_url: str | None
) -> Mapping[str, object]:
    return {
        "person": Record("person", person.fields, zone),
        "company": Record("company", person.company, zone),
        "trigger": Record("trigger", {"name": trigger.name, "title": trigger.title}, zone),
        "persona": Record("persona", {"name": persona.name, "title": persona.title}, zone),
        "unsubscribe_url": Verbatim(unsubscribe_url) if unsubscribe_url else missing("unsubscribe_url"),
    }


def _recipient(person: Person) -> str:
    address = person.fields.get(ADDRESS_FIELD)
    if not isinstance(address, str) or not address:
        raise ComposeError(f"the person has no address in the field `{ADDRESS_FIELD}`", help="add it to the data")
    return parse_address(address)


def _body(rendered: Mapping[str, str], subject: str, message_id: str) -> bytes:
    """Returns the MIME part or parts; the boundary depends on all that is in them, so that none can hold it."""
    html = _html(rendered, subject)
    if html is None:
        return mime_part("plain", rendered["text"])
    page = inline_styles(html)
    text = rendered.get("text") or text_from_html(page)
    preheader = clean(rendered.get("preheader", ""), MAX_PREHEADER)
    parts = mime_part("plain", text), mime_part("html", hide_preheader(page, preheader))
    digest = hashlib.sha256(b"\0".join([message_id.encode(), *parts])).hexdigest()
    return alternatives(*parts, boundary=f"rulekit-{digest[:40]}")


def _html(rendered: Mapping[str, str], subject: str) -> str | None:
    if "markdown" in rendered:
        return html_from_markdown(rendered["markdown"], subject)
    return rendered.get("html")
