"""From the words of one declaration to its node of the tree, rule by rule, as the parser recognises them.

Each method is named for a rule or alias of `grammar/rules.lark` and gets what the rule matched: words and the nodes
made of them. A node reaches from its first to its last word.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from itertools import pairwise
from types import UnionType
from typing import Any, TypeVar, cast
from typing import Literal as OneOf

from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.parsing.words import Word

Part = Any  # a word, or whatever the methods below make: the grammar guarantees which stands where
Parts = list[Part]
Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class _Marked:
    """A part of a declaration whose role its place does not tell."""

    role: str
    value: Part
    span: Span


def _span(parts: Sequence[Part]) -> Span:
    first: Span = parts[0].span
    return first.to(parts[-1].span)


def _all(kind: type[Node] | UnionType, parts: Iterable[Part]) -> tuple[Node, ...]:
    return tuple(part for part in parts if isinstance(part, kind))


def _marked(role: str, parts: Iterable[Part]) -> Part | None:
    return next((part.value for part in parts if isinstance(part, _Marked) and part.role == role), None)


def _after(kind: str, parts: Sequence[Part]) -> Part | None:
    """Returns the part that follows the first word of a kind."""
    return next(
        (parts[i + 1] for i, part in enumerate(parts[:-1]) if isinstance(part, Word) and part.type == kind), None
    )


def _has(kind: str, parts: Iterable[Part]) -> bool:
    return any(isinstance(part, Word) and part.type == kind for part in parts)


def _text(word: Word) -> tree.Text:
    return tree.Text(str(word.value), word.span)


def _texts(parts: Iterable[Part]) -> tuple[tree.Text, ...]:
    return tuple(_text(part) for part in parts if isinstance(part, Word) and part.type == "STRING")


def _head(parts: Sequence[Part]) -> Span:
    """Returns the stretch from the keyword to the word before the colon."""
    for part, following in pairwise(parts):
        if isinstance(following, Word) and following.type == "COLON":
            return cast(Span, parts[0].span.to(part.span))
    return _span(parts)


def _fold(parts: Parts) -> tree.Expression:
    """Returns `a + b - c` as nodes that lean to the left."""
    result: tree.Expression = parts[0]
    for sign, operand in zip(parts[1::2], parts[2::2], strict=True):
        result = tree.Binary(sign.text, result, operand, sign.span, result.span.to(operand.span))
    return result


def _balance(parts: Parts) -> tree.Expression:
    """Returns `a and b and …` as nodes of the least depth, so that a long chain is no deep tree; the order stays."""
    if len(parts) == 1:
        return cast("tree.Expression", parts[0])
    middle = len(parts) // 2 if len(parts) // 2 % 2 else len(parts) // 2 + 1
    left, right = _balance(parts[:middle]), _balance(parts[middle + 1 :])
    sign: Word = parts[middle]
    return tree.Binary(sign.text, left, right, sign.span, left.span.to(right.span))


class ConditionBuilder:
    """The rules of conditions, values and calls."""

    condition = staticmethod(_balance)
    conjunction = staticmethod(_balance)
    sum = staticmethod(_fold)
    product = staticmethod(_fold)

    def negation(self, parts: Parts) -> tree.Expression:
        """`not x`; of `x in …` it is `x not in …`."""
        negated: tree.Expression = reduce(_negate, reversed(parts[:-1]), parts[-1])
        return negated

    def negative(self, parts: Parts) -> tree.Expression:
        """`-x`."""
        operand: tree.Expression = parts[-1]
        for sign in reversed(parts[:-1]):
            operand = tree.Unary("-", operand, sign.span.to(operand.span))
        return operand

    def negative_literal(self, parts: Parts) -> tree.Literal:
        """`-5` where only a literal may stand."""
        literal: tree.Literal = parts[1]
        value = literal.value
        if isinstance(value, int | Decimal | timedelta) and not isinstance(value, bool):
            value = -value
        return replace(literal, value=value, span=_span(parts))

    def compared(self, parts: Parts) -> tree.Expression:
        """`x < y`."""
        return _fold(parts)

    def edge_compared(self, parts: Parts) -> tree.Expression:
        """`x starts with y`."""
        left, sign, with_, right = parts
        return tree.Binary(sign.text, left, right, sign.span.to(with_.span), _span(parts))

    def between(self, parts: Parts) -> tree.Expression:
        """`x between low and high`."""
        return tree.Between(parts[0], parts[2], parts[4], _span(parts))

    def in_list(self, parts: Parts) -> tree.Expression:
        """`x not in (a, b)`."""
        operand, *rest = parts
        return tree.InList(operand, _all(tree.Literal, rest), _has("NOT", rest), _span(parts))

    def presence(self, parts: Parts) -> tree.Expression:
        """`x is missing`."""
        return tree.Presence(parts[0], parts[2].type == "PRESENT", _span(parts))

    def emptiness(self, parts: Parts) -> tree.Expression:
        """`tags is empty`."""
        return tree.Emptiness(parts[0], _span(parts))

    def company(self, parts: Parts) -> tree.Expression:
        """`company`, before `is missing`."""
        return tree.Company(parts[0].span)

    def within_window(self, parts: Parts) -> tree.Expression:
        """`x within next 30d`."""
        direction: OneOf["next", "last"] = "next" if parts[1].type == "WITHIN_NEXT" else "last"
        return tree.WithinWindow(parts[0], direction, parts[2], _span(parts))

    def in_set(self, parts: Parts) -> Part:
        """`in Enterprise`."""
        return tree.InSet(parts[1], False, _span(parts))

    def group(self, parts: Parts) -> tree.Expression:
        """`(x)`: the inner node, reaching over its brackets."""
        return cast(tree.Expression, replace(parts[1], span=_span(parts)))

    def literal(self, parts: Parts) -> tree.Literal:
        """A value."""
        word: Word = parts[0]
        value = "" if word.value is None else word.value  # a literal that was reported; its declaration is not kept
        return tree.Literal(value, word.span, word.type == "PERCENT")

    def reference(self, parts: Parts) -> tree.Reference:
        """A bare name."""
        return tree.Reference(parts[0], parts[0].span)

    def member(self, parts: Parts) -> tree.Member:
        """`company.arr`."""
        owner = parts[0] if isinstance(parts[0], tree.Name) else tree.Name(parts[0].text, parts[0].span)
        return tree.Member(owner, parts[2], _span(parts))

    def call(self, parts: Parts) -> tree.Call:
        """`company.count(purchase, last 14d)`."""
        company = isinstance(parts[0], Word)
        arguments = tuple(part for comma, part in pairwise(parts) if isinstance(comma, Word) and comma.type == "COMMA")
        function = parts[2] if company else parts[0]
        bound = _marked("bound", parts)
        return tree.Call(company, function, _all(tree.Subject, parts), bound, arguments, _span(parts))

    def subject(self, parts: Parts) -> tree.Subject:
        """`purchase where amount > 5`."""
        return tree.Subject(parts[0], parts[2] if len(parts) > 1 else None, _span(parts))

    def bound(self, parts: Parts) -> _Marked:
        """`within 7d` of a sequence."""
        return _Marked("bound", parts[1], _span(parts))

    def window(self, parts: Parts) -> tree.Window:
        """`last 14d`."""
        return tree.Window(parts[0].text, parts[1], None, _span(parts))

    def window_ago(self, parts: Parts) -> tree.Window:
        """`30d..14d ago`."""
        return tree.Window("ago", parts[0], parts[2], _span(parts))


class DeclarationBuilder(ConditionBuilder):
    """The rules of declarations, names and types."""

    def name(self, parts: Parts) -> tree.Name:
        """A name, without its backquotes; a soft word is its own name."""
        word: Word = parts[0]
        return tree.Name(word.text if word.value is None else str(word.value), word.span)

    plain = name
    state = name

    def record(self, parts: Parts) -> tree.RecordDeclaration:
        """`person:` or `company:`."""
        return tree.RecordDeclaration(parts[0].text, _all(tree.FieldDeclaration, parts), _span(parts), parts[0].span)

    def event(self, parts: Parts) -> tree.EventDeclaration:
        """`event purchase:`."""
        return tree.EventDeclaration(parts[1], _all(tree.FieldDeclaration, parts), _span(parts), _head(parts))

    def field(self, parts: Parts) -> tree.FieldDeclaration:
        """`amount number`."""
        return tree.FieldDeclaration(parts[0], parts[1], _span(parts))

    def type(self, parts: Parts) -> tree.TypeName:
        """`text?`, `list of text`, `one of ("a", "b")`."""
        word: Word = parts[0]
        names = [tree.Name(part.text, part.span) for part in parts if part.type in ("NAME", "LIST", "ONE")]
        choices = _texts(parts) if word.type == "ONE" else None
        element = names[1] if word.type == "LIST" else None
        return tree.TypeName(names[0], element, choices, _has("QUESTION", parts), _span(parts))

    def let(self, parts: Parts) -> tree.LetDeclaration:
        """`let idle = 14d`."""
        return tree.LetDeclaration(parts[1], parts[3], _span(parts))

    def segment(self, parts: Parts) -> tree.SegmentDeclaration:
        """`segment Enterprise: …`."""
        return tree.SegmentDeclaration(parts[1], _title(parts), parts[-1], _span(parts), _head(parts))

    def persona(self, parts: Parts) -> tree.PersonaDeclaration:
        """`persona Inactive14: …`."""
        was = _marked("was", parts)
        return tree.PersonaDeclaration(parts[1], was, _title(parts), parts[-1], _span(parts), _head(parts))

    def was(self, parts: Parts) -> _Marked:
        """`was Old_Name`."""
        return _Marked("was", parts[1], _span(parts))

    def template(self, parts: Parts) -> tree.TemplateDeclaration:
        """`template Miss_You: …`."""
        pieces = _all(tree.TemplatePart, parts)
        return tree.TemplateDeclaration(parts[1], _title(parts), pieces, _span(parts), _head(parts))

    def part(self, parts: Parts) -> tree.TemplatePart:
        """`subject "…"`."""
        return tree.TemplatePart(parts[0], _text(parts[1]), _span(parts))

    def trigger(self, parts: Parts) -> tree.TriggerDeclaration:
        """`trigger Win_Back: on tagged(P) in S send template T auto=false`."""
        edge: Part = _after("ON", parts)
        return tree.TriggerDeclaration(
            parts[1],
            _marked("was", parts),
            _title(parts),
            edge.text,
            cast(tree.Name, _after("LPAR", parts)),
            _after("IN", parts),
            cast(tree.Name, _after("TEMPLATE", parts)),
            _all(tree.Option, parts),
            _span(parts),
            _head(parts),
        )

    def option(self, parts: Parts) -> tree.Option:
        """`auto=false`."""
        return tree.Option(parts[0], parts[2], _span(parts))


class Builder(DeclarationBuilder):
    """The rules of tests, on top of all others."""

    def test(self, parts: Parts) -> tree.TestDeclaration:
        """`test "…": …`."""
        statements = _all(tree.TestRecord | tree.TestEvent | tree.Moment, parts)
        return tree.TestDeclaration(_text(parts[1]), statements, _span(parts), _head(parts))

    def test_record(self, parts: Parts) -> tree.TestRecord:
        """`person ada: email="…", company=acme`."""
        values: tuple[tree.Given, ...] = _all(tree.Option | tree.GivenList, parts)
        return tree.TestRecord(parts[0].text, parts[1], _marked("link", parts), values, _span(parts))

    def list_given(self, parts: Parts) -> tree.GivenList:
        """`tags=("a", "b")`."""
        return tree.GivenList(parts[0], _all(tree.Literal, parts), _span(parts))

    def link(self, parts: Parts) -> _Marked:
        """`company=acme`."""
        return _Marked("link", parts[2], _span(parts))

    def test_event(self, parts: Parts) -> tree.TestEvent:
        """`event purchase by ada at …: amount=12`."""
        return tree.TestEvent(parts[1], parts[3], parts[5], _all(tree.Option | tree.GivenList, parts), _span(parts))

    def moment(self, parts: Parts) -> tree.Literal:
        """An instant, or a date."""
        return self.literal(parts)

    def at(self, parts: Parts) -> tree.Moment:
        """`at …: expect …, approve …`."""
        steps = _all(tree.ExpectMember | tree.ExpectEmail | tree.ExpectText | tree.Act, parts)
        return tree.Moment(parts[1], steps, _span(parts))

    def expect_member(self, parts: Parts) -> tree.ExpectMember:
        """`expect ada not in Inactive14`."""
        return tree.ExpectMember(parts[1], parts[-1], _has("NOT", parts), _span(parts))

    def expect_email(self, parts: Parts) -> tree.ExpectEmail:
        """`expect Miss_You to ada unapproved`."""
        return tree.ExpectEmail(parts[1], parts[3], parts[4], _span(parts))

    def expect_none(self, parts: Parts) -> tree.ExpectEmail:
        """`expect no Miss_You to ada`."""
        return tree.ExpectEmail(parts[2], parts[4], None, _span(parts))

    def expect_text(self, parts: Parts) -> tree.ExpectText:
        """`expect Miss_You to ada subject not contains "you"`."""
        sign = next(part.type for part in parts[5:] if part.type != "NOT")
        negated = _has("NOT", parts) or sign == "NOT_EQUAL"
        how = _TESTS_OF_TEXTS[sign]
        return tree.ExpectText(parts[1], parts[3], parts[4].text, how, negated, _text(parts[-1]), _span(parts))

    def act(self, parts: Parts) -> tree.Act:
        """`approve Miss_You to ada`."""
        return tree.Act(parts[0].text, parts[1], parts[3], _span(parts))


# `!=` is the opposite of `=`
_TESTS_OF_TEXTS: dict[str, tree.TestOfText] = {
    "EQUAL": "=",
    "NOT_EQUAL": "=",
    "CONTAINS": "contains",
    "STARTS": "starts with",
    "ENDS": "ends with",
}


def _title(parts: Parts) -> tree.Text | None:
    return next(iter(_texts(parts)), None)


def _negate(operand: Part, sign: Word) -> tree.Expression:
    span = sign.span.to(operand.span)
    if isinstance(operand, tree.InSet | tree.InList):
        return cast(tree.Expression, replace(operand, negated=not operand.negated, span=span))
    return tree.Unary("not", operand, span)
