"""The names that a project declares: unique per kind, without regard to case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.checking.findings import Findings


class Named(Protocol):
    """A declaration with a name."""

    @property
    def name(self) -> tree.Name:
        """Returns the declared name."""


N = TypeVar("N", bound=Named)
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Declared:
    """Every declaration of a project by kind and name, and the names whose declarations could not be used.

    `broken` is folded to lower case; nothing is reported about a name in it. `person` and `company` stand for their
    records, and every other keyword for a declaration whose very name could not be read.
    """

    person: tree.RecordDeclaration | None
    company: tree.RecordDeclaration | None
    events: Mapping[str, tree.EventDeclaration]
    lets: Mapping[str, tree.LetDeclaration]
    segments: Mapping[str, tree.SegmentDeclaration]
    personas: Mapping[str, tree.PersonaDeclaration]
    templates: Mapping[str, tree.TemplateDeclaration]
    triggers: Mapping[str, tree.TriggerDeclaration]
    broken: frozenset[str]

    def is_broken(self, *names: str) -> bool:
        """Returns whether a declaration of any of the names could not be used."""
        return any(name.casefold() in self.broken for name in names)


def collect_names(files: Sequence[tree.File], findings: Findings) -> Declared:
    """Returns the declarations by name; of two with one name the first counts and the second is reported."""
    every = [declaration for file in files for declaration in file.declarations]
    return Declared(
        person=_only("person", every, findings),
        company=_only("company", every, findings),
        events=unique(_of(tree.EventDeclaration, every), "event", findings),
        lets=unique(_of(tree.LetDeclaration, every), "let", findings),
        segments=unique(_of(tree.SegmentDeclaration, every), "segment", findings),
        personas=unique(_of(tree.PersonaDeclaration, every), "persona", findings),
        templates=unique(_of(tree.TemplateDeclaration, every), "template", findings),
        triggers=unique(_of(tree.TriggerDeclaration, every), "trigger", findings),
        broken=frozenset(name.casefold() for file in files for name in file.broken),
    )


def unique(declarations: Iterable[N], kind: str, findings: Findings) -> dict[str, N]:
    """Returns declarations of one kind by name; a name that was taken is reported."""
    taken: dict[str, N] = {}
    for declaration in declarations:
        name = declaration.name
        first = taken.setdefault(name.text.casefold(), declaration)
        if first is not declaration:
            _report_twice(f"{kind} `{name.text}`", first.name.span, name.span, findings)
    return {declaration.name.text: declaration for declaration in taken.values()}


def _of(kind: type[D], declarations: Iterable[tree.Declaration]) -> list[D]:
    return [declaration for declaration in declarations if isinstance(declaration, kind)]


def _only(record: str, declarations: Iterable[tree.Declaration], findings: Findings) -> tree.RecordDeclaration | None:
    records = [one for one in _of(tree.RecordDeclaration, declarations) if one.record == record]
    for again in records[1:]:
        _report_twice(f"`{again.record}:`", records[0].head, again.head, findings)
    return records[0] if records else None


def _report_twice(what: str, first: Span, again: Span, findings: Findings) -> None:
    findings.report(
        codes.DUPLICATE_NAME,
        f"{what} is declared twice",
        again,
        "declared again, without regard to case",
        secondary=(Label(first, "declared first here"),),
        help="give one of them another name, or remove it",
    )
