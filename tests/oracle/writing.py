"""Expressions of the language as text together with their meaning (nodes of a program).

Brackets stand only where precedence asks for them, so that the parser and the checker are held to it as well.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from random import Random
from typing import Any

from rulekit.clock import format_duration
from rulekit.language import program as p
from rulekit.language import typed_expressions as x
from rulekit.language.types import BOOL, DATE, DURATION, LIST_OF_TEXT, NUMBER, TEXT, TIME, Kind, Type
from tests.oracle.pieces import AND, COMPARISON, NOT, OR, PRODUCT, SUM, UNARY, Piece, literal, named
from tests.oracle.vocabulary import DAY, LENGTHS, NOWS, NUMBERS, ONE_OF, PATTERNS, TEXTS, TYPES, Declared


class Writer:
    """Writes expressions for a place: a persona ("person"), a segment ("company"), or a `where` (the event's name)."""

    def __init__(self, random: Random, schema: p.Schema) -> None:
        self.random = random
        self.schema = schema
        self.place = "person"
        self.lets: dict[str, Piece] = {}
        self.segments: list[str] = []
        self.personas: list[str] = []

    def pick(self, options: Iterable[Any]) -> Any:
        return self.random.choice(list(options))

    def coin(self) -> bool:
        return self.random.random() < 0.5

    # conditions

    def condition(self, depth: int) -> Piece:
        options = [self.presence, self.number_comparison, self.comparison, self.text_comparison, self.membership]
        options += [
            self.text_test,
            self.between,
            self.bare_bool,
            self.within,
            self.age,
            self.emptiness,
            self.days_and_instants,
        ]
        if self.place in ("person", "company"):
            options += [self.number_comparison, self.measured, self.did, self.sequence] * 3
            options += [self.in_set, self.in_set, self.let_condition, self.comparison, self.age]
        if depth > 0:
            options += [self.both, self.either, self.opposite] * 4
        return self.pick(options)(max(depth - 1, 0))

    def both(self, depth: int) -> Piece:
        parts = [self.condition(depth) for _ in range(self.pick([2, 3]))]
        return Piece(" and ".join(part.at(NOT) for part in parts), x.And(tuple(part.node for part in parts)), AND)

    def either(self, depth: int) -> Piece:
        parts = [self.condition(depth) for _ in range(self.pick([2, 3]))]
        return Piece(" or ".join(part.at(AND) for part in parts), x.Or(tuple(part.node for part in parts)), OR)

    def opposite(self, depth: int) -> Piece:
        part = self.condition(depth)
        return Piece("not " + part.at(NOT), x.Not(part.node), NOT)

    def presence(self, depth: int) -> Piece:
        part = self.unfixed(self.kind_here(TYPES), self.pick([depth, 1]))
        if self.place == "person" and self.schema.company and self.pick([True, False, False]):
            part = Piece("company", x.Company())
        missing = x.IsMissing(part.node)
        if self.coin():
            return Piece(part.at(SUM) + " is missing", missing, COMPARISON)
        return Piece(part.at(SUM) + " is present", x.Not(missing), COMPARISON)

    def emptiness(self, depth: int) -> Piece:
        operand = self.unfixed(self.kind_here([LIST_OF_TEXT]), depth)
        if operand.node.type != LIST_OF_TEXT:
            return self.presence(depth)
        empty = x.Constant((), LIST_OF_TEXT)
        return Piece(f"{operand.at(SUM)} is empty", x.Comparison(x.Operator.EQ, operand.node, empty), COMPARISON)

    def measured(self, depth: int) -> Piece:
        """An aggregate against a number that it may well be."""
        left = self.aggregate(NUMBER)
        right = self.literal(NUMBER) if self.coin() else literal(self.pick([0, 1, 2, 3, 4]), NUMBER)
        return self.compared(left, self.pick(list(x.Operator)), right) if left else self.comparison(depth)

    def number_comparison(self, depth: int) -> Piece:
        depth = self.pick([depth, 1])
        return self.compared(self.unfixed(NUMBER, depth), self.pick(list(x.Operator)), self.value(NUMBER, depth))

    def comparison(self, depth: int) -> Piece:
        kind = self.kind_here([TIME, DURATION, DATE, BOOL])
        signs = [x.Operator.EQ, x.Operator.NE] if kind == BOOL else list(x.Operator)
        return self.compared(self.unfixed(kind, depth), self.pick(signs), self.value(kind, depth))

    def text_comparison(self, depth: int) -> Piece:
        """A closed set is compared with one of its choices, a text with any text."""
        left = self.unfixed(self.kind_here([TEXT, ONE_OF]), depth)
        right = self.choice(left) if left.node.type.choices else self.value(TEXT, depth)
        return self.compared(left, self.pick(list(x.Operator)), right)

    def choice(self, piece: Piece) -> Piece:
        return literal(self.pick(piece.node.type.choices), TEXT)

    def age(self, depth: int) -> Piece:
        of = self.unfixed(self.kind_here([TIME, DATE]), depth)
        return self.compared(
            Piece(of.text, x.Age(of.node), of.level), self.pick(list(x.Operator)), self.value(DURATION, depth)
        )

    def days_and_instants(self, depth: int) -> Piece:
        """A date beside a time, on either side, which is its midnight there."""
        day, time = (self.value if self.coin() else self.unfixed)(DATE, depth), self.unfixed(TIME, depth)
        if day.node.type != DATE or time.node.type != TIME:
            return self.comparison(depth)
        pair = [Piece(day.text, x.Midnight(day.node), day.level), time]
        left, right = self.random.sample(pair, 2)
        ordered = [x.Operator.LT, x.Operator.LE, x.Operator.GT, x.Operator.GE]
        return self.compared(left, self.pick(ordered), right)

    def compared(self, left: Piece, sign: x.Operator, right: Piece) -> Piece:
        node = x.Comparison(sign, left.node, right.node)
        return Piece(f"{left.at(SUM)} {sign.value} {right.at(SUM)}", node, COMPARISON)

    def between(self, depth: int) -> Piece:
        kind = self.kind_here([NUMBER, DURATION, TIME, TEXT, DATE])
        operand = self.unfixed(kind, depth)
        node = operand.node
        if kind in (TIME, DATE) and self.coin():
            kind, node = DURATION, x.Age(node)
        low, high = self.value(kind, 0), self.value(kind, 0)
        both = x.And((x.Comparison(x.Operator.GE, node, low.node), x.Comparison(x.Operator.LE, node, high.node)))
        return Piece(f"{operand.at(SUM)} between {low.at(SUM)} and {high.at(SUM)}", both, COMPARISON)

    def membership(self, depth: int) -> Piece:
        operand = self.unfixed(self.kind_here([NUMBER, TEXT, ONE_OF, DATE, DURATION]), depth)
        pool = operand.node.type.choices
        count = self.pick([1, 2, 3])
        items = [self.choice(operand) if pool else self.literal(operand.node.type) for _ in range(count)]
        node = x.InList(operand.node, tuple(item.node for item in items))
        listed = f"({', '.join(item.text for item in items)})"
        if self.coin():
            return Piece(f"{operand.at(SUM)} in {listed}", node, COMPARISON)
        return Piece(f"{operand.at(SUM)} not in {listed}", x.Not(node), COMPARISON)

    def text_test(self, depth: int) -> Piece:
        test = self.pick(list(x.TextOperator))
        if test is x.TextOperator.MATCHES:
            operand, argument = self.unfixed(TEXT, depth), literal(self.pick(PATTERNS), TEXT)
        else:
            kind = LIST_OF_TEXT if test is x.TextOperator.CONTAINS and self.coin() else TEXT
            operand, argument = self.unfixed(kind, depth), self.value(TEXT, 0)
        node = x.TextTest(test, operand.node, argument.node)
        return Piece(f"{operand.at(SUM)} {test.value} {argument.at(SUM)}", node, COMPARISON)

    def bare_bool(self, depth: int) -> Piece:
        value = self.unfixed(BOOL, depth)
        return Piece(value.text, x.Comparison(x.Operator.EQ, value.node, x.Constant(True, BOOL)), value.level)

    def within(self, depth: int) -> Piece:
        operand = self.unfixed(self.kind_here([TIME, DATE]), depth)
        direction, length = self.pick(["last", "next"]), self.length()
        node = x.Within(operand.node, direction, length.node.value)
        return Piece(f"{operand.at(SUM)} within {direction} {length.text}", node, COMPARISON)

    def in_set(self, depth: int) -> Piece:
        personas = self.personas if self.place == "person" else []
        sets = [(name, x.InPersona) for name in personas] + [(name, x.InSegment) for name in self.segments]
        if not sets:
            return self.number_comparison(depth)
        name, node = self.pick(sets)
        if self.coin():
            return Piece(f"in {name}", node(name), COMPARISON)
        return Piece(f"not in {name}", x.Not(node(name)), COMPARISON)

    def let_condition(self, depth: int) -> Piece:
        return self.let(lambda piece: isinstance(piece.node, x.Condition)) or self.comparison(depth)

    def let(self, fits: Callable[[Piece], bool]) -> Piece | None:
        names = [name for name, piece in self.lets.items() if self.place == "person" and fits(piece)]
        if not names:
            return None
        name = self.pick(names)
        return Piece(name, self.lets[name].node)

    # events

    def did(self, depth: int) -> Piece:
        name, kinds = self.kinds()
        where_text, where = self.where(kinds, name)
        window_text, period = self.window()
        company, prefix = self.company()
        text = f"{prefix}did({name}{where_text}{window_text})"
        return Piece(text, x.Did(kinds, where, period, company))

    def sequence(self, depth: int) -> Piece:
        steps, texts = [], []
        for _ in range(self.pick([2, 2, 3, 4])):
            name, kinds = self.kinds()
            text, where = self.where(kinds, name)
            steps.append(x.Step(kinds, where))
            texts.append(named(name) + text)
        within = self.length() if self.coin() else None
        within_text = f" within {within.text}" if within else ""
        window_text, period = self.window()
        company, prefix = self.company()
        node = x.Sequence(tuple(steps), within.node.value if within else None, period, company)
        return Piece(f"{prefix}did({' then '.join(texts)}{within_text}{window_text})", node)

    def aggregate(self, kind: Type) -> Piece | None:
        """Returns an aggregate of that type, or None when no property has it."""
        properties = [(event, prop) for event, declared in self.schema.events.items() for prop in declared.values()]
        fitting = [(event, prop) for event, prop in properties if same_kind(prop.type, kind)]
        options: list[Callable[[], Piece]] = []
        if kind == NUMBER:
            options.append(lambda: self.call(x.Function.COUNT, None, None))
            if properties:
                options.append(lambda: self.call(x.Function.DISTINCT, *self.pick(properties)))
            if fitting:
                functions = [x.Function.SUM, x.Function.MAX, x.Function.MIN, x.Function.AVG]
                options += [lambda: self.call(self.pick(functions), *self.pick(fitting))] * 4
        if kind == TIME:
            options.append(lambda: self.call(self.pick([x.Function.LAST, x.Function.FIRST]), None, None))
        if fitting:
            options.append(lambda: self.call(self.pick([x.Function.LAST, x.Function.FIRST]), *self.pick(fitting)))
        return self.pick(options)() if options else None

    def call(self, function: x.Function, event: str | None, prop: p.FieldType | None) -> Piece:
        name, kinds = (event, (event,)) if event else self.kinds()
        subject = named(name) if prop is None else f"{named(name)}.{named(prop.name)}"
        where_text, where = self.where(kinds, name)
        window_text, period = self.window()
        company, prefix = self.company()
        kind = NUMBER
        if function in (x.Function.FIRST, x.Function.LAST):
            kind = TIME if prop is None else prop.type
        optional = (company and self.place == "person") or function not in (
            x.Function.COUNT,
            x.Function.SUM,
            x.Function.DISTINCT,
        )
        node = x.Aggregate(function, kinds, prop.name if prop else None, where, period, company, kind, optional)
        return Piece(f"{prefix}{function.value}({subject}{where_text}{window_text})", node)

    def kinds(self) -> tuple[str, tuple[str, ...]]:
        events = list(self.schema.events)
        name = self.pick([*events, "any"])
        return name, tuple(sorted(events)) if name == "any" else (name,)

    def where(self, kinds: tuple[str, ...], name: str) -> tuple[str, x.Condition | None]:
        if name == "any" or not self.schema.events[name] or self.pick([True, True, False]):
            return "", None
        outer, self.place = self.place, name
        condition = self.condition(1)
        self.place = outer
        return f" where {condition.text}", condition.node

    def window(self) -> tuple[str, x.Period | None]:
        form = self.pick(["", "", "last", "previous", "ago"])
        if not form:
            return "", None
        length = self.length()
        span = length.node.value
        if form == "last":
            return f", last {length.text}", x.Period(span)
        if form == "previous":
            return f", previous {length.text}", x.Period(2 * span, span)
        end = self.pick(LENGTHS)
        return f", {format_duration(span + end)}..{format_duration(end)} ago", x.Period(span + end, end)

    def company(self) -> tuple[bool, str]:
        if self.place == "company":
            return True, ""
        company = bool(self.schema.company) and self.coin()
        return company, "company." if company else ""

    def length(self) -> Piece:
        """Returns a literal duration, or a `let` that is one."""
        named_length = self.let(lambda piece: isinstance(piece.node, x.Constant) and piece.node.type == DURATION)
        if named_length and self.coin():
            return named_length
        return self.literal(DURATION)

    # values

    def value(self, kind: Type, depth: int) -> Piece:
        if self.pick([True, True, False]):
            return self.literal(kind)
        return self.unfixed(kind, depth)

    def unfixed(self, kind: Type, depth: int) -> Piece:
        """Returns a value that is more than a literal, when the schema has anything of that type."""
        options: list[Callable[[], Piece | None]] = [lambda: self.field(kind), lambda: self.field(kind)]
        options += [lambda: self.default(kind)]
        if self.place in ("person", "company"):
            options += [lambda: self.aggregate(kind)] * 4
            options += [lambda: self.let(lambda piece: getattr(piece.node, "type", None) == kind)]
        if kind == TEXT:
            options.append(lambda: self.lower(depth))
        if depth > 0 and kind in (NUMBER, DURATION, TIME):
            options += [lambda: self.arithmetic(kind, depth - 1)] * (8 if kind == DURATION else 4)
        return self.pick(options)() or self.fallback(kind)

    def kind_here(self, kinds: Iterable[Type]) -> Type:
        """Returns one of the types, rather one of which there is a field or property here."""
        wanted = list(kinds)
        there = {f.type.kind for _, _, declared in self.owners() for f in declared.values()}
        return self.pick([kind for kind in wanted if kind.kind in there] or wanted)

    def owners(self) -> list[tuple[str, str, Declared]]:
        """Returns whose fields may be named here, with what stands before the name."""
        if self.place == "person":
            return [("person", "", self.schema.person), ("company", "company.", self.schema.company)]
        if self.place == "company":
            return [("company", "", self.schema.company)]
        return [("event", "", self.schema.events[self.place])]

    def fallback(self, kind: Type) -> Piece:
        found = self.field(kind)
        if found is None and self.place in ("person", "company") and self.coin():
            found = self.aggregate(kind)
        return found or self.literal(kind if kind != ONE_OF else TEXT)

    def field(self, kind: Type) -> Piece | None:
        found = [
            Piece(prefix + named(f.name), x.Field(owner, f.name, f.type, f.optional))
            for owner, prefix, declared in self.owners()
            for f in declared.values()
            if same_kind(f.type, kind)
        ]
        return self.pick(found) if found else None

    def default(self, kind: Type) -> Piece | None:
        operand = self.field(kind)
        if operand is None or kind == LIST_OF_TEXT:
            return None
        fallback = self.choice(operand) if operand.node.type.choices else self.literal(kind)
        node = x.Default(operand.node, fallback.node, operand.node.type)
        return Piece(f"default({operand.text}, {fallback.text})", node)

    def lower(self, depth: int) -> Piece:
        operand = self.unfixed(TEXT, depth)
        return Piece(f"lower({operand.text})", x.Lower(operand.node, TEXT))

    def arithmetic(self, kind: Type, depth: int) -> Piece:
        if kind == TIME:
            left, right = self.unfixed(TIME, depth), self.value(DURATION, 0)
            swapped = self.pick([False, False, True])
            return self.swapped("+", left, right, TIME) if swapped else self.binary(self.pick("+-"), left, right, TIME)
        if kind == DURATION:
            return self.duration_arithmetic(depth)
        form = self.pick(["+", "-", "*", "/", "of", "negative"])
        if form == "negative":
            operand = self.unfixed(NUMBER, depth)
            return Piece(f"-{operand.at(UNARY)}", x.Negative(operand.node, NUMBER), UNARY)
        if form == "of":
            percent, operand = self.pick([50, 10, 250]), self.unfixed(NUMBER, depth)
            node = x.Arithmetic("*", x.Constant(Decimal(percent) / 100, NUMBER), operand.node, NUMBER)
            return Piece(f"{percent}% of {operand.at(UNARY)}", node, PRODUCT)
        return self.binary(form, self.unfixed(NUMBER, depth), self.value(NUMBER, depth), NUMBER)

    def duration_arithmetic(self, depth: int) -> Piece:
        form = self.pick(["+", "-", "*", "/", "*", "negative", "difference"])
        if form == "difference":
            return self.binary("-", self.unfixed(TIME, depth), self.value(TIME, 0), DURATION)
        operand = self.field(DURATION) or self.literal(DURATION)
        if form == "negative":
            return Piece(f"-{operand.at(UNARY)}", x.Negative(operand.node, DURATION), UNARY)
        if form in "*/":
            factor = literal(self.pick([2, 1, 4, 0, Decimal("0.5")]), NUMBER)
            write = self.swapped if form == "*" and self.coin() else self.binary
            return write(form, operand, factor, DURATION)
        return self.binary(form, operand, self.value(DURATION, depth), DURATION)

    def binary(self, sign: str, left: Piece, right: Piece, kind: Type) -> Piece:
        level = SUM if sign in "+-" else PRODUCT
        node = x.Arithmetic(sign, left.node, right.node, kind)
        return Piece(f"{left.at(level)} {sign} {right.at(level + 1)}", node, level)

    def swapped(self, sign: str, left: Piece, right: Piece, kind: Type) -> Piece:
        """`2 * 7d` and `3d + created_at` mean what they mean from right to left."""
        level = SUM if sign in "+-" else PRODUCT
        node = x.Arithmetic(sign, left.node, right.node, kind)
        return Piece(f"{right.at(level)} {sign} {left.at(level + 1)}", node, level)

    def literal(self, kind: Type) -> Piece:
        pools: dict[Kind, list[Any]] = {
            Kind.NUMBER: NUMBERS,
            Kind.TEXT: [*TEXTS, *TEXTS[:6] * 4],
            Kind.ONE_OF: TEXTS,
            Kind.LIST: TEXTS,
            Kind.BOOL: [True, False],
            Kind.DURATION: LENGTHS,
            Kind.TIME: [NOWS[0].replace(second=0), NOWS[0] - 7 * DAY, NOWS[1] - 2 * DAY],
            Kind.DATE: [NOWS[0].date(), (NOWS[0] - 7 * DAY).date(), NOWS[1].date()],
        }
        return literal(self.pick(pools[kind.kind]), kind)


def same_kind(declared: Type, kind: Type) -> bool:
    """Returns whether a declared type serves where a type is asked for; a closed set serves as itself only."""
    return declared.kind is kind.kind
