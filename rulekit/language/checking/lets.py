"""`let`: names that hide no field, and expressions that are right even where nothing uses them yet."""

from collections.abc import Iterable
from dataclasses import replace

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.checking.findings import Findings, attempted
from rulekit.language.checking.names import Declared
from rulekit.language.checking.scope import Budget, Scope
from rulekit.language.checking.walk import written_parts
from rulekit.language.program import FieldType, Schema


def check_let_names(declared: Declared, schema: Schema, findings: Findings) -> None:
    """Reports a `let` with the name of a field: a bare name would mean two things."""
    for name, let in declared.lets.items():
        for record, fields in (("person", schema.person), ("company", schema.company)):
            if (field := _same(name, fields.values())) is not None:
                findings.report(
                    codes.AMBIGUOUS_NAME,
                    f"`let {name}` has the name of a {record} field",
                    let.name.span,
                    "means two things",
                    secondary=(Label(field.span, "the field"),),
                    help="give the `let` another name",
                )


def check_unused_lets(scopes: tuple[Scope, ...]) -> None:
    """Reports what is wrong with a `let` that no condition uses, unless it is right in one of the scopes."""
    declared, findings = scopes[0].declared, scopes[0].findings
    for name in sorted(declared.lets.keys() - used_lets(declared)):
        problems = [_problems(declared.lets[name], scope) for scope in scopes]
        if all(problems):
            for diagnostic in problems[0]:
                findings.add(diagnostic)


def used_lets(declared: Declared) -> set[str]:
    """Returns the names of `let`s that personas and segments use, themselves or through other `let`s."""
    conditions = [persona.condition for persona in declared.personas.values()]
    conditions += [segment.condition for segment in declared.segments.values()]
    waiting = named_lets(conditions, declared)
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting |= named_lets([declared.lets[name].value], declared) - used
    return used


def named_lets(expressions: Iterable[tree.Expression], declared: Declared) -> set[str]:
    """Returns the names of `let`s that stand in the expressions themselves."""
    parts = (part for expression in expressions for part in written_parts(expression))
    return {part.name.text for part in parts if isinstance(part, tree.Reference)} & declared.lets.keys()


def _problems(let: tree.LetDeclaration, scope: Scope) -> list[Diagnostic]:
    trial = Findings(scope.findings.read)
    attempted(replace(scope, findings=trial, budget=Budget()).expression, [let.value])
    return trial.diagnostics


def _same(name: str, fields: Iterable[FieldType]) -> FieldType | None:
    return next((field for field in fields if field.name.casefold() == name.casefold()), None)
