"""Declarations that are made of themselves: cycles among `let`s, personas and segments."""

from collections.abc import Iterable, Mapping

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Label
from rulekit.language import tree
from rulekit.language.checking.findings import Findings
from rulekit.language.checking.names import Declared
from rulekit.language.checking.walk import written_parts

Graph = Mapping[str, frozenset[str]]


def check_cycles(declared: Declared, findings: Findings) -> frozenset[str]:
    """Reports every cycle once; returns the names of `let`s on a cycle, which stand for nothing."""
    uses = {name: _references(let.value, declared.lets) for name, let in declared.lets.items()}
    cycles = find_cycles(uses)
    for cycle in cycles:
        _report(codes.LET_CYCLE, "let", cycle, {n: declared.lets[n].name for n in cycle}, findings)
    personas = {name: _sets(persona.condition, declared) for name, persona in declared.personas.items()}
    for cycle in find_cycles(personas):
        _report(codes.PERSONA_CYCLE, "persona", cycle, {n: declared.personas[n].name for n in cycle}, findings)
    segments = {name: _sets(segment.condition, declared) for name, segment in declared.segments.items()}
    for cycle in find_cycles(segments):
        _report(codes.SEGMENT_CYCLE, "segment", cycle, {n: declared.segments[n].name for n in cycle}, findings)
    return frozenset(name for cycle in cycles for name in cycle)


def find_cycles(graph: Graph) -> list[tuple[str, ...]]:
    """Returns the cycles that a walk in order of names runs into, each from its first name on."""
    cycles: list[tuple[str, ...]] = []
    finished: set[str] = set()
    for start in sorted(graph):
        path: dict[str, None] = {}
        waiting = [iter([start])]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                if path:
                    finished.add(path.popitem()[0])
            elif name in path:
                around = list(path)
                cycles.append(_from_first(tuple(around[around.index(name) :])))
            elif name not in finished and name in graph:
                path[name] = None
                waiting.append(iter(sorted(graph[name])))
    return cycles


def _from_first(cycle: tuple[str, ...]) -> tuple[str, ...]:
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


def _references(node: tree.Expression, lets: Iterable[str]) -> frozenset[str]:
    named = {part.name.text for part in written_parts(node) if isinstance(part, tree.Reference)}
    return frozenset(named.intersection(lets))


def _sets(node: tree.Expression, declared: Declared) -> frozenset[str]:
    named: set[str] = set()
    looked_at: set[str] = set()
    waiting = [node]
    while waiting:
        for part in written_parts(waiting.pop()):
            if isinstance(part, tree.InSet):
                named.add(part.name.text)
            elif isinstance(part, tree.Reference) and part.name.text in declared.lets.keys() - looked_at:
                looked_at.add(part.name.text)
                waiting.append(declared.lets[part.name.text].value)
    return frozenset(named)


def _report(code: Code, kind: str, cycle: tuple[str, ...], names: Mapping[str, tree.Name], findings: Findings) -> None:
    first, *others = cycle
    around = " → ".join(f"`{name}`" for name in (*cycle, first))
    findings.report(
        code,
        f"{kind} `{first}` depends on itself",
        names[first].span,
        f"goes around: {around}",
        secondary=tuple(Label(names[name].span, "goes through here") for name in others),
        help=f"take one `{kind}` out of the circle",
    )
