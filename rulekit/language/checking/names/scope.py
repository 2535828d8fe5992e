"""What an expression may see at its place, and how one expression is checked inside another.

The scope of a persona has the person's fields as bare names, that of a segment the company's, that of `where` the
event's properties. A `let` is read as if its expression stood in place of its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf
from typing import NoReturn, TypeAlias

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree, typed_expressions
from rulekit.language.checking.findings import Findings, Reported
from rulekit.language.checking.names.declared_names import Declared
from rulekit.language.program import FieldType, Schema
from rulekit.language.typed_expressions import Comparison, Condition, Constant, Operator, Value
from rulekit.language.types import BOOL, Kind, Type

# brackets nest at most 64 deep, and `let` may add to that; the limit keeps every walk clear of Python's own
DEEPEST = 100
# names of `let` that one declaration may fill in, counted with those inside other `let`s
MOST_LETS = 1000

Checked: TypeAlias = Value | Condition
Check: TypeAlias = Callable[[tree.Expression, "Scope"], Checked]
VALUES = (
    typed_expressions.Constant,
    typed_expressions.Field,
    typed_expressions.Company,
    typed_expressions.Age,
    typed_expressions.Midnight,
    typed_expressions.Arithmetic,
    typed_expressions.Negative,
    typed_expressions.Lower,
    typed_expressions.Default,
    typed_expressions.Aggregate,
)

KIND_NAMES = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.BOOL: "true or false",
    Kind.TIME: "a time",
    Kind.DATE: "a date",
    Kind.DURATION: "a duration",
    Kind.ONE_OF: "a text",
    Kind.LIST: "a list of texts",
}


@dataclass(slots=True)
class LetBudget:
    """How many names of `let` the declaration may still fill in, and whether it was reported as too large.

    `deepest` is how deep the `let` that is being worked out has gone.
    """

    lets: int = MOST_LETS
    exceeded: bool = False
    deepest: int = 0


@dataclass(frozen=True, slots=True)
class LetMeaning:
    """What a `let` stands for in places of one kind, None when that was reported; with the names and depth inside."""

    checked: Checked | None
    lets: int
    depth: int


@dataclass(frozen=True, slots=True)
class Scope:
    """One place for expressions: whose fields bare names are, and everything that is declared."""

    owner: OneOf["person", "company", "event"]
    fields: Mapping[str, FieldType]
    declared: Declared
    schema: Schema
    findings: Findings
    check: Check
    event: str = ""
    looping: frozenset[str] = frozenset()
    uses: tuple[Label, ...] = ()
    depth: int = 0
    budget: LetBudget = field(default_factory=LetBudget)
    meanings: dict[tuple[str, str, str], LetMeaning] = field(default_factory=dict)

    def expression(self, node: tree.Expression) -> Checked:
        """Returns what an expression means, one level down; raises Reported when it means nothing."""
        if self.depth >= DEEPEST:
            self.fail_oversized(node.span)
        self.budget.deepest = max(self.budget.deepest, self.depth + 1)
        return self.check(node, replace(self, depth=self.depth + 1))

    def value(self, node: tree.Expression) -> Value:
        """Returns the value of an expression; reports a condition."""
        checked = self.expression(node)
        if isinstance(checked, VALUES):
            return checked
        return self.findings.fail(
            codes.CONDITION_AS_VALUE,
            f"{self.findings.quote(node.span)} is a condition, not a value",
            node.span,
            "true or false for a person" if self.owner != "company" else "true or false for a company",
            help="write the condition by itself, or `not` in front of it",
            secondary=self.uses,
        )

    def condition(self, node: tree.Expression) -> Condition:
        """Returns an expression as a condition, a bare bool as `value = true`; reports any other value."""
        checked = self.expression(node)
        if not isinstance(checked, VALUES):
            return checked
        if checked.type.kind is Kind.BOOL:
            return Comparison(Operator.EQ, checked, Constant(True, BOOL, node.span), node.span)
        return self.findings.fail(
            codes.NOT_A_CONDITION,
            f"{self.findings.quote(node.span)} is {described(checked.type)}, not a condition",
            node.span,
            described(checked.type),
            help=_comparison_help(checked.type),
            secondary=self.uses,
        )

    def filled_in(self, let: tree.LetDeclaration, use: Span) -> Checked:
        """Returns what a `let` that is used at `use` stands for; it is worked out once for places of one kind."""
        known = self.meanings.get(self._kind_of_place(let))
        self.budget.lets -= 1 if known is None else 1 + known.lets
        if self.budget.lets < 0 or (known is not None and self.depth + known.depth > DEEPEST):
            self.fail_oversized(use)
        if known is None:
            label = Label(use, f"`{let.name.text}` is used here")
            known = replace(self, uses=(*self.uses[:2], label)).meaning(let)
        if known.checked is None:
            raise Reported
        return known.checked

    def meaning(self, let: tree.LetDeclaration) -> LetMeaning:
        """Works out what a `let` stands for here, and keeps it for whoever else asks."""
        before, outer = self.budget.lets, self.budget.deepest
        self.budget.deepest = self.depth
        try:
            checked = self.expression(let.value)
        except Reported:
            if self.budget.exceeded:
                raise  # for want of room here; elsewhere there may be enough
            checked = None
        made = LetMeaning(checked, before - self.budget.lets, self.budget.deepest - self.depth)
        self.budget.deepest = max(outer, self.budget.deepest)
        self.meanings[self._kind_of_place(let)] = made
        return made

    def _kind_of_place(self, let: tree.LetDeclaration) -> tuple[str, str, str]:
        return let.name.text, self.owner, self.event

    def where(self, event: str) -> "Scope":
        """Returns the scope of a `where` about one kind of event."""
        return replace(self, owner="event", event=event, fields=self.schema.events[event])

    def fail_oversized(self, span: Span) -> NoReturn:
        """Reports, once in a declaration, an expression that is too large to read or evaluate."""
        if self.budget.exceeded:
            raise Reported
        self.budget.exceeded = True
        self.findings.fail(
            codes.OVERSIZED_EXPRESSION,
            "an expression is too large with its `let`s filled in",
            span,
            "too large here",
            secondary=self.uses,
            help="split it into several personas and join them with `in`",
        )


def described(type_: Type) -> str:
    """Returns a type in words, with its article."""
    return KIND_NAMES[type_.kind]


def _comparison_help(type_: Type) -> str:
    examples = {
        Kind.TEXT: '= "…"',
        Kind.ONE_OF: f'= "{type_.choices[0] if type_.choices else "…"}"',
        Kind.NUMBER: "> 0",
        Kind.TIME: "> 14d",
        Kind.DATE: "> 14d",
        Kind.DURATION: "> 14d",
        Kind.LIST: 'contains "…"',
    }
    return f"compare it, as in `{examples[type_.kind]}`, or ask for `is present`"
