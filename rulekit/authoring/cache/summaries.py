"""From the tree of a file to what the cache keeps of it."""

from collections.abc import Iterator

from rulekit.authoring.cache.units import FILE, FileUnits, Key, Unit, digest
from rulekit.diagnostics.source import SourceText
from rulekit.language import tree
from rulekit.language.checking.templates.template_parts import BODIES, is_path
from rulekit.language.tree.mentions import names_in

_KINDS: dict[type, str] = {
    tree.EventDeclaration: "event",
    tree.LetDeclaration: "let",
    tree.SegmentDeclaration: "segment",
    tree.PersonaDeclaration: "persona",
    tree.TemplateDeclaration: "template",
    tree.TriggerDeclaration: "trigger",
}


def summarise(file: tree.File, source: SourceText) -> FileUnits:
    """Returns the declarations of a file as units."""
    return FileUnits(file.path, digest(source.text), tuple(_unit(d, source) for d in file.declarations))


def key_of(declaration: tree.Declaration) -> Key:
    """Returns the kind and name of a declaration; a test is known by its file and title."""
    match declaration:
        case tree.RecordDeclaration():
            return declaration.record, ""
        case tree.TestDeclaration():
            return "test", f"{declaration.span.path}: {declaration.title.text}"
        case _:
            return _KINDS[type(declaration)], declaration.name.text


def _unit(declaration: tree.Declaration, source: SourceText) -> Unit:
    span = declaration.span
    names = frozenset({*names_in(declaration), *_files(declaration)})
    return Unit(key_of(declaration), span.start, span.end, digest(source.text[span.start : span.end]), names)


def _files(declaration: tree.Declaration) -> Iterator[Key]:
    for part in declaration.parts if isinstance(declaration, tree.TemplateDeclaration) else ():
        if part.name.text in BODIES and is_path(part.value.text):
            yield FILE, part.value.text
