"""Declarations that are made of themselves: cycles among `let`s, personas and segments."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Label
from rulekit.language import tree
from rulekit.language.checking.findings import Findings
from rulekit.language.checking.names.declared_names import Declared, Named

Graph = Mapping[str, frozenset[str]]


# more circles than this are not reported in one project, nor more names of one circle
MOST_CYCLES = 100
MOST_NAMES = 20
# before the name of a `let` where it stands among the names of personas and segments, which have no spaces
LET = "let "


def check_cycles(declared: Declared, findings: Findings) -> frozenset[str]:
    """Reports every cycle once; returns the names of `let`s on a cycle, which stand for nothing."""
    looping = _check_lets(declared, findings)
    through = {LET + name: _sets(let.value, declared) for name, let in declared.lets.items()}
    for code, kind, sets in (
        (codes.PERSONA_CYCLE, "persona", declared.personas),
        (codes.SEGMENT_CYCLE, "segment", declared.segments),
    ):
        graph = {**through, **{name: _sets(one.condition, declared) for name, one in sets.items()}}
        _check_sets(graph, code, kind, sets, findings)
    return looping


def _check_lets(declared: Declared, findings: Findings) -> frozenset[str]:
    lets = {name: _references(let.value, declared.lets) for name, let in declared.lets.items()}
    looping: set[str] = set()
    for number, cycle in enumerate(find_cycles(lets, lets)):
        looping.update(cycle)
        if number < MOST_CYCLES:
            _report(codes.LET_CYCLE, "let", cycle, declared.lets, findings)
    return frozenset(looping)


def _check_sets(graph: Graph, code: Code, kind: str, sets: Mapping[str, Named], findings: Findings) -> None:
    for cycle in islice(find_cycles(graph, sets), MOST_CYCLES):
        names = tuple(name for name in cycle if not name.startswith(LET))
        if names:
            _report(code, kind, _from_first(names), sets, findings)


def find_cycles(graph: Graph, starts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yields the cycles that a walk from each start in order of names runs into, each from its first name on."""
    finished: set[str] = set()
    for start in sorted(starts):
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
                yield _from_first(tuple(around[around.index(name) :]))
            elif name not in finished and name in graph:
                path[name] = None
                waiting.append(iter(sorted(graph[name])))


def _from_first(cycle: tuple[str, ...]) -> tuple[str, ...]:
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


def _references(node: tree.Expression, lets: Iterable[str]) -> frozenset[str]:
    named = {part.name.text for part in tree.written_parts(node) if isinstance(part, tree.Reference)}
    return frozenset(named.intersection(lets))


def _sets(node: tree.Expression, declared: Declared) -> frozenset[str]:
    """Returns the personas and segments that an expression names, and the `let`s that may name more."""
    sets = {part.name.text for part in tree.written_parts(node) if isinstance(part, tree.InSet)}
    return frozenset(sets | {LET + name for name in _references(node, declared.lets)})


def _report(code: Code, kind: str, cycle: tuple[str, ...], declared: Mapping[str, Named], findings: Findings) -> None:
    first, *others = cycle
    left_out = ["…"] if len(cycle) > MOST_NAMES else []
    around = " → ".join([*(f"`{name}`" for name in cycle[:MOST_NAMES]), *left_out, f"`{first}`"])
    findings.report(
        code,
        f"{kind} `{first}` depends on itself",
        declared[first].name.span,
        f"goes around: {around}",
        secondary=tuple(Label(declared[name].name.span, "goes through here") for name in others[: MOST_NAMES - 1]),
        help=f"take one `{kind}` out of the circle",
    )
