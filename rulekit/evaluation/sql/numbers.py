"""Numbers as the engine holds them: exact ones with their digits, or IEEE doubles, and what may be done with them.

Exact numbers stay exact through `+ - *` and comparisons; where a result has no room in 38 digits it is missing, and
no number of the data can make the statement fail.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

DIGITS = 38
_TYPES = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38, "UINTEGER": 10, "UBIGINT": 20}
_OPERATORS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


@dataclass(frozen=True, slots=True)
class Exact:
    """An integer or decimal: at most so many digits, `scale` of them after the point."""

    digits: int
    scale: int

    @property
    def whole(self) -> int:
        """Returns how many digits stand before the point at most."""
        return self.digits - self.scale


WHOLE = Exact(19, 0)
SUMMED_DOUBLES = Exact(DIGITS, 9)


@dataclass(frozen=True, slots=True)
class Term:
    """A value in the statement; `exact` None for a double and for what is no number."""

    sql: exp.Expr
    exact: Exact | None = None


def number_type(engine_type: str) -> Exact | None:
    """Returns how exact a column of the engine's type is; None for a double and for what is no number."""
    if decimal := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", engine_type):
        return Exact(int(decimal[1]), int(decimal[2]))
    digits = _TYPES.get(engine_type)
    return None if digits is None else Exact(digits, 0)


def number(value: int | Decimal) -> Term:
    """Returns a constant."""
    text = format(Decimal(value), "f")
    digits = sum(character.isdigit() for character in text)
    scale = len(text.partition(".")[2])
    return Term(exp.Literal.number(text), Exact(digits, scale))


def arithmetic(operator: str, left: Term, right: Term) -> Term:
    """Returns `left operator right`: exact for exact operands, except that `/` gives a double."""
    if operator == "/":
        divisor = exp.Nullif(this=_double(right), expression=exp.Literal.number("0"))
        return Term(exp.Paren(this=exp.Div(this=_double(left), expression=divisor)))
    make = _OPERATORS[operator]
    exact = _exact_result(operator, left.exact, right.exact)
    if exact is None:
        return Term(exp.Paren(this=make(this=_double(left), expression=_double(right))))
    # the engine adds and multiplies integers in their own width, which small constants would make too narrow
    whole = left.exact is not None and left.exact.scale == 0
    result = exp.Paren(this=make(this=cast(left.sql, "HUGEINT") if whole else left.sql, expression=right.sql))
    if exact.digits <= DIGITS:
        return Term(result, exact)
    return Term(exp.Try(this=result), Exact(DIGITS, exact.scale))


def negative(term: Term) -> Term:
    """Returns the number with its sign changed."""
    return arithmetic("-", number(0), term) if term.exact else Term(exp.Paren(this=exp.Neg(this=term.sql)))


def rounded(term: Term) -> Term:
    """Returns the nearest whole number, the even one of two that are as near; missing beyond 64 bits."""
    if term.exact is not None and term.exact.scale == 0:
        return term
    even = term.sql if term.exact is None else exp.Anonymous(this="round_even", expressions=[term.sql, number(0).sql])
    return Term(exp.TryCast(this=even, to=exp.DataType.build("BIGINT")), WHOLE)


def compare(make: type[exp.Binary], left: Term, right: Term) -> exp.Expr:
    """Returns the comparison; numbers that do not fit one decimal type differ so widely that doubles decide."""
    left, right = _constant_as_double(left, right), _constant_as_double(right, left)
    plain: exp.Expr = make(this=left.sql, expression=right.sql)
    if left.exact is None or right.exact is None or _common_digits(left.exact, right.exact) <= DIGITS:
        return plain
    doubles = make(this=_double(left), expression=_double(right))
    return exp.Coalesce(this=exp.Try(this=plain), expressions=[doubles])


def cast(sql: exp.Expr, engine_type: str) -> exp.Cast:
    """Returns the value in another type of the engine."""
    return exp.Cast(this=sql, to=_DATA_TYPES[engine_type].copy())


_DATA_TYPES = {
    name: exp.DataType.build(name, dialect="duckdb")
    for name in ("DOUBLE", "HUGEINT", "TIMESTAMP", "DATE", "BIGINT", "VARCHAR[]")
}


def _common_digits(left: Exact, right: Exact) -> int:
    return max(left.whole, right.whole) + max(left.scale, right.scale)


def _exact_result(operator: str, left: Exact | None, right: Exact | None) -> Exact | None:
    if left is None or right is None:
        return None
    if operator == "*":
        product = Exact(left.digits + right.digits, left.scale + right.scale)
        return product if product.scale <= DIGITS else None
    return Exact(_common_digits(left, right) + 1, max(left.scale, right.scale))


def _constant_as_double(term: Term, other: Term) -> Term:
    if other.exact is None and isinstance(term.sql, exp.Literal) and term.exact is not None:
        return Term(_double(term))
    return term


def _double(term: Term) -> exp.Expr:
    if isinstance(term.sql, exp.Literal) and term.exact is not None:
        # read by the engine from its digits: a decimal that is divided down to a double may miss the nearest one
        return exp.Literal.number(f"{float(term.sql.this):.17e}")
    return cast(term.sql.copy(), "DOUBLE")
