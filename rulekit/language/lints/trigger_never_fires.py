"""A trigger whose persona and segment exclude each other: each has members, and nobody is in both."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import reasoning, tree
from rulekit.language.lints.chains import never
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import InSegment
from rulekit.records import Edge


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each trigger of joining people that can be seen to fire for nobody."""
    for declaration in view.declarations(tree.TriggerDeclaration):
        trigger = view.program.triggers.get(declaration.name.text)
        if trigger is None or declaration.segment is None or trigger.edge is not Edge.TAGGED:
            continue
        persona = view.program.personas.get(trigger.persona)
        segment = view.program.segments.get(declaration.segment.text)
        if persona is None or segment is None or never(persona.condition) or never(segment.condition):
            continue  # that was reported where it is
        if reasoning.excludes(persona.condition, segment.condition, InSegment(segment.name)):
            yield Diagnostic(
                codes.TRIGGER_NEVER_FIRES,
                f"trigger `{trigger.name}` can never fire",
                Label(declaration.segment.span, f"no company of people in `{persona.name}` is in this segment"),
                secondary=(Label(persona.span, "the persona"), Label(segment.span, "the segment")),
                help="choose another segment, or mend one of the two conditions",
            )
