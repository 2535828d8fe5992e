"""A template, a trigger and a person to make emails of, and what every email must hold to."""

import email
import email.policy
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from rulekit.email.compose import Composed, Composer
from rulekit.language.program import Persona, Template, TemplateText, Trigger
from rulekit.language.typed_expressions import Comparison, Constant, Operator
from rulekit.language.types import BOOL
from rulekit.records import Edge, Person
from tests.email.as_checked import as_checked

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

FROM = "Ada at Example <success@example.com>"
TOKEN = "0123abcd"
LINK = "https://mail.example.com/u?token=x"
TRUE = Constant(True, BOOL)
PERSONA = Persona("Inactive14", "No login for two weeks", Comparison(Operator.EQ, TRUE, TRUE))
TRIGGER = Trigger("Win_Back", "Bring quiet people back", Edge.TAGGED, "Inactive14", None, "Miss_You")


def template(**texts: str | TemplateText) -> Template:
    given = {name: _text(text) for name, text in ({"subject": "Hello"} | texts).items()}
    whole = dict.fromkeys(("html", "markdown", "text", "sender", "reply_to", "preheader")) | given
    return as_checked(Template("Miss_You", "", **whole))  # type: ignore[arg-type]


def _text(given: str | TemplateText) -> TemplateText:
    return TemplateText(given, None) if isinstance(given, str) else given


ADA = Person("p1", {"email": "ada@example.com", "first_name": "Ada", "last_login": None}, None)


class Desk:
    """Makes one email with as little said as possible."""

    def template(self, **texts: str) -> Template:
        return template(**texts)

    def person(self, **fields: Any) -> Person:
        return replace(ADA, fields={**ADA.fields, **fields})

    def composer(
        self,
        *,
        sender: str = FROM,
        timezone: str = "UTC",
        postal_address: str = "",
        template_from: str = "",
        **texts: str,
    ) -> Composer:
        own = {"sender": template_from} if template_from else {}
        return Composer(
            template(**texts, **own), TRIGGER, PERSONA, sender=sender, timezone=timezone, postal_address=postal_address
        )

    def make(self, composer: Composer, **fields: Any) -> Composed:
        return composer.compose(self.person(**fields), token=TOKEN, unsubscribe_url=LINK)

    def compose(
        self, person: Person = ADA, *, token: str = TOKEN, unsubscribe_url: str | None = LINK, **given: str
    ) -> Composed:
        return self.composer(**given).compose(person, token=token, unsubscribe_url=unsubscribe_url)

    def parse(self, message: bytes) -> EmailMessage:
        return email.message_from_bytes(message, policy=email.policy.default)  # type: ignore[return-value]


@pytest.fixture
def desk() -> Desk:
    return Desk()


HEADERS = [
    "From",
    "To",
    "Subject",
    "Message-ID",
    "List-Unsubscribe-Post",
    "List-Unsubscribe",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


@pytest.fixture
def assert_sound() -> Callable[..., EmailMessage]:
    """What no data may change: line ends, lengths, which headers there are, one recipient, bodies that decode."""

    def check(message: bytes, recipient: str, headers: list[str] = HEADERS) -> EmailMessage:
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message)
        assert max(map(len, message.split(b"\r\n"))) <= 998
        for policy in (email.policy.default, email.policy.compat32, email.policy.SMTP):
            parsed = email.message_from_bytes(message, policy=policy)
            names = [name for name, _ in parsed.items() if name != "Content-Transfer-Encoding"]
            assert names == headers
            assert not parsed.defects
        modern = email.message_from_bytes(message, policy=email.policy.default)
        to = [address.addr_spec.encode("utf-8", "surrogateescape").decode() for address in modern["to"].addresses]
        assert to == [recipient]
        for name, value in modern.items():
            assert not value.defects or (name == "To" and not recipient.isascii()), (name, value.defects)
            assert not re.search(r"[\r\n]", value)
        for part in modern.walk():
            if part.get_content_maintype() == "text":
                part.get_content()
        return modern

    return check
