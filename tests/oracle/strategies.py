"""Random schemas, rules as text with the meaning that they should have, and worlds full of edge cases.

Every piece of text is made together with its meaning (nodes of a program), brackets only where precedence asks for
them, so that the parser and the checker are held to it as well as the evaluator.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from rulekit.clock import format_duration, format_instant
from rulekit.language import program as p
from rulekit.language.types import BOOL, DATE, DURATION, LIST_OF_TEXT, NUMBER, TEXT, TIME, Kind, Type
from tests.oracle.naive import Row, World

Draw = Callable[[st.SearchStrategy[Any]], Any]
Declared = Mapping[str, p.FieldType]

BOOLEANS = st.booleans()
FORMS = st.sampled_from(["whole", "decimal", "mixed", "double"])

OR, AND, NOT, COMPARISON, SUM, PRODUCT, UNARY, ATOM = range(8)

TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOWS = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=UTC)]
LENGTHS = [DAY, HOUR, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, timedelta(seconds=90), 10 * DAY]
OFFSETS = sorted({n * length for n in range(4) for length in LENGTHS})
TEXTS = [
    "a",
    "",
    "b",
    "A",
    "ab",
    "100%",
    "a_b",
    "_",
    'q"uote',
    "O'Hara",
    "\\",
    "ü",
    "Ü",
    "日本",
    "～",
    "\U0001d521",
    "🎉a",
]
MORE_TEXTS = ["two\nlines", "İ", "ΑΣ", "ẞ", "a\u0301", "\u00e1", "x" * 300, "\t", "NULL", "1"]
PATTERNS = ["a.*", "[a-z]+", "(a|b)+", ".", "", "[0-9]+%", r".*\\.*", "ü|Ü", "(?i)A", r"\w+", "[^a]*", "a|ab"]
CHOICES = [("free", "pro"), ("a", "A", "ü"), ("b",), ("pro", "100%", 'q"uote')]
ONE_OF = Type(Kind.ONE_OF, ())
TYPES = [NUMBER, TEXT, TIME, BOOL, DURATION, DATE, LIST_OF_TEXT, ONE_OF]
PERSON_FIELDS = ("x", "y", "z", "in", "last_login", "Plan", "where", "last")
COMPANY_FIELDS = ("arr", "x", "between", "not")
EVENTS = ["bought", "seen", "left_early", "then"]
PROPERTIES = ("amount", "x", "sku", "of")
KEYWORDS = {"in", "not", "of"}
NUMBERS = [0, 1, 2, 3, -1, 10, 1_000, 50_000, Decimal("0.5"), Decimal("0.1"), Decimal("-2.25"), Decimal("0.30")]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a rule: as text, with its precedence, and what it means."""

    text: str
    node: Any
    level: int = ATOM

    def at(self, level: int) -> str:
        """Returns the text for a place that takes pieces of this precedence or tighter."""
        return self.text if self.level >= level else f"({self.text})"


@dataclass(frozen=True, slots=True)
class Rules:
    """A project's text, and the program that it should mean."""

    text: str
    meaning: p.Program


@cache
def up_to(most: int) -> st.SearchStrategy[int]:
    """Returns whole numbers from 0; made once, because making a strategy takes longer than drawing from it."""
    return st.integers(0, most)


# --- schemas ------------------------------------------------------------------------------------------------------


@cache
def fields(names: tuple[str, ...], least: int, most: int, kinds: tuple[Type, ...]) -> st.SearchStrategy[Declared]:
    """Returns some of the names with types, of which some may be missing."""
    sets = st.sampled_from([Type(Kind.ONE_OF, choices) for choices in CHOICES])
    types = st.sampled_from(list(kinds)).flatmap(lambda kind: sets if kind == ONE_OF else st.just(kind))
    declared = st.dictionaries(st.sampled_from(names), st.tuples(types, st.booleans()), min_size=least, max_size=most)
    return declared.map(lambda d: {name: p.FieldType(name, kind, optional) for name, (kind, optional) in d.items()})


@cache
def schemas() -> st.SearchStrategy[p.Schema]:
    """Returns schemas with a person, mostly a company, and a few events."""
    properties = fields(PROPERTIES, 0, 4, (NUMBER, NUMBER, NUMBER, *TYPES))
    return st.builds(
        p.Schema,
        fields(PERSON_FIELDS, 3, 8, (*TYPES, NUMBER, TIME)),
        st.sampled_from([0, 2, 2, 2]).flatmap(lambda least: fields(COMPANY_FIELDS, least, least * 2, tuple(TYPES))),
        st.dictionaries(st.sampled_from(EVENTS), properties, min_size=1, max_size=3),
    )


def schema_text(schema: p.Schema) -> str:
    """Returns the declarations of a schema."""
    heads = [("person", schema.person), *([("company", schema.company)] if schema.company else [])]
    heads += [(f"event {name}", properties) for name, properties in schema.events.items()]
    return "\n".join(head + fields_text(declared) for head, declared in heads)


def fields_text(declared: Declared) -> str:
    if not declared:
        return ""
    lines = [f"  {named(f.name)} {type_text(f.type)}{'?' if f.optional else ''}" for f in declared.values()]
    return ":\n" + "\n".join(lines)


def type_text(kind: Type) -> str:
    return f"one of ({', '.join(map(quoted, kind.choices))})" if kind.kind is Kind.ONE_OF else kind.kind.value


def named(name: str) -> str:
    return f"`{name}`" if name in KEYWORDS else name


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# --- rules --------------------------------------------------------------------------------------------------------


class Writer:
    """Writes expressions for one place: a persona ("person"), a segment ("company"), or a `where` (its event's name).

    Lists of alternatives begin with the simplest, for shrinking.
    """

    def __init__(self, draw: Draw, schema: p.Schema) -> None:
        self.draw = draw
        self.schema = schema
        self.place = "person"
        self.lets: dict[str, Piece] = {}
        self.segments: list[str] = []
        self.personas: list[str] = []

    def pick(self, options: Iterable[Any]) -> Any:
        several = list(options)
        return several[self.draw(up_to(len(several) - 1))]

    # conditions

    def condition(self, depth: int) -> Piece:
        options = [self.presence, self.number_comparison, self.comparison, self.text_comparison, self.membership]
        options += [self.text_test, self.between, self.bare_bool, self.within, self.age]
        if self.place in ("person", "company"):
            options += [self.number_comparison, self.did, self.sequence] * 3
            options += [self.in_set, self.in_set, self.let_condition, self.comparison, self.age]
        if depth > 0:
            options += [self.both, self.either, self.opposite] * 4
        return self.pick(options)(max(depth - 1, 0))

    def both(self, depth: int) -> Piece:
        parts = [self.condition(depth) for _ in range(self.pick([2, 3]))]
        return Piece(" and ".join(part.at(NOT) for part in parts), p.And(tuple(part.node for part in parts)), AND)

    def either(self, depth: int) -> Piece:
        parts = [self.condition(depth) for _ in range(self.pick([2, 3]))]
        return Piece(" or ".join(part.at(AND) for part in parts), p.Or(tuple(part.node for part in parts)), OR)

    def opposite(self, depth: int) -> Piece:
        part = self.condition(depth)
        return Piece("not " + part.at(NOT), p.Not(part.node), NOT)

    def presence(self, depth: int) -> Piece:
        part = self.unfixed(self.kind_here(TYPES), depth)
        missing = p.IsMissing(part.node)
        if self.draw(BOOLEANS):
            return Piece(part.at(SUM) + " is missing", missing, COMPARISON)
        return Piece(part.at(SUM) + " is present", p.Not(missing), COMPARISON)

    def number_comparison(self, depth: int) -> Piece:
        return self.compared(self.unfixed(NUMBER, depth), self.pick(list(p.Operator)), self.value(NUMBER, depth))

    def comparison(self, depth: int) -> Piece:
        kind = self.kind_here([TIME, DURATION, DATE, BOOL])
        signs = [p.Operator.EQ, p.Operator.NE] if kind == BOOL else list(p.Operator)
        return self.compared(self.unfixed(kind, depth), self.pick(signs), self.value(kind, depth))

    def text_comparison(self, depth: int) -> Piece:
        """A closed set is compared with one of its choices, a text with any text."""
        left = self.unfixed(self.kind_here([TEXT, ONE_OF]), depth)
        right = self.choice(left) if left.node.type.choices else self.value(TEXT, depth)
        return self.compared(left, self.pick(list(p.Operator)), right)

    def choice(self, piece: Piece) -> Piece:
        return literal(self.pick(piece.node.type.choices), TEXT)

    def age(self, depth: int) -> Piece:
        of = self.unfixed(self.kind_here([TIME, DATE]), depth)
        return self.compared(
            Piece(of.text, p.Age(of.node), of.level), self.pick(list(p.Operator)), self.unfixed(DURATION, depth)
        )

    def compared(self, left: Piece, sign: p.Operator, right: Piece) -> Piece:
        node = p.Comparison(sign, left.node, right.node)
        return Piece(f"{left.at(SUM)} {sign.value} {right.at(SUM)}", node, COMPARISON)

    def between(self, depth: int) -> Piece:
        kind = self.kind_here([NUMBER, DURATION, TIME, TEXT, DATE])
        operand = self.unfixed(kind, depth)
        node = operand.node
        if kind in (TIME, DATE) and self.draw(BOOLEANS):
            kind, node = DURATION, p.Age(node)
        low, high = self.value(kind, 0), self.value(kind, 0)
        both = p.And((p.Comparison(p.Operator.GE, node, low.node), p.Comparison(p.Operator.LE, node, high.node)))
        return Piece(f"{operand.at(SUM)} between {low.at(SUM)} and {high.at(SUM)}", both, COMPARISON)

    def membership(self, depth: int) -> Piece:
        operand = self.unfixed(self.kind_here([NUMBER, TEXT, ONE_OF, DATE, DURATION]), depth)
        pool = operand.node.type.choices
        count = self.pick([1, 2, 3])
        items = [self.choice(operand) if pool else self.literal(operand.node.type) for _ in range(count)]
        node = p.InList(operand.node, tuple(item.node for item in items))
        listed = f"({', '.join(item.text for item in items)})"
        if self.draw(BOOLEANS):
            return Piece(f"{operand.at(SUM)} in {listed}", node, COMPARISON)
        return Piece(f"{operand.at(SUM)} not in {listed}", p.Not(node), COMPARISON)

    def text_test(self, depth: int) -> Piece:
        test = self.pick(list(p.TextOperator))
        if test is p.TextOperator.MATCHES:
            operand, argument = self.unfixed(TEXT, depth), literal(self.pick(PATTERNS), TEXT)
        else:
            kind = LIST_OF_TEXT if test is p.TextOperator.CONTAINS and self.draw(BOOLEANS) else TEXT
            operand, argument = self.unfixed(kind, depth), self.value(TEXT, 0)
        node = p.TextTest(test, operand.node, argument.node)
        return Piece(f"{operand.at(SUM)} {test.value} {argument.at(SUM)}", node, COMPARISON)

    def bare_bool(self, depth: int) -> Piece:
        value = self.unfixed(BOOL, depth)
        return Piece(value.text, p.Comparison(p.Operator.EQ, value.node, p.Constant(True, BOOL)), value.level)

    def within(self, depth: int) -> Piece:
        operand = self.unfixed(self.kind_here([TIME, DATE]), depth)
        direction, length = self.pick(["last", "next"]), self.length()
        node = p.Within(operand.node, direction, length.node.value)
        return Piece(f"{operand.at(SUM)} within {direction} {length.text}", node, COMPARISON)

    def in_set(self, depth: int) -> Piece:
        personas = self.personas if self.place == "person" else []
        sets = [(name, p.InPersona) for name in personas] + [(name, p.InSegment) for name in self.segments]
        if not sets:
            return self.number_comparison(depth)
        name, node = self.pick(sets)
        if self.draw(BOOLEANS):
            return Piece(f"in {name}", node(name), COMPARISON)
        return Piece(f"not in {name}", p.Not(node(name)), COMPARISON)

    def let_condition(self, depth: int) -> Piece:
        return self.let(lambda piece: isinstance(piece.node, p.Condition)) or self.comparison(depth)

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
        return Piece(text, p.Did(kinds, where, period, company))

    def sequence(self, depth: int) -> Piece:
        steps, texts = [], []
        for _ in range(self.pick([2, 2, 3, 4])):
            name, kinds = self.kinds()
            text, where = self.where(kinds, name)
            steps.append(p.Step(kinds, where))
            texts.append(named(name) + text)
        within = self.length() if self.draw(BOOLEANS) else None
        within_text = f" within {within.text}" if within else ""
        window_text, period = self.window()
        company, prefix = self.company()
        node = p.Sequence(tuple(steps), within.node.value if within else None, period, company)
        return Piece(f"{prefix}did({' then '.join(texts)}{within_text}{window_text})", node)

    def aggregate(self, kind: Type) -> Piece | None:
        """Returns an aggregate of that type, or None when no property has it."""
        properties = [(event, prop) for event, declared in self.schema.events.items() for prop in declared.values()]
        fitting = [(event, prop) for event, prop in properties if same_kind(prop.type, kind)]
        options: list[Callable[[], Piece]] = []
        if kind == NUMBER:
            options.append(lambda: self.call(p.Function.COUNT, None, None))
            if properties:
                options.append(lambda: self.call(p.Function.DISTINCT, *self.pick(properties)))
            if fitting:
                functions = [p.Function.SUM, p.Function.MAX, p.Function.MIN, p.Function.AVG]
                options += [lambda: self.call(self.pick(functions), *self.pick(fitting))] * 4
        if kind == TIME:
            options.append(lambda: self.call(self.pick([p.Function.LAST, p.Function.FIRST]), None, None))
        if fitting:
            options.append(lambda: self.call(self.pick([p.Function.LAST, p.Function.FIRST]), *self.pick(fitting)))
        return self.pick(options)() if options else None

    def call(self, function: p.Function, event: str | None, prop: p.FieldType | None) -> Piece:
        name, kinds = (event, (event,)) if event else self.kinds()
        subject = named(name) if prop is None else f"{named(name)}.{named(prop.name)}"
        where_text, where = self.where(kinds, name)
        window_text, period = self.window()
        company, prefix = self.company()
        kind = NUMBER
        if function in (p.Function.FIRST, p.Function.LAST):
            kind = TIME if prop is None else prop.type
        optional = function not in (p.Function.COUNT, p.Function.SUM, p.Function.DISTINCT)
        node = p.Aggregate(function, kinds, prop.name if prop else None, where, period, company, kind, optional)
        return Piece(f"{prefix}{function.value}({subject}{where_text}{window_text})", node)

    def kinds(self) -> tuple[str, tuple[str, ...]]:
        events = list(self.schema.events)
        name = self.pick([*events, "any"])
        return name, tuple(sorted(events)) if name == "any" else (name,)

    def where(self, kinds: tuple[str, ...], name: str) -> tuple[str, p.Condition | None]:
        if name == "any" or not self.schema.events[name] or not self.draw(BOOLEANS):
            return "", None
        outer, self.place = self.place, name
        condition = self.condition(1)
        self.place = outer
        return f" where {condition.text}", condition.node

    def window(self) -> tuple[str, p.Period | None]:
        form = self.pick(["", "last", "previous", "ago"])
        if not form:
            return "", None
        length = self.length()
        span = length.node.value
        if form == "last":
            return f", last {length.text}", p.Period(span)
        if form == "previous":
            return f", previous {length.text}", p.Period(2 * span, span)
        end = self.pick(LENGTHS)
        return f", {format_duration(span + end)}..{format_duration(end)} ago", p.Period(span + end, end)

    def company(self) -> tuple[bool, str]:
        if self.place == "company":
            return True, ""
        company = bool(self.schema.company) and self.draw(BOOLEANS)
        return company, "company." if company else ""

    def length(self) -> Piece:
        """Returns a literal duration, or a `let` that is one."""
        named_length = self.let(lambda piece: isinstance(piece.node, p.Constant) and piece.node.type == DURATION)
        if named_length and self.draw(BOOLEANS):
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
        if found is None and self.place in ("person", "company") and self.draw(BOOLEANS):
            found = self.aggregate(kind)
        return found or self.literal(kind if kind != ONE_OF else TEXT)

    def field(self, kind: Type) -> Piece | None:
        found = [
            Piece(prefix + named(f.name), p.Field(owner, f.name, f.type, f.optional))
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
        node = p.Default(operand.node, fallback.node, operand.node.type)
        return Piece(f"default({operand.text}, {fallback.text})", node)

    def lower(self, depth: int) -> Piece:
        operand = self.unfixed(TEXT, depth)
        return Piece(f"lower({operand.text})", p.Lower(operand.node, TEXT))

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
            return Piece(f"-{operand.at(UNARY)}", p.Negative(operand.node, NUMBER), UNARY)
        if form == "of":
            percent, operand = self.pick([50, 10, 250]), self.unfixed(NUMBER, depth)
            node = p.Arithmetic("*", p.Constant(Decimal(percent) / 100, NUMBER), operand.node, NUMBER)
            return Piece(f"{percent}% of {operand.at(UNARY)}", node, PRODUCT)
        return self.binary(form, self.unfixed(NUMBER, depth), self.value(NUMBER, depth), NUMBER)

    def duration_arithmetic(self, depth: int) -> Piece:
        form = self.pick(["+", "-", "*", "/", "*", "negative", "difference"])
        if form == "difference":
            return self.binary("-", self.unfixed(TIME, depth), self.value(TIME, 0), DURATION)
        operand = self.field(DURATION) or self.literal(DURATION)
        if form == "negative":
            return Piece(f"-{operand.at(UNARY)}", p.Negative(operand.node, DURATION), UNARY)
        if form in "*/":
            factor = literal(self.pick([2, 1, 4, 0, Decimal("0.5")]), NUMBER)
            write = self.swapped if form == "*" and self.draw(BOOLEANS) else self.binary
            return write(form, operand, factor, DURATION)
        return self.binary(form, operand, self.value(DURATION, depth), DURATION)

    def binary(self, sign: str, left: Piece, right: Piece, kind: Type) -> Piece:
        level = SUM if sign in "+-" else PRODUCT
        node = p.Arithmetic(sign, left.node, right.node, kind)
        return Piece(f"{left.at(level)} {sign} {right.at(level + 1)}", node, level)

    def swapped(self, sign: str, left: Piece, right: Piece, kind: Type) -> Piece:
        """`2 * 7d` and `3d + created_at` mean what they mean from right to left."""
        level = SUM if sign in "+-" else PRODUCT
        node = p.Arithmetic(sign, left.node, right.node, kind)
        return Piece(f"{right.at(level)} {sign} {left.at(level + 1)}", node, level)

    def literal(self, kind: Type) -> Piece:
        pools: dict[Kind, list[Any]] = {
            Kind.NUMBER: NUMBERS,
            Kind.TEXT: TEXTS,
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


def literal(value: Any, kind: Type) -> Piece:
    """Returns a value as an author writes it."""
    node = p.Constant(value, TEXT if kind.kind in (Kind.ONE_OF, Kind.LIST) else kind)
    if isinstance(value, bool):
        return Piece(str(value).lower(), node)
    if isinstance(value, str):
        return Piece(quoted(value), node)
    if isinstance(value, timedelta):
        return Piece(format_duration(value), node)
    if isinstance(value, datetime):
        return Piece(format_instant(value), node)
    if isinstance(value, date):
        return Piece(value.isoformat(), node)
    text = f"{value:_}" if isinstance(value, int) else str(value)
    return Piece(text, node, UNARY if value < 0 else ATOM)


@st.composite
def rules(draw: Draw) -> Rules:
    """Returns a project: a schema, some `let`, segments and personas that use one another, in any order."""
    schema = draw(schemas())
    writer = Writer(draw, schema)
    for i in range(draw(st.integers(0, 3))):
        writer.lets[f"let_{i}"] = draw_let(writer)
    segments, personas = {}, {}
    if schema.company:
        writer.place = "company"
        for i in range(draw(st.sampled_from([0, 2, 1]))):
            segments[f"Seg{i}"] = writer.condition(2)
            writer.segments.append(f"Seg{i}")
        writer.place = "person"
    for i in range(draw(st.sampled_from([1, 6, 4, 8]))):
        personas[f"P{i}"] = writer.condition(3)
        writer.personas.append(f"P{i}")
    declared = [f"let {name} = {piece.text}" for name, piece in writer.lets.items()]
    declared += [f"segment {name}:\n  {piece.text}" for name, piece in segments.items()]
    declared += [f'persona {name} "{name}":\n  {piece.text}' for name, piece in personas.items()]
    meaning = p.Program(
        schema,
        {name: p.Segment(name, "", piece.node) for name, piece in segments.items()},
        {name: p.Persona(name, name, piece.node) for name, piece in personas.items()},
        {},
        {},
        "",
    )
    return Rules("\n".join([schema_text(schema), *draw(st.permutations(declared))]) + "\n", meaning)


def draw_let(writer: Writer) -> Piece:
    """Returns what a `let` may stand for: a duration, a number, or a whole condition."""
    kind = writer.pick(["duration", "number", "value", "condition"])
    if kind == "duration":
        return writer.literal(DURATION)
    if kind == "number":
        return writer.literal(NUMBER)
    return writer.unfixed(NUMBER, 1) if kind == "value" else writer.condition(1)


# --- worlds -------------------------------------------------------------------------------------------------------


@cache
def instants(now: datetime) -> st.SearchStrategy[datetime]:
    """Returns instants on the edges of windows, a microsecond beside them, and ahead of `now`."""
    edges = st.sampled_from(OFFSETS)
    beside = st.sampled_from([timedelta(0), TICK, -TICK])
    past = st.builds(lambda edge, near: now - edge + near, edges, beside)
    ahead = st.builds(lambda edge, near: now + edge + near, edges, beside)
    return st.one_of(past, past, past, ahead)


@cache
def numbers(form: str) -> st.SearchStrategy[int | Decimal | float]:
    """Returns numbers as one column holds them: whole, decimal, mixed, or doubles, most of them multiples of 1/8."""
    whole = st.sampled_from([n for n in NUMBERS if isinstance(n, int)]) | st.integers(-5, 20)
    decimal = st.sampled_from([Decimal(n) for n in NUMBERS]) | st.integers(-400, 900).map(lambda n: Decimal(n) / 100)
    double = st.integers(-20, 80).map(lambda n: n / 8) | st.sampled_from([0.1, 0.2, 0.3, 1 / 3, 1e-7, -0.0, 2.0**53])
    return {"whole": whole, "decimal": decimal, "mixed": whole | decimal, "double": double}[form]


@cache
def values(kind: Type, now: datetime, form: str) -> st.SearchStrategy[Any]:
    """Returns values of a type as data holds them."""
    texts = st.sampled_from(TEXTS) | st.sampled_from(TEXTS) | st.sampled_from(MORE_TEXTS)
    offsets = st.sampled_from([*OFFSETS, -HOUR, -DAY])
    strategies: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.NUMBER: numbers(form),
        Kind.TEXT: texts,
        Kind.ONE_OF: st.sampled_from(kind.choices or ("",)),
        Kind.BOOL: st.booleans(),
        Kind.TIME: instants(now) | st.just(NOWS[0] - 7 * DAY),
        Kind.DATE: st.builds(lambda n: (now - n * DAY).date(), st.integers(-15, 29)),
        Kind.DURATION: offsets,
        Kind.LIST: st.lists(texts, max_size=3),
    }
    return strategies[kind.kind]


@st.composite
def worlds(draw: Draw, schema: p.Schema, now: datetime) -> World:
    """Returns people with and without companies, empty companies, and events, also ahead of `now` and of nobody."""
    forms: dict[int, str] = {}

    def row(declared: Declared) -> dict[str, Any]:
        found = {}
        for field in declared.values():
            form = forms.get(id(field)) or draw(FORMS)
            forms[id(field)] = form
            # a value may be missing although its field is not declared with `?`: bad data is data, too
            present = draw(up_to(3 if field.optional else 8)) < (3 if field.optional else 8)
            found[field.name] = draw(values(field.type, now, form)) if present else None
        return found

    companies = ["c1", "ü", "empty"][: draw(st.sampled_from([0, 3, 2, 3, 1]))] if schema.company else []
    homes = st.sampled_from([None, *companies[:2], *companies[:2], "unknown"])
    keys = ["p1", "p2", "P2", "\U0001d521", "～"][: draw(st.sampled_from([2, 4, 5, 3, 0]))]
    people: list[Row] = [{"person": key, "company": draw(homes), **row(schema.person)} for key in keys]
    # an event without a time never happened
    times = instants(now) | instants(now) | instants(now) | st.none()
    events: dict[str, list[Row]] = {}
    for kind, declared in schema.events.items():
        count = draw(st.sampled_from([0, 8, 10, 6, 4]))
        actors = st.sampled_from([*keys, *keys, "nobody"]) if keys else st.just("nobody")
        events[kind] = [{"person": draw(actors), "at": draw(times), **row(declared)} for _ in range(count)]
    return World(people, [{"company": key, **row(schema.company)} for key in companies], events)
