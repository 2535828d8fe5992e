"""Random projects: a schema, and rules that use one another, as text with the meaning that it should have."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from rulekit.language import program as p
from rulekit.language.types import DURATION, NUMBER, TIME, Kind, Type
from tests.oracle.pieces import Piece, named, quoted
from tests.oracle.vocabulary import CHOICES, COMPANY_FIELDS, EVENTS, ONE_OF, PERSON_FIELDS, PROPERTIES, TYPES, Declared
from tests.oracle.writing import Writer


@dataclass(frozen=True, slots=True)
class Rules:
    """A project's text, and the program that it should mean."""

    text: str
    meaning: p.Program


def make_schema(random: Random) -> p.Schema:
    """Returns a schema with a person, mostly a company, and a few events."""
    return p.Schema(
        make_fields(random, PERSON_FIELDS, random.randint(3, 8), [*TYPES, NUMBER, TIME]),
        make_fields(random, COMPANY_FIELDS, random.choice([0, 2, 3, 4]), TYPES),
        {
            name: make_fields(random, PROPERTIES, random.randint(0, 4), [NUMBER, NUMBER, NUMBER, *TYPES])
            for name in random.sample(EVENTS, random.randint(1, 3))
        },
    )


def make_fields(random: Random, names: Sequence[str], number: int, types: Sequence[Type]) -> Declared:
    """Returns some of the names with types, of which some may be missing."""
    return {
        name: p.FieldType(name, make_type(random, types), random.random() < 0.5)
        for name in random.sample(names, number)
    }


def make_type(random: Random, types: Sequence[Type]) -> Type:
    kind = random.choice(types)
    return Type(Kind.ONE_OF, random.choice(CHOICES)) if kind == ONE_OF else kind


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


def make_rules(random: Random) -> Rules:
    """Returns a project: a schema, some `let`, segments and personas that use one another, in any order."""
    schema = make_schema(random)
    writer = Writer(random, schema)
    for i in range(random.randint(0, 3)):
        writer.lets[f"let_{i}"] = make_let(writer)
    segments, personas = {}, {}
    if schema.company:
        writer.place = "company"
        for i in range(random.randint(0, 2)):
            segments[f"Seg{i}"] = writer.condition(2)
            writer.segments.append(f"Seg{i}")
        writer.place = "person"
    for i in range(random.choice([1, 30, 40, 60])):
        personas[f"P{i}"] = writer.condition(writer.pick([0, 1, 0, 2, 1]))
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
    return Rules("\n".join([schema_text(schema), *random.sample(declared, len(declared))]) + "\n", meaning)


def make_let(writer: Writer) -> Piece:
    """Returns what a `let` may stand for: a duration, a number, or a whole condition."""
    kind = writer.pick(["duration", "number", "value", "condition"])
    if kind == "duration":
        return writer.literal(DURATION)
    if kind == "number":
        return writer.literal(NUMBER)
    return writer.unfixed(NUMBER, 1) if kind == "value" else writer.condition(1)
