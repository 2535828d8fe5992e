"""`let`: names that hide no field, and expressions that are right even where nothing uses them yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.checking.findings import Findings, attempted
from rulekit.language.checking.names.declared_names import Declared
from rulekit.language.checking.names.scope import DEEPEST, MOST_LETS, LetBudget, Scope
from rulekit.language.program import FieldType, Schema


def check_let_names(declared: Declared, schema: Schema, findings: Findings) -> None:
    """Reports a `let` with the name of a field: a bare name would mean two things."""
    for name, let in declared.lets.items():
        for record, fields in (("person", schema.person), ("company", schema.company)):
            if (same := _same(name, fields.values())) is not None:
                findings.report(
                    codes.AMBIGUOUS_NAME,
                    f"`let {name}` has the name of a {record} field",
                    let.name.span,
                    "means two things",
                    secondary=(Label(same.span, "the field"),),
                    help="give the `let` another name",
                )


def check_let_sizes(declared: Declared, looping: frozenset[str], findings: Findings) -> frozenset[str]:
    """Reports the `let`s that no condition could take with all they name filled in.

    Returns the `let`s that stand for nothing: those, the looping ones, and all that name one of them.
    """
    useless = set(looping)
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for name in from_the_leaves(declared, looping):
        written = [(_named_by(part), depth) for part, depth in tree.written_depths(declared.lets[name].value)]
        named = [inner for inner, _ in written if inner in declared.lets]
        if not useless.isdisjoint(named):
            useless.add(name)
            continue
        sizes[name] = sum(1 + sizes[inner] for inner in named)
        depths[name] = max(depth + depths.get(inner, 0) for inner, depth in written)
        if sizes[name] > MOST_LETS or depths[name] > DEEPEST:
            useless.add(name)
            _report_oversized(declared.lets[name], findings)
    return frozenset(useless)


def from_the_leaves(declared: Declared, looping: frozenset[str]) -> Iterator[str]:
    """Yields the names of `let`s in an order in which those that one names come before it, but for looping ones."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    for name, let in sorted(declared.lets.items()):
        graph.add(name, *(() if name in looping else sorted(named_lets([let.value], declared) - looping)))
    return iter(graph.static_order())


def check_unused_lets(scopes: tuple[Scope, ...]) -> None:
    """Reports what is wrong with a `let` that no condition uses, unless it is right in one of the scopes."""
    declared, looping = scopes[0].declared, scopes[0].looping
    unused = declared.lets.keys() - used_lets(declared)
    if not unused:
        return
    trials = _Trials(tuple(replace(scope, meanings={}) for scope in scopes), set(looping))
    for name in from_the_leaves(declared, looping):
        wrong = [] if name in looping else trials.of(name)
        for diagnostic in wrong if name in unused else ():
            scopes[0].findings.add(diagnostic)


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
    parts = (part for expression in expressions for part in tree.written_parts(expression))
    return {_named_by(part) for part in parts} & declared.lets.keys()


def _named_by(part: tree.Expression) -> str:
    return part.name.text if isinstance(part, tree.Reference) else ""


def _report_oversized(let: tree.LetDeclaration, findings: Findings) -> None:
    findings.report(
        codes.OVERSIZED_EXPRESSION,
        f"`let {let.name.text}` is too large with its `let`s filled in",
        let.value.span,
        "too large here",
        help="split it into several personas and join them with `in`",
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    failed: bool
    diagnostics: list[Diagnostic]


@dataclass(frozen=True, slots=True)
class _Trials:
    """`let`s that are tried in each scope, those that one names before it; `wrong` are those that are right in none."""

    scopes: tuple[Scope, ...]
    wrong: set[str]
    causes: dict[str, list[Diagnostic]] = field(default_factory=dict)

    def of(self, name: str) -> list[Diagnostic]:
        """Returns what is to be reported about a `let` itself, should nothing use it."""
        declared = self.scopes[0].declared
        let = declared.lets[name]
        trials = [_trial(let, scope) for scope in self.scopes]
        named = named_lets([let.value], declared)
        inner = next((self.causes[other] for other in sorted(named) if self.causes.get(other)), [])
        self.causes[name] = trials[0].diagnostics or inner
        if not all(trial.failed for trial in trials):
            return []
        self.wrong.add(name)
        own = next((trial.diagnostics for trial in trials if trial.diagnostics), [])
        # what it names may be wrong by itself, and reported there; or right each in another scope
        return own or (inner if self.wrong.isdisjoint(named) else [])


def _trial(let: tree.LetDeclaration, scope: Scope) -> _Trial:
    findings = Findings(scope.findings.read)
    made = attempted(replace(scope, findings=findings, budget=LetBudget()).meaning, [let])
    return _Trial(not made or made[0].checked is None, findings.diagnostics)


def _same(name: str, fields: Iterable[FieldType]) -> FieldType | None:
    return next((field for field in fields if field.name.casefold() == name.casefold()), None)
