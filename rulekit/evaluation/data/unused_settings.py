"""What the settings of a source name that the rules do not declare, so that nothing is read from it."""

from collections.abc import Collection, Iterator

from rulekit.language.program import Schema
from rulekit.records import EventMapping, SourceMapping


def find_unused(schema: Schema, mapping: SourceMapping) -> tuple[tuple[str, str, str], ...]:
    """Returns each name that no declaration has, after the section and the key, `fields` or `kinds`, that name it."""
    return tuple(_unused(schema, mapping))


def _unused(schema: Schema, mapping: SourceMapping) -> Iterator[tuple[str, str, str]]:
    yield from _of("[source.person]", mapping.person.fields, schema.person)
    if mapping.company is not None:
        yield from _of("[source.company]", mapping.company.fields, schema.company)
    for events in mapping.events:
        yield from _of("[[source.events]]", events.fields, _properties(schema, events))
        for kind in sorted(set(events.kinds.values()).difference(schema.events)):
            yield "[[source.events]]", "kinds", kind


def _of(section: str, named: Collection[str], declared: Collection[str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(set(named).difference(declared)):
        yield section, "fields", name


def _properties(schema: Schema, events: EventMapping) -> set[str]:
    """Returns the properties of the kinds that a table may hold."""
    kinds = [events.event] if events.event is not None else list(schema.events)
    return {name for kind in kinds for name in schema.events.get(kind, ())}
