"""Comments that document: a block of whole-line comments directly above a declaration belongs to it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rulekit.diagnostics.source import SourceText
from rulekit.language import tree
from rulekit.language.parsing.words import Word

Documented = tree.SegmentDeclaration | tree.PersonaDeclaration | tree.TemplateDeclaration | tree.TriggerDeclaration

# comments that speak to rulekit are no documentation
INSTRUCTION = "rulekit:"


@dataclass(frozen=True, slots=True)
class Documentation:
    """The whole-line comments of a file by line number."""

    source: SourceText
    lines: Mapping[int, str]

    def attach(self, declaration: tree.Declaration) -> tree.Declaration:
        """Returns the declaration with the block above it, where its kind keeps one."""
        if not isinstance(declaration, Documented) or not self.lines:
            return declaration
        line = self.source.position(declaration.span.start).line - 1
        block: list[str] = []
        while line in self.lines:
            block.append(self.lines[line])
            line -= 1
        said = [text for text in reversed(block) if not text.startswith(INSTRUCTION)]
        return replace(declaration, comment="\n".join(said)) if said else declaration


def read_comments(source: SourceText, words: Sequence[Word]) -> Iterator[tree.Comment]:
    """Yields the comments that these words are."""
    for word in words:
        line_start = word.span.start - source.position(word.span.start).column + 1
        alone = not source.text[line_start : word.span.start].strip()
        yield tree.Comment(word.text[1:].removeprefix(" ").rstrip(), word.span, alone)


def documentation(source: SourceText, comments: Iterable[tree.Comment]) -> Documentation:
    """Returns the comments that stand alone on their line."""
    return Documentation(source, {source.position(c.span.start).line: c.text for c in comments if c.alone})
