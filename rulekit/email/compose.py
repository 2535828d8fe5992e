"""One email from a template and a person: pure, and the same bytes for the same arguments.

It has no `Date`: that is put in when it leaves.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rulekit.email.addresses import ADDRESS_FIELD, Mailbox, parse_address, parse_mailbox
from rulekit.email.bodies import (
    alternatives,
    hide_preheader,
    html_from_markdown,
    inline_styles,
    mime_part,
)
from rulekit.email.headers import (
    MAX_SUBJECT,
    address_header,
    clean,
    message_id_header,
    serialize,
    subject_header,
    unsubscribe_headers,
)
from rulekit.email.plain import text_from_html
from rulekit.email.template_values import Record, Verbatim, missing
from rulekit.email.templates import CompiledText, OutputKind, compile_text
from rulekit.errors import ComposeError
from rulekit.language.program import Persona, Template, TemplateText, Trigger
from rulekit.reason import Reason
from rulekit.records import Person

MAX_PREHEADER = 250


@dataclass(frozen=True, slots=True)
class Composed:
    """An email ready to be approved and sent: `digest` is the SHA-256 of `message` in hex."""

    recipient: str
    subject: str
    message_id: str
    message: bytes
    digest: str


class Composer:
    """Makes the emails of one trigger: the template is compiled once, then each person costs one rendering.

    They are from `sender` (an address, maybe with a name) unless the template says `from`. `timezone` is that of times
    in the text. `postal_address` goes into the footer of a page made from Markdown.
    """

    def __init__(
        self,
        template: Template,
        trigger: Trigger,
        persona: Persona,
        *,
        sender: str,
        timezone: str,
        postal_address: str = "",
    ) -> None:
        self._name = template.name
        self._texts = _compile(template)
        self._sender = sender
        self._postal_address = postal_address
        self._zone = ZoneInfo(timezone)
        self._trigger = Record("trigger", {"name": trigger.name, "title": trigger.title}, self._zone)
        self._persona = Record("persona", {"name": persona.name, "title": persona.title}, self._zone)

    def compose(self, person: Person, *, token: str, unsubscribe_url: str | None) -> Composed:
        """Returns the email to one person; raises ComposeError, in the author's terms, when it cannot be made.

        Its Message-ID is `token` at the domain of who it is from.
        """
        with self._naming(person):
            # before the template, which may miss what only somebody without an address lacks
            recipient = _recipient(person)
        names = self._names(person, unsubscribe_url)
        rendered = {keyword: text.render(names, person.key) for keyword, text in self._texts.items()}
        with self._naming(person):
            return self._finish(rendered, recipient, token, unsubscribe_url)

    @contextmanager
    def _naming(self, person: Person) -> Iterator[None]:
        """Says of an error which template and person it is about; those of a text say so themselves."""
        try:
            yield
        except ComposeError as error:
            sentence = f"template {self._name}, person `{person.key}`: {error.message}"
            raise ComposeError(Reason(f"template {self._name}", sentence=sentence), error.help) from None

    def _names(self, person: Person, unsubscribe_url: str | None) -> Mapping[str, object]:
        return {
            "person": Record("person", person.fields, self._zone),
            "company": Record("company", person.company, self._zone),
            "trigger": self._trigger,
            "persona": self._persona,
            "unsubscribe_url": Verbatim(unsubscribe_url) if unsubscribe_url else missing("unsubscribe_url"),
        }

    def _finish(self, rendered: Mapping[str, str], recipient: str, token: str, unsubscribe_url: str | None) -> Composed:
        subject = clean(rendered["subject"], MAX_SUBJECT)
        sender = parse_mailbox(rendered.get("from", self._sender))
        message_id = make_message_id(token, sender.address)
        reply_to = rendered.get("reply_to")
        headers = [
            address_header("From", sender),
            address_header("To", Mailbox("", recipient)),
            *([address_header("Reply-To", parse_mailbox(reply_to))] if reply_to else []),
            subject_header(subject),
            message_id_header(message_id),
            *(unsubscribe_headers(unsubscribe_url) if unsubscribe_url else ()),
            ("Auto-Submitted", "auto-generated"),
            ("MIME-Version", "1.0"),
        ]
        message = serialize(headers, _body(rendered, self._page(rendered, subject, unsubscribe_url), message_id))
        return Composed(recipient, subject, message_id, message, hashlib.sha256(message).hexdigest())

    def _page(self, rendered: Mapping[str, str], subject: str, unsubscribe_url: str | None) -> str | None:
        """Returns the email as HTML, or None for one that has only text."""
        if "markdown" not in rendered:
            return rendered.get("html")
        return html_from_markdown(
            rendered["markdown"], subject, postal_address=self._postal_address, unsubscribe_url=unsubscribe_url
        )


def make_message_id(token: str, address: str) -> str:
    """Returns the Message-ID (RFC 5322, section 3.6.4) of that left side, at the domain of an address."""
    return f"<{token}@{address.rpartition('@')[2]}>"


def _compile(template: Template) -> Mapping[str, CompiledText]:
    return {
        keyword: compile_text(
            template.trees[keyword], _place(template, keyword, text), _KINDS.get(keyword, OutputKind.PLAIN)
        )
        for keyword, text in template.texts().items()
    }


_KINDS = {"html": OutputKind.HTML, "markdown": OutputKind.MARKDOWN}


def _place(template: Template, keyword: str, text: TemplateText) -> str:
    return f"template {template.name}, {keyword}" + (f" ({text.path})" if text.path else "")


def _recipient(person: Person) -> str:
    address = person.fields.get(ADDRESS_FIELD)
    if not isinstance(address, str) or not address:
        raise ComposeError(f"the person has no address in the field `{ADDRESS_FIELD}`", help="add it to the data")
    return parse_address(address)


def _body(rendered: Mapping[str, str], html: str | None, message_id: str) -> bytes:
    """Returns the MIME part or parts; the boundary depends on all that is in them, so that none can hold it."""
    if html is None:
        return mime_part("plain", rendered["text"])
    page = inline_styles(html)
    text = rendered.get("text") or text_from_html(page)
    preheader = clean(rendered.get("preheader", ""), MAX_PREHEADER)
    parts = mime_part("plain", text), mime_part("html", hide_preheader(page, preheader))
    digest = hashlib.sha256(b"\0".join([message_id.encode(), *parts])).hexdigest()
    return alternatives(*parts, boundary=f"rulekit-{digest[:40]}")
