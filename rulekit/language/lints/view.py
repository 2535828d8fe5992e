"""What a lint sees of a project."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from rulekit.diagnostics.source import SourceText, Span
from rulekit.language import tree
from rulekit.language.checking.findings import Read
from rulekit.language.program import Program, Trigger, by_template
from rulekit.language.tree.mentions import Named

if TYPE_CHECKING:
    from rulekit.language.checking.templates.template_syntax import ParsedText
    from rulekit.settings.model import Settings

D = TypeVar("D", bound=tree.Declaration)


@dataclass(frozen=True)
class View:
    """The rules of a project: `program` has the declarations that are right, `complete` says whether all are.

    `named` is what declarations other than tests name. `settings` is None when there are none or they are wrong.
    `texts` are the texts of templates that could be read, by the template's name and the part's.
    """

    files: Sequence[tree.File]
    program: Program
    complete: bool
    named: frozenset[Named]
    settings: "Settings | None"
    read: Read
    texts: "Mapping[str, Mapping[str, ParsedText]]" = field(default_factory=dict)

    @property
    def sends(self) -> bool:
        """Returns whether the project has any trigger; one without is for looking at people, or not finished."""
        # every trigger names a template; `files` may hold no trigger where `named` is about more files
        return any(kind == "template" for kind, _ in self.named)

    def is_unused(self, kind: str, name: str) -> bool:
        """Returns whether nothing but tests names a declaration; not known while some declarations are left out."""
        return self.complete and (kind, name) not in self.named

    def sent_by(self, template: str) -> Sequence[Trigger]:
        """Returns the triggers that send a template, in the order of names."""
        return self._senders.get(template, ())

    @cached_property
    def _senders(self) -> Mapping[str, Sequence[Trigger]]:
        return by_template(self.program.triggers.values())

    def declarations(self, kind: type[D]) -> Iterator[D]:
        """Yields the declarations of one kind as they are written, in the order of files and places."""
        return (
            declaration for file in self.files for declaration in file.declarations if isinstance(declaration, kind)
        )

    def source(self, span: Span) -> str:
        """Returns the text at a place exactly as the author wrote it."""
        source = self.read(span.path)
        return source.text[span.start : span.end] if isinstance(source, SourceText) else ""
