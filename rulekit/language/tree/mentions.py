"""Which declarations a declaration names, as written; fields, events and functions are not declarations here."""

from collections.abc import Iterator

from rulekit.language import tree

# the kind of a declaration, as its keyword says it, and its name
Named = tuple[str, str]


def names_in(declaration: tree.Declaration) -> frozenset[Named]:
    """Returns what a declaration names.

    A bare name may be a field as well as a `let`, and `in X` a segment as well as a persona: both are returned.
    """
    match declaration:
        case tree.LetDeclaration():
            return frozenset(_in_expression(declaration.value))
        case tree.SegmentDeclaration():
            return frozenset(_in_expression(declaration.condition))
        case tree.PersonaDeclaration():
            return frozenset([*_in_expression(declaration.condition), *_formerly("persona", declaration.was)])
        case tree.TriggerDeclaration():
            return frozenset([*_in_trigger(declaration), *_formerly("trigger", declaration.was)])
        case tree.TestDeclaration():
            return frozenset(_in_test(declaration))
        case _:
            return frozenset()


def _in_expression(expression: tree.Expression) -> Iterator[Named]:
    for part in tree.written_parts(expression):
        if isinstance(part, tree.Reference):
            yield "let", part.name.text
        elif isinstance(part, tree.InSet):
            yield "segment", part.name.text
            yield "persona", part.name.text


def _formerly(kind: str, was: tree.Name | None) -> Iterator[Named]:
    if was is not None:
        yield kind, was.text


def _in_trigger(trigger: tree.TriggerDeclaration) -> Iterator[Named]:
    yield "persona", trigger.persona.text
    yield "template", trigger.template.text
    if trigger.segment is not None:
        yield "segment", trigger.segment.text


def _in_test(test: tree.TestDeclaration) -> Iterator[Named]:
    for statement in test.statements:
        for step in statement.steps if isinstance(statement, tree.Moment) else ():
            if isinstance(step, tree.ExpectMember):
                yield "persona", step.group.text
                yield "segment", step.group.text
            else:
                yield "template", step.template.text
