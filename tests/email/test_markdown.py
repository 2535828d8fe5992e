"""Values of people in Markdown: they are text wherever they stand, and appear as they are."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag

from tests.email.vectors import texts

VALUES = (
    "AB-1",
    "my_project",
    r"C:\new*dir\_x",
    "a`b``c",
    "](javascript:alert(1))",
    "javascript:alert(1)",
    "https://eve.example/a_b?c=%5C&d#e",
    "<https://eve.example>",
    "*a* _b_ **c** ~~d~~ | e",
    "\"> <b title='x'>&amp; &#42;",
    "# a\n- b\n\n1. c\n\n> d\n\n---\n\n    e\n\n[f]: https://eve.example",
    "- [ ] x",
    "1) x",
    "![x](https://eve.example/pixel.gif)",
    "```\nx\n```",
    "| a |\n|---|\n| b |",
    "Zoë 漢字 \U0001f600",
)
# `@` stands for the value
CONTEXTS = (
    "@",
    "Hello @, and @@!",
    "@ first on its line\n@",
    "# @",
    "@\n===",
    "- @\n- b @\n  - @",
    "1. @",
    "> @",
    "**@** _@_ ~~@~~ x@y",
    "`@` and ``x @ y``",
    "[@](https://example.com/) and [@][there] and [@]\n\n[there]: https://example.com/x '@'",
    '[x](https://example.com/ "@")',
    "![@](https://example.com/x.png '@')",
    "| a @ | b |\n|---|--:|\n| @ | `@` |",
    "<div title=@>@</div>",
    "<!-- @ -->",
    "\\@ &@; &#@; <@>",
    "a line\\\n@",
)
CODE = ("    @", "```\n@\n```", "~~~ text\nx @\n~~~", "- a\n\n      @")
LINKS = (
    "[x](https://example.com/@)",
    "[x](https://example.com/?q=@&r=@)",
    "[x](<https://example.com/@>)",
    "[x][r]\n\n[r]: https://example.com/@",
    "<https://example.com/@>",
    "![x](https://example.com/@)",
)


def page(desk: Any, context: str, value: str) -> Tag:
    composed = desk.compose(desk.person(first_name=value), markdown=context.replace("@", "{{ person.first_name }}"))
    html = desk.parse(composed.message).get_body(("html",)).get_content().replace("\r\n", "\n")
    return BeautifulSoup(html, "html.parser").find(class_="page")  # type: ignore[return-value]


def shape(found: Tag) -> list[tuple[str, list[str]]]:
    return [(tag.name, sorted(tag.attrs)) for tag in found.find_all(True)]


def shown(found: Tag, *, as_url: bool = False) -> list[str]:
    attributes = [str(tag[name]) for tag in found.find_all(True) for name in ("title", "alt", "href") if tag.get(name)]
    return [found.get_text(), *(map(unquote, attributes) if as_url else attributes)]


def plain(desk: Any, context: str, value: str) -> str:
    composed = desk.compose(desk.person(first_name=value), markdown=context.replace("@", "{{ person.first_name }}"))
    text: str = desk.parse(composed.message).get_body(("plain",)).get_content()
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_text_and_appears_as_it_is(desk: Any, context: str, value: str) -> None:
    expected, found = page(desk, context, "Zz"), page(desk, context, value)
    on_a_line = re.sub(r"\s+", " ", value)
    assert shape(found) == shape(expected)
    assert shown(found) == [text.replace("Zz", on_a_line) for text in shown(expected)]


@pytest.mark.parametrize("context", CODE)
@pytest.mark.parametrize("value", VALUES)
def test_in_a_block_of_code_a_value_keeps_its_lines(desk: Any, context: str, value: str) -> None:
    expected, found = page(desk, context, "Zz"), page(desk, context, value)
    assert shape(found) == shape(expected)
    assert shown(found) == [text.replace("Zz", value) for text in shown(expected)]


@pytest.mark.parametrize("context", LINKS)
@pytest.mark.parametrize("value", VALUES)
def test_in_the_target_of_a_link_a_value_is_encoded_and_nothing_else(desk: Any, context: str, value: str) -> None:
    expected, found = page(desk, context, "Zz"), page(desk, context, value)
    on_a_line = re.sub(r"\s+", " ", value)
    assert shape(found) == shape(expected)
    # what is encoded in a value already stays so
    assert shown(found, as_url=True)[1:] == [unquote(text.replace("Zz", on_a_line)) for text in shown(expected)[1:]]
    for tag in found.find_all("a"):
        assert re.fullmatch(r"https://[\w.-]+/[\x21-\x7e]*", str(tag["href"]))


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("https://example.com/my_project?a=1&b=%20", "https://example.com/my_project?a=1&b=%20"),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
        ("javascript:alert(1)", None),
        (" JavaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("vbscript:x", None),
        ("x) [y](https://eve.example", "x)%20%5By%5D(https://eve.example"),
    ],
)
def test_a_value_may_be_a_target_where_any_other_may(desk: Any, value: str, target: str | None) -> None:
    link = page(desk, "[here](@)", value).find("a", string="here")
    assert (link["href"] if link else None) == target  # type: ignore[index]


def test_a_target_of_several_values_is_judged_as_a_whole(desk: Any) -> None:
    markdown = "[here]({{ person.first_name }}{{ 'script:alert(1)' }})"
    composed = desk.compose(desk.person(first_name="java"), markdown=markdown)
    assert b'href=3D"java' not in composed.message


@pytest.mark.parametrize("value", [text for some in texts().values() for text in some][::15])
def test_hostile_texts_are_nothing_but_text(desk: Any, value: str) -> None:
    for context in ("@", "`@` | **@**", "[@](https://example.com/@)", "| a |\n|---|\n| @ |"):
        assert [name for name, _ in shape(page(desk, context, value))] == [
            name for name, _ in shape(page(desk, context, "Zz"))
        ]


def test_the_text_part_has_them_as_they_are(desk: Any) -> None:
    markdown = (
        "Order `@`, see <https://example.com/@>.\n\n    @\n\n| Item | Price |\n|---|--:|\n| @ | 12.50 |\n| x | 9 |"
    )
    assert plain(desk, markdown, "AB-1_x").startswith(
        "Order `AB-1_x`, see <https://example.com/AB-1_x>.\n\n```\nAB-1_x\n```\n\n"
        "Item    Price\n------  -----\nAB-1_x  12.50\nx       9\n"
    )


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("one {% if true %}y{% endif %}\ntwo", "one y\ntwo\n"),
        ("one{% if false %} y{% endif %}\n\ntwo", "one\n\ntwo\n"),
        ("- a {% if true %}b{% endif %}\n- c", "- a b\n- c\n"),
        ("- a\n{% if false %}- b{% endif %}\n- c", "- a\n- c\n"),
        ("- a\n  {% if true %}- b{% endif %}\n- c", "- a\n  - b\n- c\n"),
        ("{% for x in ['a', 'b'] %}\n- {{ x }}\n{% endfor %}\n\nend", "- a\n- b\n\nend\n"),
        ("{% for x in ['a', 'b'] %}- {{ x }}\n{% endfor %}\n\nend", "- a\n- b\n\nend\n"),
        ("Hello {# whom? #}\n\nthere", "Hello\n\nthere\n"),
    ],
)
def test_tags_leave_lines_as_they_are_written(desk: Any, markdown: str, text: str) -> None:
    assert plain(desk, markdown, "Ada") == text + "\n[Unsubscribe](https://mail.example.com/u?token=x)\n"
