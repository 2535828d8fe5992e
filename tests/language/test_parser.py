"""Trees and their places, precedence, and going on after a mistake."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rulekit.diagnostics.source import SourceText, Span
from rulekit.language import tree
from rulekit.language.parsing.depth import DEPTH
from rulekit.language.parsing.parser import parse
from rulekit.language.parsing.words import BEGINNINGS, RESERVED, SOFT


def read(text: str) -> tuple[tree.Declaration, ...]:
    file, reports = parse(SourceText("a.rules", text))
    assert [report.message for report in reports] == []
    return file.declarations


def condition(text: str) -> tree.Expression:
    (declaration,) = read(f"persona P: {text}")
    assert isinstance(declaration, tree.PersonaDeclaration)
    return declaration.condition


def outline(node: Any) -> str:  # noqa: C901 (one row for each shape)
    """Returns an expression with a bracket around each operator."""
    match node:
        case tree.Literal():
            return f"{node.value}"
        case tree.Reference():
            return node.name.text
        case tree.Member():
            return f"{node.owner.text}.{node.name.text}"
        case tree.Unary():
            return f"({node.operator} {outline(node.operand)})"
        case tree.Binary():
            return f"({outline(node.left)} {node.operator} {outline(node.right)})"
        case tree.Between():
            return f"({outline(node.operand)} between {outline(node.low)} and {outline(node.high)})"
        case tree.InList():
            items = ", ".join(outline(item) for item in node.items)
            return f"({outline(node.operand)} {'not ' * node.negated}in [{items}])"
        case tree.InSet():
            return f"({'not ' * node.negated}in {node.name.text})"
        case tree.Presence():
            return f"({outline(node.operand)} is {'present' if node.present else 'missing'})"
        case tree.WithinWindow():
            return f"({outline(node.operand)} within {node.direction} {outline(node.length)})"
        case tree.Window():
            end = f"..{outline(node.end)}" if node.end else ""
            return f"<{node.kind} {outline(node.start)}{end}>"
        case tree.Subject():
            return outline(node.value) + (f" where {outline(node.where)}" if node.where else "")
        case tree.Call():
            inner = " then ".join(outline(subject) for subject in node.subjects)
            inner += f" within {outline(node.within)}" if node.within else ""
            inner += "".join(f"; {outline(argument)}" for argument in node.arguments)
            return f"{'company.' * node.company}{node.function.text}[{inner}]"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("not a and b", "((not a) and b)"),
        ("not a = b", "(not (a = b))"),
        ("not not a", "(not (not a))"),
        ("a = b + c", "(a = (b + c))"),
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c", "((a / b) * c)"),
        ("-a * b", "((- a) * b)"),
        ("- - a", "(- (- a))"),
        ("-a.b + 3", "((- a.b) + 3)"),
        ("(a or b) and c", "((a or b) and c)"),
        ("a * (b + c) > 0", "((a * (b + c)) > 0)"),
        ("x < 50% of y + 1", "(x < ((0.50 of y) + 1))"),
        ("x between a + 1 and b and c", "((x between (a + 1) and b) and c)"),
        ('x in ("a", -3,) and y', "((x in [a, -3]) and y)"),
        ("x not in (1)", "(x not in [1])"),
        ("not x in (1)", "(x not in [1])"),
        ("in Enterprise or not in Quiet", "((in Enterprise) or (not in Quiet))"),
        ("x is missing and not y is present", "((x is missing) and (not (y is present)))"),
        ('x contains "a" or x matches "b"', "((x contains a) or (x matches b))"),
        ('x starts with "a" and x ends with "b"', "((x starts a) and (x ends b))"),
        ("x within next 30d", "(x within next 30 days, 0:00:00)"),
        ("x within\n last idle", "(x within last idle)"),
        ("company.arr > 3", "(company.arr > 3)"),
        ("lower(default(name, y)) = z", "(lower[default[name; y]] = z)"),
        ("did(a where x > 1 and y, last idle)", "did[a where ((x > 1) and y); <last idle>]"),
        (
            "did(a then b where flag within 7d, previous d)",
            "did[a then b where flag within 7 days, 0:00:00; <previous d>]",
        ),
        ("company.count(a, x..y ago) >= 3", "(company.count[a; <ago x..y>] >= 3)"),
        ("last(a.b) = first(a)", "(last[a.b] = first[a])"),
        ("count(a, last - 5)", "count[a; (last - 5)]"),
        ("last last = previous", None),
        ("count(a, last last)", "count[a; <last last>]"),
    ],
)
def test_precedence_and_shapes(text: str, expected: str | None) -> None:
    if expected is None:
        assert parse(SourceText("a.rules", f"persona P: {text}"))[1]
    else:
        assert outline(condition(text)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a \\"b\\" \\\\ \\n\\t é"', 'a "b" \\ \n\t é'),
        ("12", 12),
        ("50_000", 50000),
        ("007", 7),
        ("12.50", Decimal("12.50")),
        ("50%", Decimal("0.5")),
        ("14d", timedelta(days=14)),
        ("1_000s", timedelta(seconds=1000)),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T09:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("2026-01-31T09:00:30.25+01:00", datetime(2026, 1, 31, 8, 0, 30, 250000, tzinfo=UTC)),
        ("true", True),
        ("false", False),
    ],
)
def test_literals(text: str, value: object) -> None:
    (let,) = read(f"let a = {text}")
    assert isinstance(let, tree.LetDeclaration)
    assert isinstance(let.value, tree.Literal)
    assert (let.value.value, type(let.value.value)) == (value, type(value))
    assert let.value.percent == text.endswith("%")


@pytest.mark.parametrize("word", sorted(SOFT))
def test_soft_words_are_names(word: str) -> None:
    name = word.lower()
    declarations = read(
        f"person: {name} text {name} list of text event {name}: {name} number let {name} = {name} + {name}(x, {name})\n"
        f"persona {name} was {name}: x = {name} and in {name} and {name}.{name} > {name} or did({name} where {name})\n"
        f'template {name}: {name} "a" trigger {name}: on tagged({name}) in {name} send template {name} {name}=1\n'
        f'test "t": person {name}: {name}=1 event {name} by {name} at 2026-01-01: {name}=2\n'
        f"at 2026-01-02: expect `{name}` in {name}, approve `{name}` to `{name}`"
    )
    assert len(declarations) == 7


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_reserved_words_are_names_in_backquotes(word: str) -> None:
    name = word.lower()
    record, event, let = read(f"person: `{name}` text\nevent `{name}`\nlet `{name}` = `{name}`")
    assert isinstance(record, tree.RecordDeclaration)
    assert isinstance(event, tree.EventDeclaration)
    assert isinstance(let, tree.LetDeclaration)
    assert {record.fields[0].name.text, event.name.text, let.name.text} == {name}
    assert parse(SourceText("a.rules", f"let {name} = 1"))[1]


def test_declarations() -> None:
    record, trigger, test = read(
        'person: plan one of ("a", "b",)? tags list of text '
        'trigger New was Old "Title": on untagged(P) in S send template T auto=true every=30d '
        'test "t": person ada: x=-1, company=acme company acme event e by ada at 2026-01-01 '
        "at 2026-01-02T00:00Z: expect ada not in P, expect no T to ada, expect T to ada sent, unapprove T to ada"
    )
    assert isinstance(record, tree.RecordDeclaration)
    plan, tags = (field.type for field in record.fields)
    assert (plan.name.text, plan.optional, [c.text for c in plan.choices or ()]) == ("one", True, ["a", "b"])
    assert (tags.name.text, tags.element and tags.element.text, tags.optional) == ("list", "text", False)
    assert isinstance(trigger, tree.TriggerDeclaration)
    assert trigger.was is not None
    assert trigger.title is not None
    assert trigger.segment is not None
    named = (trigger.name, trigger.was, trigger.title, trigger.persona, trigger.segment, trigger.template)
    assert [part.text for part in named] == ["New", "Old", "Title", "P", "S", "T"]
    assert trigger.edge == "untagged"
    assert [(o.name.text, o.value.value) for o in trigger.options] == [("auto", True), ("every", timedelta(days=30))]
    assert isinstance(test, tree.TestDeclaration)
    ada, acme, event, moment = test.statements
    assert isinstance(ada, tree.TestRecord)
    assert isinstance(acme, tree.TestRecord)
    assert isinstance(event, tree.TestEvent)
    assert isinstance(moment, tree.Moment)
    assert ada.company is not None
    assert (ada.record, ada.company.text, ada.values[0].value.value) == ("person", "acme", -1)
    assert (acme.record, acme.values) == ("company", ())
    assert event.at.value == date(2026, 1, 1)
    kinds = [tree.ExpectMember, tree.ExpectEmail, tree.ExpectEmail, tree.Act]
    assert [type(step) for step in moment.steps] == kinds


@pytest.mark.parametrize(
    ("written", "how", "negated"),
    [
        ("=", "=", False),
        ("!=", "=", True),
        ("contains", "contains", False),
        ("not contains", "contains", True),
        ("starts with", "starts with", False),
        ("not ends with", "ends with", True),
    ],
)
@pytest.mark.parametrize("part", ["subject", "body"])
def test_expectations_on_what_an_email_says(part: str, written: str, how: str, negated: bool) -> None:
    (test,) = read(f'test "t": at 2026-01-02: expect `Body` to subject_of {part} {written} "it"')
    assert isinstance(test, tree.TestDeclaration)
    (moment,) = test.statements
    assert isinstance(moment, tree.Moment)
    (step,) = moment.steps
    assert isinstance(step, tree.ExpectText)
    assert (step.template.text, step.person.text, step.text.text) == ("Body", "subject_of", "it")
    assert (step.part, step.how, step.negated) == (part, how, negated)


def test_comments_directly_above_document() -> None:
    text = "# far away\n\n# first\n#\n#  second\n# rulekit: ignore[x]\npersona A: x # behind\npersona B: x"
    first, second = read(text)
    assert isinstance(first, tree.PersonaDeclaration)
    assert isinstance(second, tree.PersonaDeclaration)
    assert first.comment == "first\n\n second"
    assert second.comment == ""


TEXT = """
# all kinds
person:
  email text
  plan one of ("free", "pro")?
event purchase:
  amount number
let idle = 2 * 7d
segment Large "L": arr > 50_000
persona Quiet was Old "Q":
  (last_login > idle and company.count(purchase where amount > 5, 30d..14d ago) = 0) or not in Large
template Hello: subject "Hi" text "Hi"
trigger T: on tagged(Quiet) send template Hello auto=true
test "t": person ada: email="a" at 2026-01-01T00:00Z: expect ada in Quiet
"""


def nodes(node: object) -> Iterator[Any]:
    if type(node).__module__.startswith(tree.__name__):
        yield node
        for field in fields(node):  # type: ignore[arg-type]
            value = getattr(node, field.name)
            for child in value if isinstance(value, tuple) else (value,):
                yield from nodes(child)


def test_every_node_reaches_over_its_parts() -> None:
    for declaration in read(TEXT):
        assert TEXT[declaration.span.start : declaration.span.end].startswith(BEGINNINGS)
        for node in nodes(declaration):
            assert 0 <= node.span.start < node.span.end <= len(TEXT)
            for child in nodes(node):
                assert node.span.start <= child.span.start <= child.span.end <= node.span.end
            if isinstance(node, tree.Name):
                assert TEXT[node.span.start : node.span.end] == node.text


def test_spans_point_at_the_words() -> None:
    text = 'persona A "t": x starts with (a + 3)'
    (persona,) = read(text)
    assert isinstance(persona, tree.PersonaDeclaration)
    binary = persona.condition
    assert isinstance(binary, tree.Binary)

    def at(span: Span) -> str:
        return text[span.start : span.end]

    assert at(persona.head) == 'persona A "t"'
    assert at(binary.operator_span) == "starts with"
    assert at(binary.right.span) == "(a + 3)"
    assert at(binary.span) == "x starts with (a + 3)"


def test_a_broken_declaration_hides_nothing_but_itself() -> None:
    text = (
        "persona A: x >\nlet b = 1\npersona C: (x\nsegment D: y\nperson: a text\n"
        'persona E "t: x\nevent f\ntemplate G subject'
    )
    file, reports = parse(SourceText("a.rules", text))
    assert [type(d) for d in file.declarations] == [
        tree.LetDeclaration,
        tree.SegmentDeclaration,
        tree.RecordDeclaration,
        tree.EventDeclaration,
    ]
    assert file.broken == {"A", "C", "E", "G"}
    assert [report.code.slug for report in reports] == [
        "unfinished-declaration",
        "unclosed-bracket",
        "unclosed-text",
        "missing-colon",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "persona A: company.arr > 3",
        'trigger T: on tagged(P) send template X\ntemplate X: subject "a"',
        'test "t": person a: x=1 event e by a at 2026-01-01 company c: company=d\nperson: a text\nevent f\nevent g: a text',  # noqa: E501
        "person: `event` text\nevent `company`: `test` text",
    ],
)
def test_words_that_begin_declarations_may_stand_elsewhere(text: str) -> None:
    read(text)


def test_a_chain_of_many_conditions_is_no_deep_tree() -> None:
    def depth(node: object) -> int:
        children = [getattr(node, field.name) for field in fields(node)]  # type: ignore[arg-type]
        return 1 + max((depth(c) for c in children if isinstance(c, tree.Binary | tree.Reference)), default=0)

    chain = condition(" and ".join(f"a{number}" for number in range(1000)))
    assert depth(chain) < 20
    names = [node.name.text for node in nodes(chain) if isinstance(node, tree.Reference)]
    assert names == [f"a{number}" for number in range(1000)]


def test_no_tree_is_deeper_than_readers_may_recurse() -> None:
    def depth(node: object) -> int:
        children = [getattr(node, field.name) for field in fields(node)]  # type: ignore[arg-type]
        flat = [part for child in children for part in (child if isinstance(child, tuple) else (child,))]
        return 1 + max((depth(part) for part in flat if type(part).__module__.startswith(tree.__name__)), default=0)

    opening = "f((a or b and 1 = 2 + 3 * - -(not not "
    shapes = {levels: f"let a = {opening * levels}x{')))' * levels}" for levels in range(1, 22)}
    kept = {levels: parse(SourceText("a.rules", text))[0].declarations for levels, text in shapes.items()}
    assert kept[1]
    assert not kept[21]
    assert max(depth(declaration) for found in kept.values() for declaration in found) <= DEPTH + 1
    assert parse(SourceText("a.rules", shapes[21]))[1][0].code.slug == "too-deep"
