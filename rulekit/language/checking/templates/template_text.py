"""The text of a template and its places: where a name that jinja2 saw in some line stands in the author's file."""

import re
from dataclasses import dataclass

from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.checking.findings import Read
from rulekit.language.program import TemplateText


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A template's text with the offset of its first character in a file, or None where escapes moved the rest."""

    source: SourceText
    whole: Span
    offset: int | None

    def find(self, line: int, pattern: str) -> Span:
        """Returns the first match of a pattern in a line, or the line itself; the whole text when lines are unknown."""
        start = self.source.start(line)
        if self.offset is None or start is None:
            return self.whole
        content = self.source.line(line)
        match = re.search(pattern, content) or re.search(r"\S(?:.*\S)?", content)
        first, last = match.span(match.lastindex or 0) if match else (0, len(content))
        return Span(self.whole.path, self.offset + start + first, self.offset + start + last)

    def at(self, start: int, end: int) -> Span:
        """Returns the place of a stretch of the text, or the whole text when its places are unknown."""
        return self.whole if self.offset is None else Span(self.whole.path, self.offset + start, self.offset + end)

    def find_member(self, line: int, member: tuple[str, str]) -> Span:
        """Returns the place of `owner.name` in a line, or the line itself."""
        owner, name = map(re.escape, member)
        return self.find(line, rf"\b{owner}\s*(?:\.\s*{name}\b|\[\s*[\"']{name}[\"']\s*\])")


def placed(text: TemplateText, read: Read) -> PlacedText:
    """Returns a template's text ready to be pointed into."""
    source = SourceText(text.path or text.span.path, text.text)
    if text.path is not None:
        return PlacedText(source, Span(text.path, 0, len(text.text)), 0)
    inside = Span(text.span.path, text.span.start + 1, text.span.end - 1)
    file = read(text.span.path)
    as_written = isinstance(file, SourceText) and file.text[inside.start : inside.end] == text.text
    return PlacedText(source, inside if as_written else text.span, inside.start if as_written else None)
