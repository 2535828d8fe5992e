"""Which lines of a template leave nothing behind: those that hold only tags, or that tags have left empty.

Jinja2 takes the line end after a tag away wherever the tag stands, and the indentation before one. Where a line holds
more, both belong to the text: in Markdown they tell items, paragraphs and nested lists apart.
"""

import re
from collections.abc import Iterator

from jinja2 import Environment

_BEGIN = frozenset({"block_begin", "comment_begin"})
_END = frozenset({"block_end", "comment_end"})
# `raw` stands whole in one token; no sign keeps the line end after it, and nothing takes it away
_WHOLE = {"raw_begin": False, "raw_end": True}
# stands after the last tag of a line with text, and tells once it is rendered that the line may be there for nothing
_MARK = "\U0010fdff"
_EMPTY = re.compile(rf"^(?:[ \t]*{_MARK})+[ \t]*(?:\n|\Z)", re.MULTILINE)

Tag = tuple[int, int, bool]
Sign = tuple[int, str]


def keep_lines(source: str, environment: Environment) -> str:
    """Returns a template with a `+` in each tag that shares its line with text, so that Jinja2 leaves that line whole.

    Lines keep their numbers; what is rendered goes through `drop_empty_lines`. Raises TemplateSyntaxError for a text
    that is no template.
    """
    text = re.sub("\r\n|\r", "\n", source)
    if environment.block_start_string not in text and environment.comment_start_string not in text:
        return text
    pieces, done = [], 0
    for place, sign in _signs(text, list(_tags(text, environment))):
        pieces += [text[done:place], sign]
        done = place
    return "".join([*pieces, text[done:]])


def drop_empty_lines(rendered: str) -> str:
    """Returns what was rendered without the lines that tags have left empty."""
    return _EMPTY.sub("", rendered).replace(_MARK, "") if _MARK in rendered else rendered


def _tags(text: str, environment: Environment) -> Iterator[Tag]:
    """Yields where each tag begins and ends, and whether a `+` may stand at its end."""
    at = began = 0
    for _, kind, token in environment.lexer.tokeniter(text, None):
        at = text.index(token, at)  # `{%-` has swallowed the white space between
        end = at + len(token.rstrip())
        if kind in _WHOLE:
            yield at, end, _WHOLE[kind]
        elif kind in _BEGIN:
            began = at
        elif kind in _END:
            yield began, end, True
        at += len(token)


def _signs(text: str, tags: list[Tag]) -> Iterator[Sign]:
    """Yields what is to be put where, line after line."""
    on_line: list[Tag] = []
    done, is_text = 0, False
    for tag in [*tags, None]:
        first, *others = text[done : tag[0] if tag else len(text)].split("\n")
        is_text |= bool(first.strip())
        if others or tag is None:
            yield from _signs_of_line(text, on_line if is_text else [], ends_with_tag=not first.strip())
            on_line, is_text = [], bool(others and others[-1].strip())
        if tag:
            on_line.append(tag)
            done = tag[1]


def _signs_of_line(text: str, tags: list[Tag], *, ends_with_tag: bool) -> Iterator[Sign]:
    for begin, end, may_end in tags:
        if text[begin + 2] not in "+-":
            yield begin + 2, "+"
        if may_end and text[end - 3] not in "+-":
            yield end - 2, "+"
    if tags and ends_with_tag and text[tags[-1][1] - 3] != "-":
        yield tags[-1][1], _MARK
