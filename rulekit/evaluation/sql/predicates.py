"""Conditions of the language as boolean expressions of the statement that are never NULL.

Each comparison decides for itself what a missing value means, so that `not` is an exact opposite everywhere above.
What an unreadable one means is one rule for all of them, in `truths`.
"""

from datetime import timedelta

from sqlglot import exp

from rulekit.evaluation.sql.numbers import Term, compare
from rulekit.evaluation.sql.query_plan import edges, is_chain, measures_of
from rulekit.evaluation.sql.truths import Truth, chained, joined, opposite, unknown_sql
from rulekit.evaluation.sql.values import NOW, SqlScope, aggregate_term, column, function, instant, value_term
from rulekit.language.typed_expressions import (
    Age,
    And,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Did,
    InList,
    InPersona,
    InSegment,
    IsMissing,
    Negative,
    Not,
    Operator,
    Or,
    Sequence,
    TextOperator,
    TextTest,
    Value,
    Within,
)
from rulekit.language.types import Kind

_COMPARISONS: dict[Operator, type[exp.Binary]] = {
    Operator.EQ: exp.EQ,
    Operator.LT: exp.LT,
    Operator.LE: exp.LTE,
    Operator.GT: exp.GT,
    Operator.GE: exp.GTE,
}
_MIRRORED = {
    Operator.EQ: Operator.EQ,
    Operator.LT: Operator.GT,
    Operator.LE: Operator.GE,
    Operator.GT: Operator.LT,
    Operator.GE: Operator.LE,
}
_TEXT_TESTS = {
    TextOperator.CONTAINS: "contains",
    TextOperator.STARTS: "starts_with",
    TextOperator.ENDS: "ends_with",
    TextOperator.MATCHES: "regexp_full_match",
}


def condition_sql(condition: Condition, scope: SqlScope) -> Truth:
    """Returns for which rows a condition certainly holds, and for which it may."""
    match condition:
        case And():
            return joined(exp.And, [condition_sql(operand, scope) for operand in condition.operands])
        case Or():
            return joined(exp.Or, [condition_sql(operand, scope) for operand in condition.operands])
        case Not():
            return opposite(condition_sql(condition.operand, scope))
        case InPersona():
            raise AssertionError("plans have no personas inside personas")
        case _:
            return Truth.of(_test(condition, scope), unknown_sql(condition, scope))


def segment_column(name: str) -> str:
    """Returns the name of the column that says whether a company is in the segment."""
    return f"in {name}"


_Test = Comparison | InList | TextTest | IsMissing | Within | Did | Sequence | InSegment


def _test(test: _Test, scope: SqlScope) -> exp.Expr:
    match test:
        case Did():
            return _did(test, scope)
        case Sequence():
            return _sequence(test, scope)
        case InSegment():
            return _or_false(column(scope.tables["company"], segment_column(test.name)))
        case Comparison():
            return _comparison(test, scope)
        case InList():
            return _in_list(test, scope)
        case TextTest():
            return _text_test(test, scope)
        case IsMissing():
            return exp.Paren(this=exp.Is(this=value_term(test.operand, scope).sql, expression=exp.Null()))
        case Within():
            return _within(test, scope)


def _or_false(sql: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=sql, expressions=[exp.Boolean(this=False)])


def _comparison(comparison: Comparison, scope: SqlScope) -> exp.Expr:
    if comparison.operator is Operator.NE:
        equal = Comparison(Operator.EQ, comparison.left, comparison.right)
        return exp.Not(this=_comparison(equal, scope))
    return _or_false(_age_against_constant(comparison, scope) or _sides(comparison, scope))


def _sides(comparison: Comparison, scope: SqlScope) -> exp.Expr:
    left, right = value_term(comparison.left, scope), value_term(comparison.right, scope)
    return compare(_COMPARISONS[comparison.operator], left, right)


def _age_against_constant(comparison: Comparison, scope: SqlScope) -> exp.Expr | None:
    # `now - x > D` is `x < now - D`: an instant against a bound parameter, which engines can skip rows by
    operator, age, length = comparison.operator, comparison.left, fixed_length(comparison.right)
    if not isinstance(age, Age):
        operator, age, length = _MIRRORED[operator], comparison.right, fixed_length(comparison.left)
    if not isinstance(age, Age) or length is None:
        return None
    sides = Term(instant(age.of, scope)), Term(scope.instant(-length))
    return compare(_COMPARISONS[_MIRRORED[operator]], *sides)


def fixed_length(value: Value) -> timedelta | None:
    """Returns the duration when it is the same for everyone, None when it depends on data or is out of range."""
    match value:
        case Constant(value=timedelta() as length):
            return length
        case Negative():
            inner = fixed_length(value.operand)
            return None if inner is None else -inner
        case Arithmetic(operator="+" | "-"):
            left, right = fixed_length(value.left), fixed_length(value.right)
            if left is None or right is None:
                return None
            return left + right if value.operator == "+" else left - right
        case _:
            return None


def _in_list(test: InList, scope: SqlScope) -> exp.Expr:
    operand = value_term(test.operand, scope)
    if not test.items:
        return exp.Boolean(this=False)
    if operand.exact is not None or test.operand.type.kind is Kind.NUMBER:
        parts = [Comparison(Operator.EQ, test.operand, item) for item in test.items]
        return chained(exp.Or, [_comparison(part, scope) for part in parts])
    items = [value_term(item, scope).sql for item in test.items]
    return _or_false(exp.Paren(this=exp.In(this=operand.sql, expressions=items)))


def _text_test(test: TextTest, scope: SqlScope) -> exp.Expr:
    operand, argument = value_term(test.operand, scope).sql, value_term(test.argument, scope).sql
    listed = test.operand.type.kind is Kind.LIST
    return _or_false(function("list_contains" if listed else _TEXT_TESTS[test.operator], operand, argument))


def _within(within: Within, scope: SqlScope) -> exp.Expr:
    after, until = (-within.length, NOW) if within.direction == "last" else (NOW, within.length)
    later = exp.GT(this=instant(within.operand, scope), expression=scope.instant(after))
    not_past = exp.LTE(this=instant(within.operand, scope), expression=scope.instant(until))
    return _or_false(exp.And(this=later, expression=not_past))


def _did(did: Did, scope: SqlScope) -> exp.Expr:
    counts = [scope.results[measure].sql.copy() for measure in measures_of(did)]
    found: list[exp.Expr] = [_or_false(exp.GT(this=n, expression=exp.Literal.number("0"))) for n in counts]
    return exp.Paren(this=exp.or_(*found, copy=False))


def _sequence(sequence: Sequence, scope: SqlScope) -> exp.Expr:
    if is_chain(sequence):
        return _or_false(scope.results[sequence].sql.copy())
    first, last = (aggregate_term(edge, scope).sql for edge in edges(sequence))
    return _or_false(compare(exp.LT, Term(first), Term(last)))
