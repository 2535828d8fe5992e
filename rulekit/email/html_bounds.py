"""How much work a page of HTML makes before it is an email: bounded, since a template is anybody's.

Moving styles to elements, and deriving a text, take time that grows faster than the page.
"""

import re
from collections.abc import Iterator

from rulekit.errors import ComposeError

# tags, opening and closing; mail programs cut an email of 102 KB, which has some thousands
MOST_TAGS = 20_000
# declarations in rules that may be about an element of the page, and those times the tags
MOST_DECLARATIONS = 2_000
MOST_STYLED = 4_000_000
_LONG_BLANKS = re.compile(r"[ \t\r\n]{200,}")
_NAMES = re.compile(r"[\w-]+")
_PSEUDO = re.compile(r":[^\s>+~.#\[]*")
_BLANKS = 200


def require_bounded(html: str) -> None:
    """Raises ComposeError for a page of too many tags, or of too many styles for its tags."""
    outside, sheets = _parts(html)
    tags = outside.count("<")
    if tags > MOST_TAGS:
        raise ComposeError(f"its HTML has more than {MOST_TAGS:,} tags", help="make it shorter; link to the rest")
    declarations = sum(_declarations(sheets, frozenset(_NAMES.findall(outside))))
    if declarations > MOST_DECLARATIONS or declarations * tags > MOST_STYLED:
        raise ComposeError(
            f"its {declarations:,} styles are too many for its {tags:,} tags",
            help="leave out the styles that the email does not need",
        )


def shorten_blanks(html: str) -> str:
    """Returns a page without stretches of more than 200 blanks, of which people see one."""
    return _LONG_BLANKS.sub(lambda blanks: blanks[0][:_BLANKS], html)


def _parts(html: str) -> tuple[str, str]:
    """Returns what stands outside of `<style>`, and what stands in it, in small letters."""
    first, *others = html.casefold().split("<style")
    sheets, outside = [], [first]
    for other in others:
        sheet, _, rest = other.partition("</style")
        sheets.append(sheet)
        outside.append(rest)
    return "".join(outside), "".join(sheets)


def _declarations(sheets: str, used: frozenset[str]) -> Iterator[int]:
    """Yields how many declarations each rule has that may be about an element: all its names are in the page."""
    for rule in sheets.split("}"):
        selectors, _, body = rule.rpartition("{")
        names = (_NAMES.findall(_PSEUDO.sub("", selector)) for selector in selectors.split(","))
        if any(map(used.issuperset, names)):
            yield body.count(":")
