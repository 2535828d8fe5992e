"""Whether requirements contradict each other, within a fixed number of steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rulekit.language.reasoning.domains import Known
from rulekit.language.reasoning.normal import Both, Either, Node, Requirement

# requirements that are looked at before nothing is said
MOST_STEPS = 2000


@dataclass(slots=True)
class _Steps:
    left: int = MOST_STEPS


def contradicts(nodes: Sequence[Node]) -> bool:
    """Returns whether all of the requirements together can be seen to be met by nobody."""
    return _fails(nodes, Known(), _Steps())


def _fails(nodes: Iterable[Node], known: Known, steps: _Steps) -> bool:
    choices: list[Either] = []
    waiting = list(nodes)
    while waiting:
        steps.left -= 1
        if steps.left < 0:
            return False
        node = waiting.pop()
        if isinstance(node, Both):
            waiting.extend(node.parts)
        elif isinstance(node, Either):
            choices.append(node)
        elif not _require(node, known):
            return True
    return any(_all_fail(choice, known, steps) for choice in choices)


def _require(requirement: Requirement, known: Known) -> bool:
    return known.require(requirement.condition, requirement.holds)


def _all_fail(choice: Either, known: Known, steps: _Steps) -> bool:
    return all(_fails([part], known.copy(), steps) for part in choice.parts)
