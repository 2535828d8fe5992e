"""Missing values: a comparison of a field that may be missing decides silently who is in, so it is asked about.

`is missing`, `is present` or `default` for the same field in the same persona or segment is a decision.
"""

from collections import defaultdict
from typing import Literal as OneOf

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language.checking.findings import Findings
from rulekit.language.checking.walk import decided, leaves, needed, operands
from rulekit.language.expressions import Comparison, Condition, Field, Operator
from rulekit.language.program import Schema

Compared = tuple[Condition, bool]


def check_missing(condition: Condition, who: OneOf["people", "companies"], schema: Schema, findings: Findings) -> None:
    """Warns once for every undecided field of a persona (`who` people) or segment (companies)."""
    settled = decided(condition)
    undecided: dict[Field, list[Compared]] = defaultdict(list)
    for leaf, negated in leaves(condition):
        fields = frozenset[Field]().union(*map(needed, operands(leaf)))
        for field in sorted(fields - settled, key=lambda field: (field.owner, field.name)):
            if _may_be_missing(field, schema):
                undecided[field].append((leaf, negated))
    for field, compared in undecided.items():
        _report(field, compared, who, schema, findings)


def _may_be_missing(field: Field, schema: Schema) -> bool:
    declared = schema.person if field.owner == "person" else schema.company
    return declared[field.name].optional


def _report(field: Field, compared: list[Compared], who: str, schema: Schema, findings: Findings) -> None:
    name = _written(field, who, findings)
    swept = _sweeps_in(*compared[0])
    effect = "swept in" if swept else "left out"
    declared = schema.person if field.owner == "person" else schema.company
    findings.report(
        codes.UNDECIDED_MISSING,
        f"{who} without `{name}` are {effect}",
        compared[0][0].span,
        f"{'true' if swept else 'false'} where `{name}` is missing",
        secondary=(Label(declared[field.name].span, "may be missing"),),
        help=f"decide with `{name} is present`, `{name} is missing` or `default({name}, …)`",
        fixes=_fixes(name, compared, who, findings),
    )


def _written(field: Field, who: str, findings: Findings) -> str:
    source = findings.source(field.span)
    if source.rpartition(".")[2].strip("`") == field.name:
        return source
    return f"company.{field.name}" if field.owner == "company" and who == "people" else field.name


def _sweeps_in(condition: Condition, negated: bool) -> bool:
    return _holds_when_missing(condition) is not negated


def _holds_when_missing(condition: Condition) -> bool:
    return isinstance(condition, Comparison) and condition.operator is Operator.NE


def _fixes(name: str, compared: list[Compared], who: str, findings: Findings) -> tuple[Fix, Fix]:
    swept = _sweeps_in(*compared[0])
    alike = all(_sweeps_in(*one) is swept for one in compared)
    leave_out = Fix(
        f"leave out {who} without `{name}`", _edits(name, compared, False, findings), safe=alike and not swept
    )
    sweep_in = Fix(f"include {who} without `{name}`", _edits(name, compared, True, findings), safe=alike and swept)
    return (sweep_in, leave_out) if swept else (leave_out, sweep_in)


def _edits(name: str, compared: list[Compared], include: bool, findings: Findings) -> tuple[Edit, ...]:
    edits: dict[Span, Edit] = {}
    for condition, negated in compared:
        written = findings.source(condition.span)
        # inside `not`, what must come out true for a missing value has to be false
        test = f"{name} is missing or" if include is not negated else f"{name} is present and"
        edits[condition.span] = Edit(condition.span, f"({test} {written})")
    return tuple(edits.values())
