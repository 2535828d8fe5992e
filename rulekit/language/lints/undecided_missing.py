"""Missing values: a comparison of a field that may be missing decides silently who is in, so it is asked about.

`is missing`, `is present` or `default` for the same field in the same persona or segment is a decision.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language.checking.walk import decided, leaves, needed, operands
from rulekit.language.expressions import And, Comparison, Condition, Field, Not, Operator, Or
from rulekit.language.lints.junctions import personas, segments
from rulekit.language.lints.view import View
from rulekit.language.program import Schema


@dataclass(frozen=True, slots=True)
class Compared:
    """A condition with a field that may be missing; `negated`: an odd number of `not` is around it.

    `opposite`: its own words say the opposite of it, as those of `x not in (…)` do.
    """

    condition: Condition
    negated: bool
    opposite: bool

    @property
    def sweeps_in(self) -> bool:
        """Returns whether it counts for a person without the value."""
        holds = isinstance(self.condition, Comparison) and self.condition.operator is Operator.NE
        return holds is not self.negated

    @property
    def words_negated(self) -> bool:
        """Returns whether an odd number of `not` is around its words."""
        return self.negated is not self.opposite


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for every undecided field of each persona (about people) and segment (about companies)."""
    for judged in segments(view):
        yield from _undecided(judged.condition, "companies", view)
    for judged in personas(view):
        yield from _undecided(judged.condition, "people", view)


def _undecided(condition: Condition, who: str, view: View) -> Iterator[Diagnostic]:
    settled = decided(condition)
    opposites = frozenset(_opposites(condition))
    undecided: dict[Field, list[Compared]] = defaultdict(list)
    for leaf, negated in leaves(condition):
        fields = frozenset[Field]().union(*map(needed, operands(leaf)))
        for field in sorted(fields - settled, key=lambda field: (field.owner, field.name)):
            if _may_be_missing(field, view.program.schema):
                undecided[field].append(Compared(leaf, negated, leaf.span in opposites))
    for field, compared in undecided.items():
        yield _report(field, compared, who, view)


def _opposites(condition: Condition) -> Iterator[Span]:
    """Yields where the words of a condition hold its `not`: both have one place then."""
    match condition:
        case And() | Or():
            for part in condition.operands:
                yield from _opposites(part)
        case Not():
            if condition.span == condition.operand.span:
                yield condition.span
            yield from _opposites(condition.operand)


def _may_be_missing(field: Field, schema: Schema) -> bool:
    declared = schema.person if field.owner == "person" else schema.company
    return declared[field.name].optional


def _report(field: Field, compared: list[Compared], who: str, view: View) -> Diagnostic:
    name = _written(field, who, view)
    swept = compared[0].sweeps_in
    effect = "swept in" if swept else "left out"
    schema = view.program.schema
    declared = schema.person if field.owner == "person" else schema.company
    return Diagnostic(
        codes.UNDECIDED_MISSING,
        f"{who} without `{name}` are {effect}",
        Label(compared[0].condition.span, f"{'true' if swept else 'false'} where `{name}` is missing"),
        secondary=(Label(declared[field.name].span, "may be missing"),),
        help=f"decide with `{name} is present`, `{name} is missing` or `default({name}, …)`",
        fixes=_fixes(name, compared, who, view),
    )


def _written(field: Field, who: str, view: View) -> str:
    source = view.source(field.span)
    if source.rpartition(".")[2].strip("`") == field.name:
        return source
    return f"company.{field.name}" if field.owner == "company" and who == "people" else field.name


def _fixes(name: str, compared: list[Compared], who: str, view: View) -> tuple[Fix, Fix]:
    swept = compared[0].sweeps_in
    alike = all(one.sweeps_in is swept for one in compared)
    leave_out = Fix(f"leave out {who} without `{name}`", _edits(name, compared, False, view), safe=alike and not swept)
    sweep_in = Fix(f"include {who} without `{name}`", _edits(name, compared, True, view), safe=alike and swept)
    return (sweep_in, leave_out) if swept else (leave_out, sweep_in)


def _edits(name: str, compared: list[Compared], include: bool, view: View) -> tuple[Edit, ...]:
    edits: dict[Span, Edit] = {}
    for one in compared:
        span = one.condition.span
        # inside `not`, what must come out true for a missing value has to be false
        test = f"{name} is missing or" if include is not one.words_negated else f"{name} is present and"
        edits[span] = Edit(span, f"({test} {view.source(span)})")
    return tuple(edits.values())
