"""Hostile names and subjects from a template to a server: one recipient, the bytes that were composed."""

import email
import email.policy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rulekit.builtin.smtp_sender import open_smtp
from rulekit.email.compose import Composer
from rulekit.language.program import Persona, Template, TemplateText, Trigger
from rulekit.language.typed_expressions import NOWHERE, Constant, IsMissing
from rulekit.language.types import BOOL
from rulekit.records import Edge, Envelope, Person, SenderRequest, Sent
from tests.email.as_checked import as_checked
from tests.email.hostile import hostile_texts

TEMPLATE = as_checked(
    Template(
        name="Greet",
        title="",
        subject=TemplateText("Hi {{ person.first_name }}", None),
        html=TemplateText("<p title='{{ person.first_name }}'>Hi {{ person.first_name }}</p>", None),
        markdown=None,
        text=TemplateText("{{ person.first_name }}\n.\n{{ person.first_name }}\n", None),
        sender=None,
        reply_to=None,
        preheader=None,
    )
)
TRIGGER = Trigger("Greet_All", "", Edge.TAGGED, "All", None, "Greet", span=NOWHERE)
PERSONA = Persona("All", "", IsMissing(Constant(True, BOOL)))


def test_what_arrives_is_what_was_composed(start_server: Callable[..., int], mailroom: Any, tmp_path: Path) -> None:
    composer = Composer(TEMPLATE, TRIGGER, PERSONA, sender="Ada <success@example.com>", timezone="UTC")
    sender = open_smtp(SenderRequest(f"smtp://127.0.0.1:{start_server(mailroom)}?tls=off&timeout=5", tmp_path))
    composed = [
        composer.compose(
            Person(f"p{number}", {"email": f"p{number}@example.com", "first_name": text}, None),
            token=str(number),
            unsubscribe_url="https://mail.example.com/u?token=x",
        )
        for number, text in enumerate(hostile_texts())
    ]
    for one in composed:
        outcome = sender.send(one.message, Envelope("success@example.com", one.recipient, "<1@x>"), lambda: None)
        assert isinstance(outcome, Sent)
    sender.close()
    assert len(composed) > 100
    assert mailroom.taken == [("success@example.com", [one.recipient], one.message) for one in composed]
    for one in composed:
        received = email.message_from_bytes(one.message, policy=email.policy.default)
        assert received["subject"] == one.subject
        assert not {"bcc", "cc"} & {name.lower() for name, _ in received.items()}
