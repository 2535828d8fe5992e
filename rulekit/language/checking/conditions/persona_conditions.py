"""Personas and segments: their conditions, typed and without names of `let`."""

from dataclasses import replace

from rulekit.language import tree
from rulekit.language.checking.findings import attempted
from rulekit.language.checking.names.renames import previous_names
from rulekit.language.checking.names.scope import LetBudget, Scope
from rulekit.language.program import Persona, Segment


def check_personas(scope: Scope) -> dict[str, Persona]:
    """Returns the personas without errors, in the order of names."""
    declared = scope.declared.personas
    was = previous_names(declared, "persona", scope.findings)

    def check(persona: tree.PersonaDeclaration) -> Persona:
        condition = replace(scope, budget=LetBudget()).condition(persona.condition)
        name = persona.name.text
        return Persona(name, persona.title.text if persona.title else name, condition, was.get(name), persona.span)

    return {persona.name: persona for persona in attempted(check, [declared[name] for name in sorted(declared)])}


def check_segments(scope: Scope) -> dict[str, Segment]:
    """Returns the segments without errors, in the order of names."""
    declared = scope.declared.segments

    def check(segment: tree.SegmentDeclaration) -> Segment:
        condition = replace(scope, budget=LetBudget()).condition(segment.condition)
        name = segment.name.text
        return Segment(name, segment.title.text if segment.title else name, condition, segment.span)

    return {segment.name: segment for segment in attempted(check, [declared[name] for name in sorted(declared)])}
