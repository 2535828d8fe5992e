"""`and`, `or` and `not`: flat, however many parts an author joins."""

from collections.abc import Iterable

from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.checking.findings import each
from rulekit.language.checking.names.scope import Scope
from rulekit.language.typed_expressions import And, Condition, Not, Or

_KINDS: dict[str, type[And] | type[Or]] = {"and": And, "or": Or}


def check_junction(node: tree.Binary, scope: Scope) -> Condition:
    """Returns `a and b and …` or `a or b or …` with all of its parts on one level."""
    return joined(_KINDS[node.operator], each(scope.condition, _parts(node)), node.span)


def check_not(node: tree.Unary, scope: Scope) -> Condition:
    """Returns the exact opposite of a condition."""
    return Not(scope.condition(node.operand), node.span)


def joined(kind: type[And] | type[Or], parts: Iterable[Condition], span: Span) -> Condition:
    """Returns conditions joined, with the parts of those that are joined the same way."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.operands if isinstance(part, kind) else (part,))
    return kind(tuple(flat), span)


def _parts(node: tree.Binary) -> list[tree.Expression]:
    # a long chain is as deep as it is long, so it is walked without recursion
    waiting: list[tree.Expression] = [node]
    parts: list[tree.Expression] = []
    while waiting:
        part = waiting.pop()
        if isinstance(part, tree.Binary) and part.operator == node.operator:
            waiting += (part.right, part.left)
        else:
            parts.append(part)
    return parts
