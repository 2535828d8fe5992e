"""A condition that another one in the same chain makes superfluous: `x > 3 and x > 5` is `x > 5`.

One of the two is a slip, or is left over. `is missing` and `is present` are never called superfluous: they say what
becomes of people without a value.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import reasoning
from rulekit.language.lints.chains import always, chains, is_decision, never, sensible
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import And, Condition, Or


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each part of a chain that can be left out without any effect."""
    for judged in sensible(view):
        for chain in chains(judged.condition):
            for part, because in _superfluous(chain):
                place, reason = judged.place(part.span), judged.place(because.span)
                yield Diagnostic(
                    codes.SUBSUMED_CONDITION,
                    "a condition has no effect beside another one",
                    Label(place, _EFFECTS[type(chain)]),
                    secondary=(Label(reason, "because of this"),) if reason != place else (),
                    help="remove it, or write what was meant",
                )


_EFFECTS: dict[type, str] = {And: "always so where the other holds", Or: "never so unless the other holds"}


def _superfluous(chain: And | Or) -> Iterator[tuple[Condition, Condition]]:
    left = [part for part in dict.fromkeys(chain.operands) if not never(part) and not always(part)]
    for part in tuple(left):
        others = (other for other in left if other is not part)
        because = next((other for other in others if _follows(part, other, chain)), None)
        if because is not None and not is_decision(part) and not is_decision(because):
            left.remove(part)
            yield part, because


def _follows(part: Condition, other: Condition, chain: And | Or) -> bool:
    return reasoning.implies(other, part) if isinstance(chain, And) else reasoning.implies(part, other)
