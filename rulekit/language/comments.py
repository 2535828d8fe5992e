"""Comments that document: a block of whole-line comments directly above a declaration belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rulekit.diagnostics.source import SourceText
from rulekit.language import tree
from rulekit.language.words import Word

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


def documentation(source: SourceText, comments: Sequence[Word]) -> Documentation:
    """Returns the comments that stand alone on their line, without `#` and the space after it."""
    lines: dict[int, str] = {}
    for comment in comments:
        place = source.position(comment.span.start)
        if not source.text[comment.span.start - place.column + 1 : comment.span.start].strip():
            lines[place.line] = comment.text[1:].removeprefix(" ").rstrip()
    return Documentation(source, lines)
