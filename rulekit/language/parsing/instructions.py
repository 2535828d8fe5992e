"""Where comments speak to rulekit: `# rulekit: …` in rules, `{# rulekit: … #}` in the file of a template."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rulekit.diagnostics.source import SourceText, Span

if TYPE_CHECKING:
    from rulekit.language import tree

# the colon may be forgotten: prose hardly begins with these words
_MEANT = re.compile(r"rulekit:|rulekit\s+(?:file-)?ignore\b")
_IN_TEMPLATE = re.compile(r"\{#-?\s*(?P<text>rulekit:.*?)\s*-?#\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A comment that speaks to rulekit: `text` and its place begin with `rulekit`.

    `about` is the stretch of the file that it stands at, or None; `on_top` says that nothing but comments is above it.
    `removal` is what goes when it goes, and `quiet` says that nothing else changes then. `certain` is False where
    what it stands at could not be read.
    """

    text: str
    place: Span
    about: Span | None
    file: Span
    on_top: bool
    removal: Span
    quiet: bool = True
    certain: bool = True


def in_rules(file: "tree.File", source: SourceText) -> Iterator[Instruction]:
    """Yields the instructions in a file of rules.

    One in the block of comments directly above a declaration is about the declaration, one behind something about its
    line.
    """
    comments = [comment for comment in file.comments if _MEANT.match(comment.text.lstrip())]
    if comments:
        below = _declarations_below(file, source)
        yield from (_rules_instruction(comment, below, file, source) for comment in comments)


def in_template(source: SourceText) -> Iterator[Instruction]:
    """Yields the instructions in the file of a template; each is about its line, or all lines that it spans."""
    for match in _IN_TEMPLATE.finditer(source.text):
        start, end = match.span()
        on_top = not _IN_TEMPLATE.sub("", source.text[:start]).strip()
        # a `-` takes the white space beside the comment away, so without it the email would change
        quiet = "{#-" not in match[0] and "-#}" not in match[0]
        place, removal = Span(source.path, *match.span("text")), Span(source.path, start, end)
        about = Span(source.path, _line_start(source, start), _line_end(source, end))
        yield Instruction(match["text"], place, about, _whole(source), on_top, removal, quiet)


def _declarations_below(file: "tree.File", source: SourceText) -> dict[int, Span]:
    """Returns the declaration that a comment on a line belongs to, by the number of the line."""
    alone = {source.position(comment.span.start).line for comment in file.comments if comment.alone}
    below: dict[int, Span] = {}
    for declaration in file.declarations:
        line = source.position(declaration.span.start).line - 1
        while line in alone:
            below[line] = declaration.span
            line -= 1
    return below


def _rules_instruction(
    comment: "tree.Comment", below: dict[int, Span], file: "tree.File", source: SourceText
) -> Instruction:
    path, start, end = source.path, comment.span.start, comment.span.end
    line_start = _line_start(source, start)
    if comment.alone:
        about = below.get(source.position(start).line)
        removal = Span(path, line_start, min(_line_end(source, end) + 1, len(source.text)))
    else:
        about = Span(path, line_start, start)
        removal = Span(path, len(source.text[:start].rstrip(" \t")), end)
    on_top = all(not row.strip() or row.lstrip().startswith("#") for row in source.text[:start].splitlines())
    text = comment.text.lstrip()
    begin = source.text.index(text, start)
    place = Span(path, begin, begin + len(text))
    return Instruction(text, place, about, _whole(source), on_top, removal, certain=not file.broken)


def _whole(source: SourceText) -> Span:
    return Span(source.path, 0, len(source.text))


def _line_start(source: SourceText, offset: int) -> int:
    return offset - source.position(offset).column + 1


def _line_end(source: SourceText, offset: int) -> int:
    found = source.text.find("\n", offset)
    return len(source.text) if found < 0 else found
