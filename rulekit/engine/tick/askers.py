"""Which personas are parked because they ask for one that is.

Who is in a parked persona is not known, so nobody can tell who would be in one that asks for it.
"""

from collections.abc import Callable, Mapping

from rulekit.language.expression_parts import walk
from rulekit.language.program import Program
from rulekit.language.typed_expressions import InPersona


def with_askers(program: Program, doubted: Mapping[str, str], is_accepted: Callable[[str], bool]) -> dict[str, str]:
    """Returns why personas are parked: those that are `doubted`, and those that ask for one of them, at any depth.

    One that `is_accepted` is not parked for that, nor is what asks for it alone.
    """
    parked = dict(doubted)
    asked = {name: _asked_by(program, name) for name in program.personas if not is_accepted(name)}
    while found := {name: _say(names, parked) for name, names in asked.items() if _follows(name, names, parked)}:
        parked |= found
    return parked


def _asked_by(program: Program, persona: str) -> list[str]:
    return [node.name for node in walk(program.personas[persona].condition) if isinstance(node, InPersona)]


def _follows(name: str, asked: list[str], parked: Mapping[str, str]) -> bool:
    return name not in parked and not parked.keys().isdisjoint(asked)


def _say(asked: list[str], parked: Mapping[str, str]) -> str:
    return f"it asks for `{next(name for name in asked if name in parked)}`, which is parked"
