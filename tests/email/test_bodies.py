"""HTML as mail programs take it, the text derived from it, and MIME parts that survive the way."""

import base64
import quopri
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulekit.email.bodies import (
    alternatives,
    hide_preheader,
    html_from_markdown,
    inline_styles,
    mime_part,
)
from rulekit.email.plain import text_from_html
from rulekit.errors import ComposeError


def test_styles_move_to_the_elements_and_media_queries_stay() -> None:
    page = inline_styles("<style>p{color:red} @media (max-width:9px){p{color:blue}}</style><p>x</p>")
    assert '<p style="color: red;">x</p>' in page
    assert "@media" in page


def test_no_style_sheet_is_fetched(tmp_path: object) -> None:
    sheet = f"{tmp_path}/x.css"
    with open(sheet, "w") as file:
        file.write("p{color:red}")
    for link in (f"file://{sheet}", sheet, "http://127.0.0.1:9/x.css"):
        assert "red" not in inline_styles(f'<link rel="stylesheet" href="{link}"><p>x</p>')


def test_the_preheader_is_hidden_escaped_and_first() -> None:
    page = hide_preheader(inline_styles('<body class="a>b"><p>x</p></body>'), "<b> & more")
    assert "&lt;b&gt; &amp; more</div><p>x</p>" in page
    assert "display:none" in page
    assert hide_preheader("<body>x</body>", "") == "<body>x</body>"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Hi</h1><p>a <b>b</b> c</p>", "# Hi\n\na **b** c\n"),
        ('<p>Go <a href="https://e.com/a_b?x=1&amp;y=2">there</a></p>', "Go [there](https://e.com/a_b?x=1&y=2)\n"),
        ('<a href="https://e.com/">https://e.com/</a>', "<https://e.com/>\n"),
        ("<ul><li>one<li>two</ul>", "- one\n- two\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a  b\nc  d\n"),
        ("<table><tr><td><p>one</p><p>two</p></td></tr></table>", "one\n\ntwo\n"),
        ("<head><title>t</title></head><body><style>p{}</style><script>x</script><p>x</p>", "x\n"),
        ('<img src="x.png" alt="A cat"><img src="pixel.gif">', "A cat\n"),
        ("<p>2 * 3_4</p>", "2 * 3_4\n"),
    ],
)
def test_derives_text(html: str, text: str) -> None:
    assert text_from_html(inline_styles(html)) == text


def test_html_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ComposeError, match="nested too deeply"):
        text_from_html("<div>" * 3000 + "x" + "</div>" * 3000)


def test_markdown_becomes_a_page_and_html_in_it_stays_text() -> None:
    page = html_from_markdown("# Hi\n\n<script>x</script>\n\n| a |\n|---|\n| b |\n\n[x](javascript:alert)", "A <title>")
    assert "<h1>Hi</h1>" in page
    assert "<script>" not in page
    assert "<td>b</td>" in page
    assert 'href="javascript' not in page
    assert "<title>A &lt;title&gt;</title>" in page


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_a_part_is_ascii_short_lined_and_decodes(text: str) -> None:
    part = mime_part("plain", text)
    head, _, body = part.partition(b"\r\n\r\n")
    assert part.isascii()
    assert max(map(len, part.split(b"\r\n"))) <= 76
    assert b"\r" not in part.replace(b"\r\n", b"")
    assert b"\n" not in part.replace(b"\r\n", b"")
    decoded = base64.b64decode(body) if b"base64" in head else quopri.decodestring(body)
    assert decoded.decode().replace("\r\n", "\n") == "\n".join(text.splitlines()) + "\n"


def test_the_shorter_encoding_is_taken() -> None:
    assert b"quoted-printable" in mime_part("plain", "Plain text, mostly: naïve")
    assert b"base64" in mime_part("plain", "漢字" * 40)


def test_alternatives_put_the_text_first() -> None:
    both = alternatives(mime_part("plain", "t"), mime_part("html", "<p>h"), "edge")
    assert both.index(b"text/plain") < both.index(b"text/html")
    assert both.endswith(b"\r\n--edge--\r\n")


ROWS = "<tr><td>a</td><td>b</td></tr>"
HEAVY = {
    "numbered list": "<ol>" + "<li>x</li>" * 9_000 + "</ol>",
    "tags": "<p>x</p>" * 50_000,
    "blanks": "<p>" + " " * 500_000 + "x",
    "styles": "<style>" + "".join(f"*{{a{n}:y}}" for n in range(10_000)) + "</style>" + "<b></b>" * 10_000,
    "one rule": "<style>*{" + "".join(f"a{n}:y;" for n in range(50_000)) + "}</style>" + "<b></b>" * 500,
    "open sheets": "<style>" * 100_000,
    "tables": ("<table>" + ROWS + "</table>") * 1_500,
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_page_takes_long(name: str) -> None:
    started = time.process_time()
    with suppress(ComposeError):
        text_from_html(inline_styles(HEAVY[name]))
    assert time.process_time() - started < 10


def test_what_an_email_may_hold_is_not_refused() -> None:
    # a framework of styles, of which the page uses some, and a digest of five hundred lines
    framework = "".join(f".used-{n}, .m-{n} p {{ color: red; margin: 0; padding: 0 }}" for n in range(5_000))
    rows = "".join(f'<tr class="used-{n % 90}"><td>a</td><td>b</td><td>c</td></tr>' for n in range(500))
    page = inline_styles(f"<style>{framework}</style><p>Hello</p><table>{rows}</table>")
    assert page.count('style="color: red;margin: 0;padding: 0;"') == 500
    assert text_from_html(page).count("a  b  c") == 500


def test_numbered_lists_go_on_from_their_start() -> None:
    page = inline_styles("<ol start=5><li>a<p>b</p></li><li>c<ol><li>d</li></ol></li><li></li><li>e</li></ol>")
    assert text_from_html(page) == "5. a\n\n   b\n6. c\n   1. d\n8. e\n"
