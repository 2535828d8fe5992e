"""Missing values: a comparison of a field that may be missing decides silently who is in, so it is asked about.

`is missing`, `is present` or `default` for the same field in the same persona or segment is a decision. What a person's
company did, and its fields, are missing where there is no company: that is decided with `company is present`.

Nobody is surprised that `plan = "pro"`, `tags contains "a"` or `vip` leave out who has no such value: they name the one
that they let in. What is compared by order or with nothing (`= 0`, `= ""`, `= false`), and all that sweeps people in,
is asked about.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language.checking.conditions.needs import Needed, decided, required
from rulekit.language.expression_parts import leaves
from rulekit.language.lints.chains import personas, segments
from rulekit.language.lints.view import View
from rulekit.language.program import Schema
from rulekit.language.typed_expressions import (
    And,
    Company,
    Comparison,
    Condition,
    Constant,
    Field,
    InList,
    Not,
    Operator,
    Or,
    TextTest,
)


@dataclass(frozen=True, slots=True)
class ComparedField:
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
    def names_a_value(self) -> bool:
        """Returns whether it says itself which values it is about, as `plan = "pro"` does."""
        match self.condition:
            case Comparison(operator=Operator.EQ, left=left, right=right):
                return any(
                    isinstance(side, Constant) and (side.value is True or _is_said(side)) for side in (left, right)
                )
            case InList():
                return all(map(_is_said, self.condition.items))
            case _:
                return isinstance(self.condition, TextTest)

    @property
    def words_negated(self) -> bool:
        """Returns whether an odd number of `not` is around its words."""
        return self.negated is not self.opposite


def _is_said(constant: Constant) -> bool:
    """Returns whether it is a text with something in it: the empty one may be written for a missing one."""
    return isinstance(constant.value, str) and constant.value != ""


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for every undecided field of each persona (about people) and segment (about companies)."""
    for judged in segments(view):
        yield from _undecided(judged.condition, "companies", view)
    for judged in personas(view):
        yield from _undecided(judged.condition, "people", view)


def _undecided(condition: Condition, who: str, view: View) -> Iterator[Diagnostic]:
    settled = decided(condition)
    # who has a value of the company has a company
    settled |= {Company() for one in settled if isinstance(one, Field) and one.owner == "company"}
    opposites = frozenset(_opposites(condition))
    undecided: dict[Field | Company, list[ComparedField]] = defaultdict(list)
    for leaf, negated in leaves(condition):
        compared = ComparedField(leaf, negated, leaf.span in opposites)
        for one in sorted(_asked_about(compared, who, view.program.schema) - settled, key=_in_order):
            undecided[one].append(compared)
    for one, all_compared in undecided.items():
        yield _report(one, all_compared, who, view)


def _asked_about(compared: ComparedField, who: str, schema: Schema) -> Needed:
    """Returns what may be missing from a condition and is not plainly left out."""
    if compared.names_a_value and not compared.sweeps_in:
        return frozenset()
    return frozenset(one for value in required(compared.condition) for one in _lacking(value, compared, who, schema))


def _lacking(value: Field | Company, compared: ComparedField, who: str, schema: Schema) -> Iterator[Field | Company]:
    if isinstance(value, Field) and _may_be_missing(value, schema):
        yield value
    elif who == "people" and (isinstance(value, Company) or (value.owner == "company" and compared.sweeps_in)):
        yield Company(value.span)


def _in_order(one: Field | Company) -> tuple[str, str]:
    return ("company", "") if isinstance(one, Company) else (one.owner, one.name)


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


def _report(one: Field | Company, compared: list[ComparedField], who: str, view: View) -> Diagnostic:
    name = _written(one, who, view)
    lacked = "a company" if isinstance(one, Company) else f"`{name}`"
    swept = compared[0].sweeps_in
    effect = "swept in" if swept else "left out"
    default = "" if isinstance(one, Company) else f" or `default({name}, …)`"
    joint = " or " if isinstance(one, Company) else ", "
    return Diagnostic(
        codes.UNDECIDED_MISSING,
        f"{who} without {lacked} are {effect}",
        Label(compared[0].condition.span, f"{'true' if swept else 'false'} where `{name}` is missing"),
        secondary=_declared_at(one, view.program.schema),
        help=f"decide with `{name} is present`{joint}`{name} is missing`{default}",
        fixes=_fixes(name, lacked, compared, who, view),
    )


def _declared_at(one: Field | Company, schema: Schema) -> tuple[Label, ...]:
    if isinstance(one, Company):
        return ()
    declared = schema.person if one.owner == "person" else schema.company
    return (Label(declared[one.name].span, "may be missing"),)


def _written(field: Field | Company, who: str, view: View) -> str:
    if isinstance(field, Company):
        return "company"
    source = view.source(field.span)
    if source.rpartition(".")[2].strip("`") == field.name:
        return source
    return f"company.{field.name}" if field.owner == "company" and who == "people" else field.name


def _fixes(name: str, lacked: str, compared: list[ComparedField], who: str, view: View) -> tuple[Fix, Fix]:
    swept = compared[0].sweeps_in
    alike = all(one.sweeps_in is swept for one in compared)
    leave_out = Fix(f"leave out {who} without {lacked}", _edits(name, compared, False, view), safe=alike and not swept)
    sweep_in = Fix(f"include {who} without {lacked}", _edits(name, compared, True, view), safe=alike and swept)
    return (sweep_in, leave_out) if swept else (leave_out, sweep_in)


def _edits(name: str, compared: list[ComparedField], include: bool, view: View) -> tuple[Edit, ...]:
    edits: dict[Span, Edit] = {}
    for one in compared:
        span = one.condition.span
        # inside `not`, what must come out true for a missing value has to be false
        test = f"{name} is missing or" if include is not one.words_negated else f"{name} is present and"
        edits[span] = Edit(span, f"({test} {view.source(span)})")
    return tuple(edits.values())
