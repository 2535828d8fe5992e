"""What a template sees and prints, what it refuses, and that its work is bounded."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from rulekit.diagnostics.source import SourceText
from rulekit.email.filters import FILTERS
from rulekit.email.inert import restore
from rulekit.email.template_values import Record, Verbatim, show
from rulekit.email.templates import OutputKind, compile_text
from rulekit.errors import ComposeError
from rulekit.language import template_names
from rulekit.language.checker import check
from rulekit.language.parsing.parser import parse
from rulekit.language.program import Program
from rulekit.language.template_trees import environment, read_tree

ZONE = ZoneInfo("Europe/Stockholm")
FIELDS: dict[str, Any] = {
    "first_name": "Ada",
    "hostile": "<b>&\"'*_[x](y)",
    "gone": None,
    "nan": float("nan"),
    "seen": datetime(2026, 1, 31, 8, 0, 30, tzinfo=UTC),
    "born": date(1990, 7, 1),
    "arr": Decimal("1234.500000000"),
    "whole": Decimal("100.000000000"),
    "huge": 1e22,
    "seats": 7,
    "paying": True,
    "idle": timedelta(days=14),
    "tags": ["a", "b", "c"],
    "none_of_it": [],
    "long": "a" * 500_000,
    "almost_long": "a" * 499_999 + "b",
}


def render(text: str, kind: OutputKind = OutputKind.PLAIN) -> str:
    """What comes of a text that nobody has checked, so that only the sandbox stands in its way."""
    return render_tree(read_tree(text, environment()), kind)


def render_tree(tree: nodes.Template, kind: OutputKind = OutputKind.PLAIN) -> str:
    names = {
        "person": Record("person", FIELDS, ZONE),
        "company": Record("company", None, ZONE),
        "trigger": Record("trigger", {"name": "Win_Back", "title": "Bring back"}, ZONE),
        "unsubscribe_url": Verbatim("https://mail.example.com/u_x"),
    }
    return compile_text(tree, "template T, text", kind).render(names, "p1")


SCHEMA, _ = parse(
    SourceText(
        "main.rules",
        """
person:
  first_name text hostile text gone text? seen time? born date? arr number seats number paying bool? idle duration?
  tags list of text
company:
  arr number?
template T:
  subject "Hi"
  text "letter.txt"
""",
    )
)


def checked(text: str) -> tuple[Program | None, list[str]]:
    """The program with that text in it, if it has no errors, and what they say and what to do about them."""
    program, found = check([SCHEMA], lambda path: SourceText(path, text))
    return program, [f"{one.message}, {one.primary.text if one.primary else ''}: {one.help}" for one in found]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ person.first_name }}", "Ada"),
        ("{{ person['first_name'] }}", "Ada"),
        ("{{ person.seen }}", "2026-01-31 09:00"),
        ("{{ person.born }}", "1990-07-01"),
        ("{{ person.arr }} {{ person.whole }} {{ person.huge }}", "1234.5 100 10000000000000000000000"),
        ("{{ person.seats }} {{ person.paying }} {{ person.idle }}", "7 true 14d"),
        ("{{ person.tags }}", "a, b, c"),
        ("{{ trigger.name }}", "Win_Back"),
        ("{{ person.gone | default('there') }}", "there"),
        ("{{ person.nan | default('none') }}", "none"),
        ("{{ company.arr | default('none') }}", "none"),
        ("{{ '' | default('none', true) }}", "none"),
        ("{% if person.gone %}yes{% else %}no{% endif %}", "no"),
        ("{{ person.gone is defined }} {{ person.gone is undefined }} {{ person.seats is odd }}", "false true true"),
        ("{% if person.gone > 3 or person.gone == 3 %}yes{% else %}no{% endif %}", "no"),
        ("{{ person.gone != 3 }} {{ person.gone == person.gone }}", "true false"),
        ("{% if 'a' in person.gone %}yes{% else %}no{% endif %}", "no"),
        ("{% for x in person.gone %}{{ x }}{% endfor %}end", "end"),
        ("{% for x in person.tags %}{{ loop.index }}{{ x }}{% if not loop.last %};{% endif %}{% endfor %}", "1a;2b;3c"),
        ("one {% if true %}y{% endif %}\ntwo", "one y\ntwo"),
        ("{{ 'a' }}{% if false %}b{% endif %}\r\ntwo", "a\ntwo"),
        ("one\n{% if false %}y{% endif %}\ntwo", "one\ntwo"),
        ("one\n{% if false %}a\nb{% endif %} \ntwo", "one\ntwo"),
        ("a\n  {% if true %}b\n  {% endif %}\nc", "a\n  b\nc"),
        ("  {% if true %}{# why #}\n  b\n  {% endif %}\nc", "  b\nc"),
        ("a {# b\nc #}\nd", "a \nd"),
        ("a {% if true -%}\n b{%- endif %}\nc", "a b\nc"),
        ("a\n  {%- if true %}\nb{% endif %}", "ab"),
        ("a {% if true -%} b {%- endif -%}\n c", "a bc"),
        ("{% set a = '%}' %}{{ a }}\nb", "%}\nb"),
        ("{% raw %}{% x %}{% endraw %}\nb {% raw %}{{{% endraw %}\nc", "{% x %}\nb {{\nc"),
        ("{% if true %}\nline\n{% endif %}\nnext\n", "line\nnext"),
        (
            "{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 'a' in person.tags }} {{ 'a' not in person.tags }}",
            "true false true false",
        ),
        ("{{ person.first_name[1:] }} {{ person.first_name[::-1] }} {{ person.tags[:2] }}", "da adA a, b"),
        ("{{ person.tags | first }}{{ person.tags | last }}{{ person.tags | length }}", "ac3"),
        ("{{ person.none_of_it | first | default('nothing') }}", "nothing"),
        ("{{ person.tags | join(' and ') }} {{ person.tags[1] }} {{ person.first_name[:2] }}", "a and b and c b Ad"),
        ("{{ person.tags[9] | default('no tenth') }}", "no tenth"),
        (
            "{{ 'Ada' | upper }} {{ 'ADA' | lower }} {{ 'ada ada' | title }} {{ 'aDA' | capitalize }}",
            "ADA ada Ada Ada Ada",
        ),
        ("{{ ' x ' | trim }}|{{ 'abcdef' | truncate(4) }}|{{ 'abcd' | truncate(4) }}", "x|abc…|abcd"),
        ("{{ 'a-b-c' | replace('-', '+') }} {{ 'a b&c' | urlencode }}", "a+b+c a%20b%26c"),
        (
            "{{ 1234.5 | number(2) }} {{ person.arr | number(2, ',') }} {{ person.arr | number(2, '.') }}",
            "1234.50 1,234.50 1.234,50",
        ),
        ("{{ 2.5 | round }} {{ 0.125 | round(2) }} {{ -3 | abs }}", "3 0.13 3"),
        ("{{ -0.001 | number(2) }} {{ -0.005 | number(2) }} {{ -0.0 | number(1) }}", "0.00 -0.01 0.0"),
        ("{{ -0.4 | number }} {{ -0.4 | round }} {{ -0.004 | round(2) }} {{ -0.0 }} {{ -0.0 | abs }}", "0 0 0 0 0"),
        ("{{ -0.001 | number(2, ',') }} {{ -0.001 | number(2, '.') }}", "0.00 0,00"),
        ("{{ person.seen | date('%e %B %Y, %H:%M %Z, 100%%') }}", "31 January 2026, 09:00 CET, 100%"),
        ("{{ person.born | date }} {{ person.seen | date }}", "1990-07-01 2026-01-31"),
        ("{{ person.arr * 0.5 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 1 - 3 }} {{ -person.seats }}", "617.25 3 3 -2 -7"),
        ("{{ (1 / 0) | default('none') }}{{ 'x' if person.gone }}", "none"),
        ("{{ person.first_name ~ ' ' ~ person.seen ~ ' ' ~ 1.50 }}", "Ada 2026-01-31 09:00 1.5"),
        ("{{ 'a' + 'b' }}{% set n = person.gone | default('you') %}{{ n }}", "abyou"),
    ],
)
def test_shows(text: str, shown: str) -> None:
    assert render(text) == shown


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("one\n{{ person.gone }}", "line 2: `person.gone` is missing (person `p1`)"),
        ("{{ person.gone | upper }}", "`person.gone` is missing"),
        ("{{ person.gone ~ '!' }}", "`person.gone` is missing"),
        ("{{ person.gone + 1 }}", "`person.gone` is missing"),
        ("{{ 'x' | replace('x', person.gone) }}", "`person.gone` is missing"),
        ("{{ company.arr }}", "`company.arr` is missing"),
        ("{{ person.fist_name }}", "there is no `person.fist_name`; did you mean `person.first_name`?"),
        ("{{ person.nope | default('x') }}", "there is no `person.nope`"),
        ("{{ person }}", "`person` cannot be printed"),
        ("{{ person.first_name.upper }}", "`.upper` cannot stand here"),
        ("{{ ''.__class__ }}", "`.__class__` cannot stand here"),
        ("{{ ''['__class__'] }}", "`[…]` cannot stand here"),
        ("{{ person.__class__ }}", "there is no `person.__class__`"),
        ("{{ person._fields }}", "there is no `person._fields`"),
        ("{% for x in person.tags %}{{ loop.cycle }}{% endfor %}", "`.cycle` cannot stand here"),
        ("{{ person.seen | date('%1000000000d') }}", "`date` does not know `%1`"),
        ("{{ person.seats | date }}", "`date` needs a time or a date"),
        ("{{ person.seats | number(999999999) }}", "a whole number from 0 to 20"),
        ("{{ person.first_name | number }}", "need a number"),
        ("{{ person.seats | number(2, 'x') }}", "between thousands"),
        ("{{ person.seats < 'x' }}", "does not fit it"),
        ("{{ person.seats | upper(1, 2) }}", "does not fit it"),
        ("{{ 'x' * 3 }}", "`*` cannot be used with a text"),
        ("{{ 3 * [1] }}", "`*` cannot be used with a text"),
        ("{{ '%9d' % 3 }}", "`%` cannot be used with a text"),
        ("{% for x in person %}{% endfor %}", "`for` needs a list"),
    ],
)
def test_refuses(text: str, problem: str) -> None:
    with pytest.raises(ComposeError) as refused:
        render(text)
    assert problem in refused.value.message
    assert refused.value.message.startswith("template T, text, line ")
    assert refused.value.help


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ persn.first_name }}", "unknown name `persn` in a template, no such name: write `person`"),
        ("{% if nobody %}{% endif %}", "unknown name `nobody`"),
        ("{{ self }}", "unknown name `self`"),
        ("{{ person.fist_name }}", "unknown name `person.fist_name` in a template, no such name: write `first_name`"),
        ("{{ person.nope | default('x') }}", "unknown name `person.nope`"),
        ("{{ person }}", "`person` is a whole record, not a value"),
        ("{{ person.first_name.upper() }}", "templates have no calls"),
        ("{{ range(10) }}", "templates have no calls"),
        ("{{ person.first_name.upper }}", "`.upper` stands for nothing here"),
        ("{{ ''.__class__ }}", "`.__class__` stands for nothing here"),
        ("{{ person.__class__ }}", "unknown name `person.__class__`"),
        ("{{ person._fields }}", "unknown name `person._fields`"),
        ("{% for x in person.tags %}{{ loop.cycle }}{% endfor %}", "unknown name `loop.cycle`"),
        ("{% include 'x' %}", "templates have no `include`"),
        ("{% import 'x' as x %}", "templates have no `import`"),
        ("{% macro f() %}{% endmacro %}", "templates have no macros"),
        ("{% set x %}y{% endset %}", "templates have no `set` with a block"),
        ("{% filter upper %}y{% endfilter %}", "templates have no `filter` blocks"),
        ("{% for x in person.tags recursive %}{% endfor %}", "templates have no `recursive` loops"),
        ("{{ 2 ** 8 }}", "templates have no `**`"),
        ("{{ person.first_name | uper }}", "unknown filter `uper` in a template, no such filter: write `upper`"),
        ("{{ person.first_name | attr('x') }}", "unknown filter `attr`"),
        ("{{ person.first_name is callable }}", "unknown test `callable`"),
        ("a\n{{ person.", "a template cannot be read"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
        ("{% if true %}" * 120 + "x" + "{% endif %}" * 120, "nested too deeply"),
        ("".join(f"{{% for i{n} in ['x'] %}}" for n in range(21)) + "{% endfor %}" * 21, "nested too deeply"),
        ("{{ " + "9" * 6000 + " }}", "a template cannot be read"),
        ("{% for loop in person.tags %}{% endfor %}", "`loop` counts the turns here: choose another name"),
        ("{% for x in person.tags %}{% set loop = x %}{% endfor %}", "`loop` counts the turns here"),
    ],
)
def test_what_check_refuses_is_in_no_program(text: str, problem: str) -> None:
    program, problems = checked(text)
    assert program is None
    assert any(problem in one for one in problems), problems


def test_as_many_loops_as_check_takes_can_be_compiled() -> None:
    program, _ = checked("".join(f"{{% for i{n} in ['x'] %}}" for n in range(20)) + "x" + "{% endfor %}" * 20)
    assert program is not None
    assert render_tree(program.templates["T"].trees["text"]) == "x"
    levels = 98
    program, _ = checked("{% if person.tags %}" * levels + "x" + "{% endif %}" * levels)
    assert program is not None
    assert render_tree(program.templates["T"].trees["text"], OutputKind.HTML) == "x"


def test_a_text_is_read_once_for_its_checks_and_all_emails(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    parse_text = Environment.parse
    monkeypatch.setattr(Environment, "parse", lambda jinja, text: read.append(text) or parse_text(jinja, text))
    program, _ = checked("{% set n = 'a' %}{{ n ~ person.first_name }}")
    assert program is not None
    assert [render_tree(tree) for tree in program.templates["T"].trees.values()] == ["Hi", "aAda"]
    assert len(read) == 2


def test_what_was_checked_stays_as_it_was_read() -> None:
    program, _ = checked("{% set n = 'abc' | upper %}{{ ('abc' | upper) ~ n ~ (1 + 1) }}{{ person.tags[1:] }}")
    assert program is not None
    tree = program.templates["T"].trees["text"]
    before = repr(tree)
    assert [render_tree(tree) for _ in range(2)] == ["ABCABC2b, c"] * 2
    assert repr(tree) == before
    assert ".upper" not in before
    assert "name='upper'" in before


BOMBS = [
    "{{ 'a' * 1000000000 }}",
    "{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
    "{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "{% set x = ['aaaaaaaaaaaa'] %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x | replace('a', x) %}" * 20 + "{{ x }}",
    "{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = [x, x] | join(x) %}" * 40 + "{{ x }}",
    "{% set x = 99999999 %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
    "".join(f"{{% for i{n} in '0123456789' %}}" for n in range(15)) + "{% endfor %}" * 15,
    "".join(f"{{% for i{n} in '0123456789' %}}" for n in range(15)) + "x" + "{% endfor %}" * 15,
    "{% for a in '0123456789' %}{% for b in '0123456789' %}{% for c in '0123456789' %}"
    + "x" * 2000
    + "{% endfor %}" * 3,
    "x" * (1 << 20) + "y",
    # `long` has half a million characters
    *(
        "{% set big = person.long %}"
        + "".join(f"{{% for i{n} in '0123456789' %}}" for n in range(5))
        + step
        + "{% endfor %}" * 5
        for step in (
            "{% if 'ab' in big %}{% endif %}",
            "{% if 'ab' not in big %}{% endif %}",
            "{% if big == person.long ~ '' %}{% endif %}",
            "{% if big < person.almost_long %}{% endif %}",
            "{% if 1 < 2 <= 3 != 4 and big == person.almost_long %}{% endif %}",
            "{% if [big, big] == [big, person.almost_long] %}{% endif %}",
            "{% if person.almost_long in [big, big, big] %}{% endif %}",
            "{% set x = big[1:] %}",
            "{% set x = big[::-1] %}",
            # each turn is cheap, and all of them are not
            "{% if person.gone and person.gone or not person.gone %}{% endif %}" * 200,
            "{% set x = -(2.5) is even %}" * 200,
        )
    ),
]


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
@pytest.mark.parametrize("kind", OutputKind)
def test_bounds_its_work(text: str, kind: OutputKind) -> None:
    start = time.process_time()
    with pytest.raises(ComposeError):
        render(text, kind)
    assert time.process_time() - start < 5


def test_escapes_in_html_but_not_twice() -> None:
    assert render("<i>{{ person.hostile }}</i>", OutputKind.HTML) == "<i>&lt;b&gt;&amp;&#34;&#39;*_[x](y)</i>"
    assert render("{{ '<b>' ~ person.hostile | upper }}", OutputKind.HTML).startswith("&lt;b&gt;&lt;B&gt;&amp;")
    assert render("{{ person.gone | default('<b>') }}", OutputKind.HTML) == "&lt;b&gt;"


def test_values_in_markdown_are_no_marks_but_our_own_link_is_as_it_is() -> None:
    made = render("**{{ person.hostile }}**", OutputKind.MARKDOWN)
    assert restore(made) == f"**{FIELDS['hostile']}**"
    assert not set(FIELDS["hostile"]) & set(made.strip("*"))
    assert render("{{ ' ' }}{{ '' }}", OutputKind.MARKDOWN) == ""
    assert render("[out]({{ unsubscribe_url }})", OutputKind.MARKDOWN) == "[out](https://mail.example.com/u_x)"


def test_takes_controls_and_direction_marks_out_of_values() -> None:
    assert show("a\x00b\u202ec\ud800d\te\r\nf\u2028g") == "a b c�d\te\nf\ng"


def test_takes_exactly_the_filters_and_tests_that_are_documented() -> None:
    assert FILTERS.keys() == template_names.FILTERS.keys()
    for name in template_names.SYNTAX:
        assert issubclass(getattr(nodes, name), nodes.Node)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%# |.()[]'\"~+-*/person.gofrtaeilx0123456789\n<>=_"), max_size=60))
def test_no_template_text_does_anything_but_render_or_be_refused(text: str) -> None:
    for source in (text, "{{ " + text + " }}", "{% if " + text + " %}x{% endif %}"):
        assert isinstance(_rendered_or_refused(source), str)


def _rendered_or_refused(source: str) -> str:
    program, problems = checked(source)
    if program is None:
        return problems[0]
    try:
        return render_tree(program.templates["T"].trees["text"])
    except ComposeError as refused:
        return refused.message


def test_every_name_that_templates_may_use_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "templates.md").read_text(encoding="utf-8")
    page = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z_0-9]+", " ".join(re.findall(r"`[^`]+`", page))))
    used = {*template_names.NAMES, *template_names.FILTERS, *template_names.TESTS, *template_names.LOOP_NAMES}
    assert used - words == set()
