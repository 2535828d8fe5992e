"""Templates: parts, files, names, and values that the reached people may lack."""

import pytest

LETTER = 'template T:\n  subject "Hello"\n  text "{text}"\n'


def letter(check_text, text, *, persona="admin", on="tagged(P)", subject="Hello"):
    """A template with a text, sent by one trigger to a persona."""
    return check_text(
        f'persona P:\n  {persona}\nsegment S "Companies":\n  arr > 1\n'
        f'template T:\n  subject "{subject}"\n  text "letter.txt"\n'
        f"trigger Win_Back:\n  on {on} send template T\n",
        letter_dot_txt=text,
    )


def test_parts(check_text):
    checked = check_text(
        'template T "Title":\n  subject "Hi"\n  html "t/a.html"\n  text "plain words.txt"\n'
        '  from "a@b.c"\n  reply_to "d@e.f"\n  preheader "soon"\n',
        t__a_dot_html="<p>Hello</p>\n",
    )
    template = checked.program.templates["T"]
    assert (template.title, template.subject.text, template.subject.path) == ("Title", "Hi", None)
    assert (template.html.text, template.html.path) == ("<p>Hello</p>\n", "t/a.html")
    assert (template.text.text, template.text.path) == ("plain words.txt", None)
    assert (template.sender.text, template.reply_to.text, template.preheader.text) == ("a@b.c", "d@e.f", "soon")
    assert template.markdown is None


PARTS = {
    'subject "a" text "b" text "c"': ("duplicate-part", 'text "c"'),
    'subject "a" txt "b"': ("unknown-part", "txt"),
    'text "b"': ("missing-part", "template T"),
    'subject "a"': ("missing-part", "template T"),
    'subject "a" html "b" markdown "c"': ("conflicting-parts", 'markdown "c"'),
    'subject "a" html "t/b.html"': ("missing-template-file", '"t/b.html"'),
    'subject "a" html "../b.html"': ("missing-template-file", '"../b.html"'),
}


@pytest.mark.parametrize("written", PARTS)
def test_part_problems(check_text, written):
    checked = check_text(f"template T:\n  {written}\n")
    slug, underlined = PARTS[written]
    assert checked.only().code.slug == slug
    assert checked.quoted(checked.only().primary).startswith(underlined)
    assert checked.program is None


def test_a_misspelled_file_is_suggested(check_text):
    checked = check_text('template T:\n  subject "a"\n  html "t/mis_you.html"\n', t__miss_you_dot_html="x")
    assert checked.fixed() == [('"t/mis_you.html"', '"t/miss_you.html"')]


NAMES = {
    "{{ person.emial }}": ("unknown-variable", "emial", "email"),
    '{{ person["emial"] }}': ("unknown-variable", '{{ person["emial"] }}', None),
    "{{ company.nam | default('x') }}": ("unknown-variable", "nam", "name"),
    "{{ trigger.titel }}": ("unknown-variable", "titel", "title"),
    "{{ persona.size }}": ("unknown-variable", "size", None),
    "{{ persn.email }}": ("unknown-variable", "persn", "person"),
    "{{ email }}": ("unknown-variable", "email", "person.email"),
    "{{ range }}": ("unknown-variable", "range", None),
    "{{ person.email.domain }}": ("unknown-variable", "domain", None),
    "{% for x in person.tags %}{{ loop.idx }}{% endfor %}": ("unknown-variable", "idx", "index"),
    "{{ person }}": ("whole-record", "person", None),
    "{{ person | length }}": ("whole-record", "person", None),
    "{{ person.email | uper }}": ("unknown-filter", "uper", "upper"),
    "{% if person.email is defind %}{% endif %}": ("unknown-filter", "defind", "defined"),
    "{{ person.email.upper() }}": ("forbidden-syntax", "person.email.upper(", None),
    "{% include 'x.html' %}": ("forbidden-syntax", "include", None),
    "{% extends 'x.html' %}": ("forbidden-syntax", "extends", None),
    "{% from 'x.html' import y %}": ("forbidden-syntax", "from", None),
    "{% macro m() %}{% endmacro %}": ("forbidden-syntax", "macro", None),
    "a\nb {% if person.email %}\nc\n": ("template-syntax", "{% if person.email %}", None),
    "{{ person.email": ("template-syntax", "{{ person.email", None),
    "{{ person.email ! }}": ("template-syntax", "{{ person.email ! }}", None),
}


@pytest.mark.parametrize("written", NAMES)
def test_name_problems(check_text, written):
    checked = letter(check_text, written)
    slug, underlined, fix = NAMES[written]
    report = checked.only()
    assert (report.code.slug, checked.quoted(report.primary)) == (slug, underlined)
    assert report.primary.span.path == "letter.txt"
    assert [edit.replacement for one in report.fixes for edit in one.edits] == ([] if fix is None else [fix])
    assert checked.program is None


def test_every_name_of_a_text_is_reported(check_text):
    checked = letter(check_text, "{{ person.emial }} {{ foo }}\n{{ person.email | uper }} {{ trigger.nam }}")
    assert sorted(checked.slugs) == ["unknown-filter", "unknown-variable", "unknown-variable", "unknown-variable"]


PASSES = [
    "{% if person.emial %}{{ person.email | uper }}{{ person.seats | date }}{% include 'x' %}{{ trigger.nam }}",
    "{% for tag in person.tgas %}{{ tag }}{% endfro %}{{ person.emial }}{% if person.seats > '3' %}x{% endif %}",
    "{{ person.emial }}{{ person.email | uper }}{{ person.email }\n{{ person.plan == 'Pro' }}",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(person.emial) }}{{ person.seats | date }}",
]
FOUND = [
    ["template-syntax", "template-type-mismatch", *["unknown-variable"] * 2, "unknown-filter"],
    ["template-syntax", "template-type-mismatch", "unknown-variable", "unknown-variable"],
    ["template-not-in-closed-set", "template-syntax", "unknown-filter", "unknown-variable"],
    ["forbidden-syntax", "forbidden-syntax", "template-type-mismatch", "unknown-variable"],
]


@pytest.mark.parametrize(("text", "slugs"), list(zip(PASSES, FOUND, strict=True)))
def test_all_mistakes_of_a_template_are_found_in_one_pass(check_text, text, slugs):
    assert sorted(letter(check_text, text).slugs) == sorted(slugs)


def test_a_text_that_cannot_be_read_is_not_asked_about_what_it_names_itself(check_text):
    text = (
        "{% set greeting = 'Hello' %}{% for tag in person.tags %}{{ tag }} {{ greeting }} {{ loop.index }}{% endfro %}"
    )
    assert letter(check_text, text).only().code.slug == "template-syntax"


def test_a_place_inside_the_rules(check_text):
    checked = check_text('template T:\n  subject "Hi {{ person.emial }}"\n  text "b"\n')
    assert checked.fixed() == [("emial", "email")]
    checked = check_text('template T:\n  subject "\\"Hi\\" {{ person.emial }}"\n  text "b"\n')
    assert checked.quoted(checked.only().primary) == '"\\"Hi\\" {{ person.emial }}"'


FINE = [
    "{{ person.email }} {{ trigger.name }} {{ trigger.title }} {{ persona.name }} {{ unsubscribe_url }}",
    "{{ person['email'] | upper | truncate(20) }}",
    "{% set name = person.email %}{{ name }}",
    "{% for tag in person.tags %}{{ loop.index }} {{ tag }}{% endfor %}",
    "{{ person.first_name | default('there') }} {{ company.name | default('you') | upper }}",
    "{% if person.first_name %}{{ person.first_name }}{% endif %}",
    "{% if not person.first_name %}x{% else %}{{ person.first_name }}{% endif %}",
    "{% if person.score and person.score > 3 %}{{ person.score }}{% endif %}",
    "{% if person.score > 3 %}{{ person.score }}{% elif person.beta %}{{ person.beta }}{% endif %}",
    "{% if person.first_name is defined %}{{ person.first_name }}{% endif %}",
    "{% if person.first_name is undefined %}x{% else %}{{ person.first_name }}{% endif %}",
    "{{ person.first_name if person.first_name }} {{ person.first_name or 'there' }}",
    "{{ 'x' if not person.first_name else person.first_name }}",
    "{% if company.name %}{{ company.name }} {{ company.arr }}{% endif %}",
    "{% if person.first_name != 'Ada' %}x{% endif %}",
]


@pytest.mark.parametrize("written", FINE)
def test_fine(check_text, written):
    assert letter(check_text, written).slugs == []


LACKING = {
    "{{ person.first_name }}": "person.first_name",
    "{{ person.first_name | upper }}": "person.first_name",
    "{{ person.first_name | upper | default('x') }}": "person.first_name",
    "{{ 'Dear ' ~ person.first_name }}": "person.first_name",
    "{{ person.score + 1 }}": "person.score",
    "{% if person.beta %}{{ person.first_name }}{% endif %}": "person.first_name",
    "{% if person.first_name %}x{% else %}{{ person.first_name }}{% endif %}": "person.first_name",
    "{% if person.first_name or person.beta %}{{ person.first_name }}{% endif %}": "person.first_name",
    "{{ company.name }}": "company.name",
    "{% if company.name %}{{ company.industry }}{% endif %}": "company.industry",
}


@pytest.mark.parametrize("written", LACKING)
def test_a_value_that_reached_people_may_lack(check_text, written):
    checked = letter(check_text, written)
    report = checked.only()
    assert report.code.slug == "undecided-variable"
    assert checked.quoted(report.primary) == LACKING[written]
    assert "`Win_Back`" in report.message
    assert checked.quoted(report.secondary[0]).startswith("trigger Win_Back")
    assert checked.program is not None


REACHED = {
    ("last_login is present and last_login > 3d", "tagged(P)", "{{ person.last_login }}"): [],
    ("last_login > 3d or admin and last_login is present", "tagged(P)", "{{ person.last_login }}"): [],
    ("last_login > 3d or last_login is missing", "tagged(P)", "{{ person.last_login }}"): ["undecided-variable"],
    ("not (last_login is missing or admin)", "tagged(P)", "{{ person.last_login }}"): [],
    ("last_login is present", "untagged(P)", "{{ person.last_login }}"): ["undecided-variable"],
    ("in S", "tagged(P)", "{{ company.name }} {{ company.arr }}"): [],
    ("not in S", "tagged(P)", "{{ company.name }}"): ["undecided-variable"],
    ("admin", "tagged(P) in S", "{{ company.name }}"): [],
    ("company.arr > 3", "tagged(P)", "{{ company.name }}"): [],
    ("not (first_name != \"x\") and first_name is present", "tagged(P)", "{{ person.first_name }}"): [],
}  # fmt: skip


@pytest.mark.parametrize("case", REACHED, ids=lambda case: " / ".join(case))
def test_what_the_reached_people_have(check_text, case):
    condition, on, text = case
    assert letter(check_text, text, persona=condition, on=on).slugs == REACHED[case]


def test_a_template_that_nobody_sends_is_not_asked_about_people(check_text):
    assert check_text('template T:\n  subject "{{ person.first_name }}"\n  text "b"\n').slugs == []


def test_no_text_makes_the_checker_raise(check_text):
    for text in ("{{ " + "(" * 5000 + " }}", "{{ 1" + "+1" * 5000 + " }}", "{{ -" + "-" * 3000 + "1 }}", "{%" * 50):
        assert letter(check_text, text).program is None or letter(check_text, text).slugs == []
