"""What a lint sees of a project."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rulekit.diagnostics.source import SourceText, Span
from rulekit.language import tree
from rulekit.language.checking.findings import Read
from rulekit.language.naming import Named
from rulekit.language.program import Program

if TYPE_CHECKING:
    from rulekit.settings import Settings

D = TypeVar("D", bound=tree.Declaration)


@dataclass(frozen=True, slots=True)
class View:
    """The rules of a project: `program` has the declarations that are right, `complete` says whether all are.

    `named` is what declarations other than tests name. `settings` is None when there are none or they are wrong.
    """

    files: Sequence[tree.File]
    program: Program
    complete: bool
    named: frozenset[Named]
    settings: "Settings | None"
    read: Read

    def declarations(self, kind: type[D]) -> Iterator[D]:
        """Yields the declarations of one kind as they are written, in the order of files and places."""
        return (
            declaration for file in self.files for declaration in file.declarations if isinstance(declaration, kind)
        )

    def source(self, span: Span) -> str:
        """Returns the text at a place exactly as the author wrote it."""
        source = self.read(span.path)
        return source.text[span.start : span.end] if isinstance(source, SourceText) else ""
