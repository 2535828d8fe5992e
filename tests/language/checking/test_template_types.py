"""What templates do with values of each type: what is reported is what cannot be rendered, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rulekit.email.template_values import Record
from rulekit.email.templates import OutputKind, compile_text
from rulekit.errors import ComposeError
from rulekit.language.template_names import FILTERS
from rulekit.language.template_trees import environment, read_tree

PERSON: dict[str, Any] = {
    "email": "ada@example.com",
    "plan": "pro",
    "seats": Decimal(7),
    "admin": True,
    "tags": ["a", "b"],
    "created_at": datetime(2026, 1, 31, 8, tzinfo=UTC),
    "born": date(1990, 7, 1),
    "quota": timedelta(days=3),
}
VALUES = [f"person.{name}" for name in PERSON] + ["'abc'", "3", "2.5", "['a', 'b']"]
MISMATCHES = ("template-type-mismatch", "template-not-in-closed-set")


def mistakes(check_text, text):
    checked = check_text('template T:\n  subject "Hi"\n  text "letter.txt"\n', letter_dot_txt=text)
    return [d for d in checked.diagnostics if d.code.slug in MISMATCHES], checked


def fails(text):
    """Whether no email comes of it for a person who has everything."""
    names = {"person": Record("person", PERSON, ZoneInfo("UTC"))}
    try:
        compile_text(read_tree(text, environment()), "T", OutputKind.PLAIN).render(names, "ada")
    except ComposeError:
        return True
    return False


# tags that decide by the data at hand, such as a division, are about values and not about types
OPERATIONS = [
    *(f"{{{{ {value} | {name} }}}}" for value, name in product(VALUES, sorted(set(FILTERS) - {"replace"}))),
    *(f"{{{{ {a} {sign} {b} }}}}" for a, sign, b in product(VALUES, ("+", "-", "/", "//"), VALUES)),
    *(f"{{% if {a} {sign} {b} %}}{{% endif %}}" for a, sign, b in product(VALUES, ("<", ">="), VALUES)),
    *(f"{{% if {a} in {b} %}}{{% endif %}}" for a, b in product(VALUES, VALUES)),
    *(f"{{% for x in {value} %}}{{% endfor %}}" for value in VALUES),
    *(f"{{% if {value} is {test} %}}{{% endif %}}" for value, test in product(VALUES, ("even", "divisibleby 3"))),
    *(f"{{{{ -{value} }}}}" for value in VALUES),
    *(f"{{{{ ({value})[0] }}}}" for value in VALUES),
    *(f"{{{{ ({value})[:1] }}}}" for value in VALUES),
]
# right by the letter of Python, and without a meaning that anybody would want
MEANT_OTHERWISE = (
    "person.admin",  # true counts as one there
    "['a', 'b'] <", "person.tags <", "['a', 'b'] >=", "person.tags >=",  # lists have no order here
    "['a', 'b']) %", " in ['a', 'b']", " in person.tags",  # a number is in no list of texts, without failing
    "< 'abc'", ">= 'abc'", "'abc' <", "'abc' >=",  # a literal beside a closed set is one of its texts
)  # fmt: skip


@pytest.mark.parametrize("part", range(8))
def test_what_cannot_be_rendered_is_reported(check_text, part):
    silent = [text for text in OPERATIONS[part::8] if fails(text) and not mistakes(check_text, text)[0]]
    # how a time goes with a number, only the numbers at hand can tell
    timed = ("created_at", "born", "quota")
    assert [text for text in silent if not (any(name in text for name in timed) and "/" in text)] == []


@pytest.mark.parametrize("part", range(8))
def test_what_can_be_rendered_is_not_reported(check_text, part):
    reported = [text for text in OPERATIONS[part::8] if not fails(text) and mistakes(check_text, text)[0]]
    assert [text for text in reported if not any(odd in text for odd in MEANT_OTHERWISE)] == []


REPORTED = {
    '{% if person.seats > "3" %}x{% endif %}': ('"3"', "write `3` without quotes"),
    "{{ person.plan | round(1) }}": ("person.plan", "give it a number, or leave it out"),
    "{% if person.plan == 'Pro' %}x{% endif %}": ("'Pro'", "write `'pro'`"),
    "{% if person.plan in ('free', 'por') %}x{% endif %}": ("'por'", "write `'pro'`"),
    "{% if person.seats == '3' %}x{% endif %}": ("'3'", "write `3` without quotes"),
    "{% if person.email == 3 %}x{% endif %}": ("3", "write `'3'` in quotes"),
    "{% if person.admin == 'true' %}x{% endif %}": ("'true'", "write `person.admin` or `not person.admin`"),
    "{% if person.score == none %}x{% endif %}": ("person.score", "write `person.score is undefined`"),
    "{% if 3 < person.seats < 'x' %}x{% endif %}": ("'x'", "compare it with a number"),
    "{% set n = person.seats %}{{ n | date }}": ("n", "give it a time or a date, or leave it out"),
    "{% for tag in person.tags %}{{ tag | number }}{% endfor %}": ("tag", "give it a number, or leave it out"),
    "{% for c in person.seats %}x{% endfor %}": (
        "person.seats",
        "give it a list or a text, or leave it out",
    ),
    "{{ person.seats | number('2') }}": ("'2'", "give it a number, or leave it out"),
    "{{ person.seats | number(1, ',', 3) }}": (
        "number(1, ',', 3)",
        "see docs/reference/templates.md for what each filter takes",
    ),
    "{{ person.email | replace('a') }}": (
        "replace('a')",
        "see docs/reference/templates.md for what each filter takes",
    ),
    "{{ person.email | upper(1) }}": ("upper(1)", "see docs/reference/templates.md for what each filter takes"),
    "{{ person.created_at | date('%d.%q') }}": ("'%d.%q'", "use %Y %m %d %e %B %b %A %a %H %I %M %S %p %Z"),
    "{{ person.email + person.seats }}": ("person.email", "join texts with `~`"),
    "{{ company.name | round }}": ("company.name", "give it a number, or leave it out"),
    "{{ loop.index }}{% for t in person.tags %}{{ loop.index | date }}{% endfor %}": (
        "loop.index",
        "give it a time or a date, or leave it out",
    ),
}


@pytest.mark.parametrize("text", REPORTED)
def test_one_report_with_its_place_and_what_to_do(check_text, text):
    (report,), checked = mistakes(check_text, text)
    assert (checked.quoted(report.primary), report.help) == REPORTED[text]
    assert checked.program is None


@pytest.mark.parametrize(
    "text",
    [
        "{% if person.plan == 'pro' and person.plan != 'free' and person.plan[:2] == 'pr' %}x{% endif %}",
        "{% if person.plan | upper == 'PRO' %}x{% endif %}",
        "{% if 'a' in person.tags or 'x' in person.email or person.plan in ['pro'] %}x{% endif %}",
        "{% set x = 1 %}{% set x = 'a' %}{{ x | round(1) if x else x | upper }}",
        "{% set label = person.first_name or 'there' %}{{ label | upper }}",
        "{{ (person.score | default('unknown')) }}",
        "{{ person.score | default(0) | round(1) }}{{ person.score | default(0) > 3 }}",
        "{{ person.created_at | date('%e %B %% %Y') | upper }}",
        "{{ person.created_at - person.created_at }} {{ person.created_at + person.quota }}",
        "{{ (person.tags + ['x']) | join(', ') }} {{ person.tags | first | upper }} {{ person.tags[0] | upper }}",
        "{{ person.email | default('x', true) }} {{ person.seats | number(2, ',') }}",
        "{{ trigger.title | upper ~ persona.name }}{{ unsubscribe_url | urlencode }}",
        "{% for a, b in person.tags %}{{ a | round }}{% endfor %}",
    ],
)
def test_fine(check_text, text):
    assert mistakes(check_text, text)[0] == []


def test_an_exact_number_equals_its_literal():
    names = {"person": Record("person", {"rate": Decimal("0.1")}, ZoneInfo("UTC"))}
    text = "{{ person.rate == 0.1 }} {{ person.rate >= 0.1 }} {{ 0.1 in [person.rate] }} {{ person.rate < 0.1 }}"
    assert (
        compile_text(read_tree(text, environment()), "T", OutputKind.PLAIN).render(names, "ada")
        == "true true false false"
    )
