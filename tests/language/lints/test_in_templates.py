"""What templates may hold without being reported, next to what is reported for them."""

import time

import pytest

from rulekit.language.lints.in_templates.markup import links, markdown_images, style_rules, tags
from tests.language.lints.conftest import SETTINGS

RULES = """\
person:
  email       text
  name        text
  first_name  text?
  plan        text
  tags        list of text
  status      text

persona Pro:
  plan = "pro"

trigger Hello:
  on tagged(Pro) send template Welcome

template Welcome:
  subject "{subject}"
  {kind}  "{path}"
"""
ENDING = '<p>Example Ltd, 12 Orchard Lane, 1000 Sampleton</p>\n<a href="{{ unsubscribe_url }}">Unsubscribe</a>\n'


def welcome(body: str, subject: str = "Hello", kind: str = "html", ending: str = ENDING) -> str:
    path = {"html": "body.html", "markdown": "body.md", "text": "body.txt"}[kind]
    rules = RULES.replace("{subject}", subject).replace("{kind}", kind).replace("{path}", path)
    return f"{rules}{SETTINGS}--- {path}\n{body}\n{ending}"


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://example.com">x</a>',
        '<html xmlns="http://www.w3.org/1999/xhtml"><p>http://example.com is what we were called</p></html>',
        '<a href="http://localhost:8000/">x</a>',
        '{# <a href="http://example.com">x</a> #}',
        '<!--[if mso]><img src="http://example.com/x.png"><![endif]-->',
        '<img src="https://example.com/x.png" alt="">',
        '<img alt="{{ person.name }}" src="https://example.com/x.png">',
        '<img src="https://example.com/x.png" role="presentation">',
        "<img src='https://example.com/{{ person.plan | default(\"free\") }}.png' alt='x > y'>",
        '<a href="mailto:{{ person.email }}">x</a>',
        '<a href="https://example.com/?plan={{ person.plan | urlencode }}">{{ person.email }}</a>',
        "{% set plan = person.plan %}{{ plan }}",
        "{% if person.plan == 'a' %}a{% elif person.plan == 'b' %}b{% endif %}",
        "{% for a in person.tags %}{% for b in person.tags %}{{ a }}{{ b }}{% endfor %}{% endfor %}",
        '{{ 60 * 60 * 1000000000 }} {{ "a" + "b" }}',
    ],
)
def test_bodies_without_any_report(reported, body):
    assert reported(welcome(body)) == []


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ("<a\n href = http://example.com/x>x</a>", "insecure-link"),
        ('<td background="http://example.com/x.png">x</td>', "insecure-link"),
        ('<img src="https://example.com/x.png" width=1 height=1>', "image-without-alternative"),
        ("<a href=\"https://example.com/{{ person.first_name | default('x') }}\">x</a>", "personal-data-in-link"),
        ('<img alt="x" src="https://example.com/?{{ person[\'email\'] }}">', "personal-data-in-link"),
        ("{% if true %}x{% endif %}", "unused-block"),
        ("{{ 1000000000 * 'a' }}", "unbounded-template"),
        ("{{ '%1000000000s' % person.name }}", "unbounded-template"),
    ],
)
def test_bodies_with_one_report(reported, body, slug):
    assert reported(welcome(body)) == [slug]


@pytest.mark.parametrize(
    ("kind", "body", "slugs"),
    [
        ("markdown", "Hello [x](https://example.com) ![x](https://example.com/x.png)", []),
        ("markdown", "<http://example.com>", ["insecure-link"]),
        ("markdown", "[x]\n\n[x]: http://example.com", ["insecure-link"]),
        ("markdown", "[x](https://example.com/?{{ person.email }})", ["personal-data-in-link"]),
        ("text", "See http://example.com/x.", ["insecure-link"]),
        ("text", "See https://example.com/x.", []),
    ],
)
def test_other_bodies(reported, kind, body, slugs):
    ending = "" if kind == "markdown" else "Example Ltd\n12 Orchard Lane\n{{ unsubscribe_url }}"
    assert reported(welcome(body, kind=kind, ending=ending)) == slugs


@pytest.mark.parametrize(
    ("subject", "slugs"),
    [
        ("Hello, {{ person.first_name | default('there') }}", []),
        ("{{ person.first_name | default('Hello') }}", []),
        ("{{ person.name | trim }}", []),
        ("{% if person.plan == 'a' %}A{% else %}B{% endif %}", []),
        ("{{ person.first_name or person.name }}", []),
        ("{{ person.status }}: {{ trigger.title }}", []),
        ("{{ person.first_name | default('') }}", ["empty-subject"]),
        ("{{ person.first_name | default }}", ["empty-subject"]),
        (" {{ 'Hello' if person.plan == 'a' }} ", ["empty-subject"]),
        ("{% for tag in person.tags %}{{ tag }}{% endfor %}", ["empty-subject"]),
        ("{% if person.plan == 'a' %}A{% elif person.plan == 'b' %}B{% endif %}", ["empty-subject"]),
        ("{{ person.first_name | default('') }}{% if person.plan == 'a' %}!{% endif %}", ["empty-subject"]),
        ("For {{ person.email }}", ["personal-data-in-subject"]),
        ("Hello{% if person.email %}, you{% endif %}", []),
    ],
)
def test_subjects(reported, subject, slugs):
    assert reported(welcome("<p>Hello</p>", subject)) == slugs


@pytest.mark.parametrize(
    ("ending", "slugs"),
    [
        ("<p>12 ORCHARD LANE<br>1000&nbsp;Sampleton</p>{{ unsubscribe_url }}", []),
        ('<p>Example Ltd, 12 Orchard Lane</p><a href="https://example.com/preferences">Fewer emails</a>', []),
        ("<p>Example Ltd</p>{{ unsubscribe_url }}", ["missing-postal-address"]),
        ("<p>Example Ltd, 12 Orchard Lane</p>", ["missing-unsubscribe-link"]),
    ],
)
def test_what_an_email_ends_with(reported, ending, slugs):
    assert reported(welcome("<p>Hello</p>", ending=ending)) == slugs


def test_a_template_that_is_not_sent_needs_no_ending(reported):
    text = welcome("<p>Hello</p>", ending="").replace("trigger Hello:\n  on tagged(Pro) send template Welcome\n", "")
    assert reported(text) == []


def test_what_the_settings_lack_is_reported_once_and_only_where_people_are_mailed(reported):
    text = welcome("<p>Hello</p>").replace("postal_address  =", "# =").replace("unsubscribe_url =", "# =")
    assert reported(text) == ["missing-unsubscribe-link", "missing-postal-address"]
    assert reported(text.replace("smtp://localhost", "folder:outbox")) == []


LINKS = {
    '<a href="/x">x</a>': ["relative-link"],
    '<img src="x.png" alt="">': ["relative-link"],
    '<td background="x.png">x</td>': ["relative-link"],
    '<a href="">x</a>': ["relative-link"],
    '<a href="mailto:a@example.com">x</a> <a href="#top">x</a> <a href="tel:+46">x</a>': [],
    '<a href="{{ unsubscribe_url }}">x</a><a href="{% if person.tags %}https://example.com{% endif %}">x</a>': [],
    '<img src="cid:logo" alt="x"> <a href=" https://example.com">x</a> <a name="top">x</a>': [],
    "<script>x</script>": ["unsupported-element"],
    '<LINK REL="Stylesheet" href="https://example.com/x.css">': ["unsupported-element"],
    '<link rel="icon" href="https://example.com/x.png"> <!-- <script> --> <p>&lt;script></p>': [],
    "<style>a:hover, p { x: y }</style>": ["dropped-style"],
    "<style>p::before{x:y}p:first-child{x:y}a:link{x:y}</style>": ["dropped-style"],
    "<style>@media screen { a:hover { x: y } } @import 'x'; p { x: y } /* a:hover {} */</style>": [],
    "<style>@media screen { a:hover { x: y } } a:active { x: y }</style>": ["dropped-style"],
    '<p title="a:hover { }">a:hover { }</p><style>.hover{x:y} p:not(.hover){x:y}</style>': [],
}


@pytest.mark.parametrize("body", LINKS)
def test_links_that_lead_nowhere_and_what_mail_programs_drop(reported, body):
    assert reported(welcome(body)) == LINKS[body]


@pytest.mark.parametrize(
    "piece", ["[", "![", "<https:", "<p ", "<!--", "</", "{", "{{ ", "<style>", "<style>a{", '<a b="', "<a b="]
)
def test_no_body_is_looked_at_for_long(piece):
    body = piece * (300_000 // len(piece))
    started = time.process_time()
    for text in (body, body + ">"):
        found = [*style_rules(text), *markdown_images(text), *tags(text)]
        found += [link for part in ("html", "markdown", "text") for link in links(part, text)]
        assert len(found) <= len(body)
    assert time.process_time() - started < 5
