"""What a reader can see about conditions: that one never holds, always holds, or follows from another.

Sound and not complete: what is said is so for every person; where it would take long, nothing is said.
"""

from rulekit.language.reasoning.normal import Both, Node, normal
from rulekit.language.reasoning.search import contradicts
from rulekit.language.typed_expressions import Condition

__all__ = ["always", "excludes", "implies", "never"]


def never(condition: Condition) -> bool:
    """Returns whether a condition can be seen to hold for nobody."""
    return contradicts([normal(condition)])


def always(condition: Condition) -> bool:
    """Returns whether a condition can be seen to hold for everybody."""
    return contradicts([normal(condition, holds=False)])


def implies(condition: Condition, other: Condition) -> bool:
    """Returns whether whoever a condition holds for can be seen to have the other hold too."""
    return contradicts([normal(condition), normal(other, holds=False)])


def excludes(*conditions: Condition) -> bool:
    """Returns whether conditions can be seen not to hold together for anybody."""
    together: list[Node] = [normal(condition) for condition in conditions]
    return contradicts([Both(tuple(together))])
