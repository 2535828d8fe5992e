"""A hundred and more hostile texts as name, subject, sender and address: the email stays the one intended."""

from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from rulekit.email.compose import Composed
from rulekit.email.headers import MAX_SUBJECT, clean
from rulekit.errors import ComposeError
from tests.email.hostile import HOSTILE, hostile_texts

LINK = "https://mail.example.com/u?token=x"


def test_there_are_more_than_a_hundred() -> None:
    assert len(set(HOSTILE)) > 100


@pytest.mark.parametrize("body", ["html", "markdown", "text"])
def test_no_text_changes_what_the_email_is(desk: Any, assert_sound: Callable[..., EmailMessage], body: str) -> None:
    source = {
        "html": '<html><body title="{{ person.first_name }}"><p>Hi {{ person.first_name }}</p></body></html>',
        "markdown": "# Hi {{ person.first_name }}\n\n[x]({{ person.first_name | urlencode }})",
        "text": "Hi {{ person.first_name }}\n",
    }[body]
    subject = "Hi {{ person.first_name }}"
    composer = desk.composer(**{body: source, "subject": subject, "preheader": "{{ person.first_name }}"})
    for text in hostile_texts():
        composed = desk.make(composer, first_name=text)
        message = assert_sound(composed.message, "ada@example.com")
        assert message["subject"] == composed.subject == clean(f"Hi {text}", MAX_SUBJECT), text
        _assert_inert(message, links=[LINK] if body == "markdown" else [])


class _Tags(HTMLParser):
    """The tags that a mail program would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def _assert_inert(message: EmailMessage, links: list[str]) -> None:
    """Only the page's own tags and links stand in the HTML, whatever the data holds."""
    html = message.get_body(("html",))  # type: ignore[attr-defined]
    if html is not None:
        tags = _Tags(html.get_content())
        assert tags.seen.count("html") == tags.seen.count("body") == 1
        assert set(tags.seen) <= {"html", "head", "body", "meta", "title", "style", "div", "p", "h1", "a"}, tags.seen
        assert [link for link in tags.links if ":" in link] == links


def _composed_or_refused(compose: Callable[[], Composed]) -> Composed | str:
    try:
        return compose()
    except ComposeError as refused:
        return refused.message


def test_no_name_of_a_sender_changes_who_it_is_from(desk: Any, assert_sound: Callable[..., EmailMessage]) -> None:
    composer = desk.composer(text="x", subject="s", template_from="{{ person.first_name }} <success@example.com>")
    made = [_composed_or_refused(lambda text=text: desk.make(composer, first_name=text)) for text in hostile_texts()]
    for composed in made:
        if not isinstance(composed, str):
            message = assert_sound(composed.message, "ada@example.com")
            assert [address.addr_spec for address in message["from"].addresses] == ["success@example.com"]
    assert 0 < sum(isinstance(composed, str) for composed in made) < len(made)


@pytest.mark.parametrize("shape", ["{}", "ada@example.com{}", "{}@example.com", "ada{}@example.com", "ada@{}"])
def test_no_text_as_address_is_mailed_unless_it_is_one(
    desk: Any, assert_sound: Callable[..., EmailMessage], shape: str
) -> None:
    composer = desk.composer(text="x")
    for text in hostile_texts():
        address = shape.format(text)
        composed = _composed_or_refused(lambda address=address: desk.make(composer, email=address))
        if isinstance(composed, str):
            assert composed.startswith("template Miss_You, person `p1`: "), address
        else:
            assert_sound(composed.message, composed.recipient)
            assert composed.recipient.count("@") == 1
