"""The text part of an email that has none of its own: what its HTML says to people, without pictures and layout."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from markdownify import ATX, MarkdownConverter

from rulekit.email.html_bounds import shorten_blanks
from rulekit.errors import ComposeError

_BLOCKS = ["p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"]
_BLANK_LINES = re.compile(r"\n{3,}")
# of a wider table the columns are not brought into line
_WIDTH = 76
# stand after each cell and each row until the table is laid out
_CELL, _ROW = "\x1f", "\x1e"


class _TextFromHtml(MarkdownConverter):
    """HTML as text for people: links kept, what is not shown left out, tables in columns.

    Emails use tables for layout as well. Those are known by blocks within their cells, or by a single column; there a
    cell with blocks in it becomes a block, any other a stretch of its row.
    """

    def convert_soup(self, soup: Any) -> Any:
        """Returns the text of a parsed page."""
        for table in [table for table in soup.find_all("table") if _is_layout(table)]:
            for part in _parts(table):
                _unmake(part)
            table.name = "div"
        for number, item in _numbered(soup):
            item["value"] = str(number)
        return super().convert_soup(soup)

    def convert_li(self, element: Any, text: str, parent_tags: set[str]) -> str:
        """Returns an item of a list; one of a numbered list begins with its number, and its lines stand below it."""
        number = element.get("value") if element.parent is not None and element.parent.name == "ol" else None
        if number is None or not text.strip():
            return str(super().convert_li(element, text, parent_tags))  # type: ignore[misc]  # comes without types
        first, *others = text.strip().splitlines()
        bullet = f"{number}. "
        return "\n".join([bullet + first, *((" " * len(bullet) + line) if line else "" for line in others)]) + "\n"

    def convert_td(self, _element: Any, text: str, **_: Any) -> str:
        """Returns a cell, on one line."""
        return " ".join(text.split()) + _CELL

    convert_th = convert_td

    def convert_tr(self, _element: Any, text: str, **_: Any) -> str:
        """Returns a row of cells."""
        return text + _ROW

    def convert_table(self, element: Any, text: str, **_: Any) -> str:
        """Returns a table in columns; a heading has a line below it."""
        rows = [[cell.strip() for cell in row.split(_CELL)[:-1]] for row in text.split(_ROW)[:-1]]
        return "\n\n" + "\n".join(_lay_out(rows, has_heading=element.find("th") is not None)) + "\n\n"

    def convert_img(self, element: Any, _text: str, **_: Any) -> str:
        """Returns what an image says about itself."""
        return str(element.get("alt", ""))

    def _leave_out(self, _element: Any, _text: str, **_: Any) -> str:
        return ""

    convert_head = convert_title = convert_style = convert_script = convert_template = _leave_out


def _numbered(soup: Any) -> Iterator[tuple[int, Any]]:
    """Yields the items of numbered lists with their numbers; to count for each those before it takes long."""
    for list_ in soup.find_all("ol"):
        start = list_.get("start", "")
        yield from enumerate(
            list_.find_all("li", recursive=False), int(start) if re.fullmatch(r"\d{1,9}", start) else 1
        )


def _is_layout(table: Any) -> bool:
    rows = table.find_all("tr")
    return table.find(_BLOCKS) is not None or all(len(row.find_all(["td", "th"])) < 2 for row in rows)


def _parts(table: Any) -> list[Any]:
    """Returns what a table is made of, without that of tables within it."""
    found = table.find_all(["thead", "tbody", "tfoot", "tr", "td", "th"])
    return [part for part in found if part.find_parent("table") is table]


def _unmake(part: Any) -> None:
    """Makes a part of a table what it stands for without one."""
    if part.name in ("td", "th"):
        part.name = "span" if part.find(_BLOCKS) is None else "div"
        part.append(" ")
        return
    part.name = "div"
    for between in part.find_all(string=str.isspace, recursive=False):
        between.extract()


def _lay_out(rows: Sequence[Sequence[str]], *, has_heading: bool) -> Iterator[str]:
    columns = list(zip_longest(*rows, fillvalue=""))
    widths = [max(map(len, column)) for column in columns]
    fits = sum(widths) + 2 * len(widths) <= _WIDTH
    for number, row in enumerate(rows):
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join(padded).rstrip() if fits else " | ".join(filter(None, row))
        if number == 0 and has_heading:
            yield "  ".join("-" * width for width in widths) if fits else "-" * _WIDTH


# people in tests are alike, and emails that name nobody are the same
@lru_cache(maxsize=64)
def text_from_html(page: str) -> str:
    """Returns the text part for a well-formed page that has none of its own."""
    try:
        text = _TextFromHtml(heading_style=ATX, bullets="-", escape_asterisks=False, escape_underscores=False).convert(
            shorten_blanks(page)
        )
    except RecursionError:
        raise ComposeError(
            "its HTML is nested too deeply", help="make the HTML flatter, or write a text part"
        ) from None
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip() + "\n"
