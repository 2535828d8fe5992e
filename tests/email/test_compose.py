"""Emails from a template and a person: what they hold, that they never change, and why there may be none."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from rulekit.errors import ComposeError
from rulekit.language.program import TemplateText


def content(part: EmailMessage) -> str:
    return part.get_content().replace("\r\n", "\n")  # type: ignore[attr-defined, no-any-return]


def parts(message: EmailMessage) -> dict[str, str]:
    return {part.get_content_type(): content(part) for part in message.iter_parts()}  # type: ignore[attr-defined]


def test_an_html_email_has_both_bodies_and_all_headers(desk: Any, assert_sound: Callable[..., EmailMessage]) -> None:
    composed = desk.compose(
        subject="We miss you, {{ person.first_name }}",
        html='<style>p{color:red}</style><p>Hi {{ person.first_name }} <a href="{{ unsubscribe_url }}">leave</a></p>',
        preheader="Come back, {{ person.first_name }}",
    )
    message = assert_sound(composed.message, "ada@example.com")
    assert (composed.recipient, composed.subject) == ("ada@example.com", "We miss you, Ada")
    assert composed.digest == hashlib.sha256(composed.message).hexdigest()
    assert message["from"] == "Ada at Example <success@example.com>"
    assert message["date"] is None  # it says when an email left
    assert message["message-id"] == composed.message_id == "<0123abcd@example.com>"
    assert message["list-unsubscribe"] == "<https://mail.example.com/u?token=x>"
    assert message["auto-submitted"] == "auto-generated"
    bodies = parts(message)
    assert bodies["text/plain"] == "Hi Ada [leave](https://mail.example.com/u?token=x)\n"
    assert '<p style="color: red;">Hi Ada' in bodies["text/html"]
    assert "Come back, Ada</div>" in bodies["text/html"]


def test_a_text_of_its_own_wins_over_the_derived_one(desk: Any) -> None:
    message = desk.parse(desk.compose(html="<p>html</p>", text="own").message)
    assert parts(message)["text/plain"] == "own\n"


def test_markdown_becomes_both_bodies(desk: Any, assert_sound: Callable[..., EmailMessage]) -> None:
    composed = desk.compose(
        person=desk.person(first_name="*Eve* <script>\n# [x](http://eve.example)"),
        markdown="# Hi {{ person.first_name }}\n\n[leave]({{ unsubscribe_url }})",
    )
    bodies = parts(assert_sound(composed.message, "ada@example.com"))
    assert "<h1>Hi *Eve* &lt;script&gt; # [x](http://eve.example)</h1>" in bodies["text/html"]
    assert bodies["text/plain"].startswith("# Hi *Eve* <script> # [x](http://eve.example)\n")


ADDRESS = "Example & Sons, 12 Orchard Lane"
LEAVE = "[leave]({{ unsubscribe_url }})"
UNSUBSCRIBE = "[Unsubscribe](https://mail.example.com/u?token=x)"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Hi", f"Hi\n\n{ADDRESS}\n{UNSUBSCRIBE}\n"),
        (f"Hi\n\n{LEAVE}", f"Hi\n\n[leave](https://mail.example.com/u?token=x)\n\n{ADDRESS}\n"),
        ("Hi\n\nExample & Sons,\n12 Orchard Lane", f"Hi\n\nExample & Sons,\n12 Orchard Lane\n\n{UNSUBSCRIBE}\n"),
        (f"Hi\n\n{ADDRESS}, {LEAVE}", f"Hi\n\n{ADDRESS}, [leave](https://mail.example.com/u?token=x)\n"),
    ],
)
def test_the_footer_of_markdown_says_what_the_text_does_not(
    desk: Any, assert_sound: Callable[..., EmailMessage], markdown: str, text: str
) -> None:
    composed = desk.compose(markdown=markdown, postal_address=ADDRESS)
    assert parts(assert_sound(composed.message, "ada@example.com"))["text/plain"] == text


def test_markdown_has_no_footer_where_the_settings_give_nothing_for_it(desk: Any) -> None:
    message = desk.parse(desk.compose(markdown="Hi", unsubscribe_url=None).message)
    assert parts(message)["text/plain"] == "Hi\n"
    assert '<p class="footer"' not in parts(message)["text/html"]


def test_an_html_email_is_the_authors_to_the_last_line(desk: Any) -> None:
    message = desk.parse(desk.compose(html="<p>Hi</p>", postal_address=ADDRESS).message)
    assert parts(message)["text/plain"] == "Hi\n"


def test_a_plain_email_is_one_part_without_unsubscribing_where_there_is_no_link(desk: Any) -> None:
    message = desk.parse(desk.compose(text="Hi {{ person.first_name }}", unsubscribe_url=None).message)
    assert message.get_content_type() == "text/plain"
    assert content(message) == "Hi Ada\n"
    assert not [name for name in message.keys() if name.startswith("List-")]  # noqa: SIM118


def test_the_template_may_say_who_it_is_from(desk: Any) -> None:
    composed = desk.compose(
        text="x", template_from="Bo, CEO <bo@example.com>", reply_to="{{ persona.name }} <help@example.com>"
    )
    message = desk.parse(composed.message)
    assert message["from"] == '"Bo, CEO" <bo@example.com>'
    assert message["reply-to"] == "Inactive14 <help@example.com>"


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("Bo <bo@brand.example>", "brand.example"),
        ("{{ person.first_name }} <{{ person.first_name | lower }}@{{ 'mail' }}.brand.example>", "mail.brand.example"),
        ("bo@exämple.com", "xn--exmple-cua.com"),
        (f"bo@{'.'.join(['a' * 60] * 3)}.example", f"{'.'.join(['a' * 60] * 3)}.example"),
        ("", "example.com"),
    ],
)
def test_the_message_id_is_at_the_domain_of_who_it_is_from(desk: Any, sender: str, domain: str) -> None:
    composed = desk.compose(text="x", template_from=sender)
    assert desk.parse(composed.message)["message-id"] == composed.message_id == f"<0123abcd@{domain}>"


def test_times_are_shown_in_the_zone_of_the_project(desk: Any) -> None:
    ada = desk.person(last_login=datetime(2026, 3, 29, 12, 0, tzinfo=UTC))
    message = desk.parse(desk.compose(ada, text="{{ person.last_login }}", timezone="Europe/Stockholm").message)
    assert content(message) == "2026-03-29 14:00\n"


def test_the_same_arguments_give_the_same_bytes(desk: Any) -> None:
    made = {desk.compose(html="<p>{{ person.first_name }}</p>").message for _ in range(3)}
    assert len(made) == 1
    assert desk.compose(html="<p>{{ person.first_name }}</p>", token="2").message not in made


def test_an_address_with_unicode_stays_one_address(desk: Any, assert_sound: Callable[..., EmailMessage]) -> None:
    assert desk.compose(desk.person(email="ada@exämple.com"), text="x").recipient == "ada@xn--exmple-cua.com"
    composed = desk.compose(desk.person(email="zoë@example.com"), text="x")
    assert b"\r\nTo: zo\xc3\xab@example.com\r\n" in composed.message


@pytest.mark.parametrize(
    ("fields", "texts", "problem"),
    [
        ({"email": None}, {"text": "x"}, "person `p1`: the person has no address in the field `email`"),
        ({"email": ""}, {"text": "x"}, "the person has no address in the field `email`"),
        ({"email": None}, {"text": "to {{ person.email }}"}, "the person has no address in the field `email`"),
        ({"email": "a@b.com, c@d.com"}, {"text": "x"}, "`a@b.com, c@d.com` is not an email address"),
        ({}, {"text": "{{ person.last_login }}"}, "template Miss_You, text, line 1: `person.last_login` is missing"),
        ({"first_name": "\r\n"}, {"text": "x", "subject": "{{ person.first_name }}"}, "the subject is empty"),
        (
            {},
            {"text": "x", "subject": "a\n{{ persn }}"},
            "subject, line 2: 'persn' is undefined",
        ),
        ({}, {"text": "x", "reply_to": "a@b.com, c@d.com"}, "`a@b.com, c@d.com` is not an email address"),
        ({}, {"text": "x", "token": "x y"}, "`<x y@example.com>` is not a message id"),
        ({}, {"text": "x", "unsubscribe_url": "http://x"}, "the unsubscribe link is not"),
        ({}, {"html": "<div>" * 4000}, "nested too deeply"),
    ],
)
def test_says_why_no_email_can_be_made(desk: Any, fields: Any, texts: Any, problem: str) -> None:
    with pytest.raises(ComposeError) as refused:
        desk.compose(desk.person(**fields), **texts)
    assert problem in refused.value.message
    assert refused.value.message.startswith("template Miss_You, ")
    assert refused.value.help


def test_names_the_file_of_a_template(desk: Any) -> None:
    text = TemplateText("{{ person.last_login }}", "templates/t.txt")
    with pytest.raises(ComposeError, match=r"template Miss_You, text \(templates/t\.txt\), line 1: "):
        desk.compose(text=text)
