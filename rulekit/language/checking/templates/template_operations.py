"""What a template does with its values: a mismatch would spoil the email of everybody, or never hold.

Only what is known is judged: a value whose type depends on the way through the template is taken as it comes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from rulekit.diagnostics import codes
from rulekit.diagnostics.source import Span
from rulekit.language.checking.findings import Findings
from rulekit.language.checking.names.scope import described
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.checking.templates.template_types import FILTERS, ITEMS, LENGTHS, TEXTS, Known, Types, widened
from rulekit.language.checking.templates.variables import member_of
from rulekit.language.program import Schema
from rulekit.language.template_names import DATE_PARTS
from rulekit.language.types import DATE, TIME, Kind, Type
from rulekit.suggestions import suggest

_SIGNS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%"}
_ORDER = {"lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}


def check_operations(parsed: ParsedText, schema: Schema, findings: Findings) -> None:
    """Reports each value of a template that its filter, operator, test or loop cannot take, or that never compares."""
    checking = _Operations(parsed, Types.of_text(parsed.tree, schema), findings)
    for node in parsed.tree.find_all(nodes.Node):
        checking.check(node)


@dataclass(frozen=True, slots=True)
class _Operations:
    parsed: ParsedText
    types: Types
    findings: Findings

    def check(self, node: nodes.Node) -> None:
        """Reports what a node cannot do with its values."""
        match node:
            case nodes.Filter():
                self._check_filter(node)
            case nodes.Compare():
                left = node.expr
                for operand in node.ops:
                    self._check_comparison(left, operand.op, operand.expr)
                    left = operand.expr
            case nodes.Test() if node.name in ("even", "odd", "divisibleby"):
                self._require(f"`is {node.name}`", node.node, (Kind.NUMBER,))
                for option in node.args:
                    self._require(f"`is {node.name}`", option, (Kind.NUMBER,))
            case nodes.For():
                self._require("`for`", node.iter, ITEMS)
            case nodes.Getitem() if member_of(node) is None:
                self._require("`[…]`", node.node, ITEMS)
            case nodes.Neg() | nodes.Pos():
                self._require(f"`{node.operator}`", node.node, LENGTHS)
            case nodes.BinExpr():
                self._check_operator(node)

    def _check_filter(self, node: nodes.Filter) -> None:
        signature = FILTERS.get(node.name)
        if signature is None or node.node is None:
            return
        name = f"`{node.name}`"
        if signature.takes:
            self._require(name, node.node, signature.takes)
        names = list(signature.options)
        given: dict[str, nodes.Node] = dict(zip(names, node.args, strict=False))
        given |= {str(word.key): word.value for word in node.kwargs}
        if len(node.args) > len(names) or len(given) < signature.needed or given.keys() - signature.options.keys():
            self._report_options(node, names)
            return
        for option, value in given.items():
            if signature.options[option]:
                self._require(name, value, signature.options[option])
        if node.name == "date":
            self._check_date_form(given.get("form"))

    def _report_options(self, node: nodes.Filter, names: list[str]) -> None:
        takes = " and ".join(f"`{name}`" for name in names)
        self._report(
            f"`{node.name}` is given what it does not take",
            self.parsed.text.find(node.lineno, rf"\|\s*({re.escape(node.name)}\b(?:\s*\([^)]*\))?)"),
            f"takes {takes} in brackets" if names else "takes nothing in brackets",
            "see docs/reference/templates.md for what each filter takes",
        )

    def _check_date_form(self, form: nodes.Node | None) -> None:
        if not isinstance(form, nodes.Const) or not isinstance(form.value, str):
            return
        for letter in re.findall(r"%(.?)", form.value, re.DOTALL):
            if letter not in (*DATE_PARTS, "%"):
                every = " ".join(f"%{known}" for known in DATE_PARTS)
                self._report(f"`date` does not know `%{letter}`", self._place(form), "no such part", f"use {every}")

    def _check_comparison(self, left: nodes.Node, operator: str, right: nodes.Node) -> None:
        if operator in ("in", "notin"):
            self._check_in(left, right)
        elif operator in _ORDER:
            self._check_order(left, _ORDER[operator], right)
        else:
            self._check_same(left, right)

    def _check_in(self, item: nodes.Node, items: nodes.Node) -> None:
        if isinstance(items, nodes.List | nodes.Tuple):
            for one in items.items:
                self._check_same(item, one)
        else:
            self._require("`in`", items, ITEMS)
            type_ = self.types.of(items)
            if type_ is not None and type_.kind in ITEMS:
                self._require("`in` a text or a list of texts", item, TEXTS)

    def _check_order(self, left: nodes.Node, sign: str, right: nodes.Node) -> None:
        self._check_same(left, right)
        for side in (left, right):
            type_ = self.types.of(side)
            if type_ is not None and not type_.is_ordered:
                self._report(
                    f"{self._words(side)} is {described(type_)}, which has no order",
                    self._place(side),
                    f"`{sign}` needs an order",
                    "write `==`, `!=` or `in`",
                )

    def _check_same(self, left: nodes.Node, right: nodes.Node) -> None:
        if isinstance(left, nodes.Const) and not isinstance(right, nodes.Const):
            left, right = right, left
        if isinstance(right, nodes.Const) and right.value is None:
            self._report(
                f"{self._words(left)} is never `none`",
                self._place(left),
                "missing or not, it is no value of its own",
                f"write `{self._name(left)} is undefined`",
            )
            return
        mine, other = self.types.of(left), self.types.of(right)
        if mine is None or other is None:
            return
        if widened(mine) != widened(other):
            self._report(
                f"{self._words(left)} is {described(mine)}, {self._words(right)} is {described(other)}",
                self._place(right),
                described(other),
                _remedy(mine, right, self._name(left)),
            )
        elif isinstance(right, nodes.Const):
            self._check_choice(left, mine, right)

    def _check_choice(self, closed: nodes.Node, type_: Type, literal: nodes.Const) -> None:
        if type_.kind is not Kind.ONE_OF or literal.value in type_.choices:
            return
        every = ", ".join(f"`{choice}`" for choice in type_.choices)
        nearest = suggest(str(literal.value), type_.choices)
        self.findings.report(
            codes.TEMPLATE_NOT_IN_CLOSED_SET,
            f"{self._words(closed)} is never {self._words(literal)}",
            self._place(literal),
            f"not one of {every}",
            help=f"write `'{nearest}'`" if nearest else f"choose one of {every}",
        )

    def _check_operator(self, node: nodes.BinExpr) -> None:
        sign = _SIGNS.get(type(node).__name__)
        left, right = self.types.of(node.left), self.types.of(node.right)
        # a text that `*` or `%` would multiply is reported as work without bounds
        if sign is None or left is None or right is None or (sign in "*%" and Kind.LIST in (left.kind, right.kind)):
            return
        if sign in "*%" and any(
            isinstance(side, nodes.Const) and _is_text(self.types.of(side)) for side in _sides(node)
        ):
            return
        if not _can_compute(sign, left.kind, right.kind):
            self._report(
                f"`{sign}` cannot be used with {described(left)} and {described(right)}",
                self._place(node.right if isinstance(node.left, nodes.Const) else node.left),
                described(right if isinstance(node.left, nodes.Const) else left),
                "join texts with `~`" if sign == "+" else "compute with numbers, or times and durations",
            )

    def _require(self, what: str, node: nodes.Node, kinds: tuple[Kind, ...]) -> None:
        type_ = self.types.of(node)
        if type_ is None or type_.kind in kinds:
            return
        words = (described(Type(kind)) for kind in kinds if kind is not Kind.ONE_OF)
        wanted = "a list or a text" if kinds is ITEMS else " or ".join(words)
        self._report(
            f"{what} needs {wanted}, {self._words(node)} is {described(type_)}",
            self._place(node),
            described(type_),
            f"give it {wanted}, or leave it out",
        )

    def _report(self, message: str, place: Span, label: str, help: str) -> None:
        self.findings.report(codes.TEMPLATE_TYPE_MISMATCH, message, place, label, help=help)

    def _words(self, node: nodes.Node) -> str:
        return f"`{name}`" if (name := self._name(node)) else "the value before it"

    def _name(self, node: nodes.Node) -> str:
        member = member_of(node)
        if member is not None:
            return ".".join(member)
        if isinstance(node, nodes.Const):
            return self.findings.source(self._place(node)) or repr(node.value)
        return node.name if isinstance(node, nodes.Name) else ""

    def _place(self, node: nodes.Node) -> Span:
        text, member = self.parsed.text, member_of(node)
        if member is not None:
            return text.find_member(node.lineno, member)
        return text.find(node.lineno, _spelling(node))


def _sides(node: nodes.BinExpr) -> Iterator[nodes.Node]:
    yield node.left
    yield node.right


def _is_text(type_: Known) -> bool:
    return type_ is not None and type_.kind in TEXTS


def _spelling(node: nodes.Node) -> str:
    """Returns the pattern of a value as it stands in its line; of one without a text of its own, that of its tag."""
    if isinstance(node, nodes.Name):
        return rf"(?<!\bset )(?<!\bfor )(?<![\w.]){re.escape(node.name)}\b"
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return rf"[\"']{re.escape(node.value)}[\"']"
    if isinstance(node, nodes.Const):
        return rf"(?<![\w.]){re.escape(str(node.value))}\b"
    return r"\{[{%].*?[%}]\}"


def _can_compute(sign: str, left: Kind, right: Kind) -> bool:
    kinds = {left, right}
    if kinds <= {Kind.NUMBER, Kind.BOOL}:
        return True
    if sign == "+" and (kinds <= set(TEXTS) or kinds == {Kind.LIST}):
        return True
    if sign in ("+", "-"):
        return (left, right) in (_SUMS if sign == "+" else _DIFFERENCES)
    # how a duration goes with a number, only the numbers at hand can tell
    return Kind.DURATION in kinds and kinds <= {Kind.DURATION, Kind.NUMBER}


_SUMS = {(Kind.DURATION, Kind.DURATION)} | {
    pair for instant in (Kind.TIME, Kind.DATE) for pair in ((instant, Kind.DURATION), (Kind.DURATION, instant))
}
_DIFFERENCES = {(Kind.DURATION, Kind.DURATION)} | {
    (instant, other) for instant in (Kind.TIME, Kind.DATE) for other in (instant, Kind.DURATION)
}


def _remedy(type_: Type, literal: nodes.Node, name: str) -> str:
    value = literal.value if isinstance(literal, nodes.Const) else None
    if type_.kind is Kind.NUMBER and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"write `{value}` without quotes"
    if type_.kind is Kind.BOOL and name:
        return f"write `{name}` or `not {name}`"
    if type_ in (TIME, DATE) and name:
        return f"compare it as a text, as in `({name} | date('%Y-%m-%d')) < '2026-01-31'`, or ask for it in a persona"
    if type_.kind in TEXTS and isinstance(value, int | float):
        return f"write `'{value}'` in quotes"
    return f"compare it with {described(type_)}"
