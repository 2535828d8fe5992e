"""A window that reaches further back than the source keeps events: what is older looks as if it never happened.

The settings say how far back a source goes (`history`), for all events or for those of one table.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.expression_parts import leaves
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    Arithmetic,
    Comparison,
    Condition,
    Default,
    Did,
    InList,
    IsMissing,
    Lower,
    Negative,
    Sequence,
    TextTest,
    Value,
    Within,
)

if TYPE_CHECKING:
    from rulekit.settings.model import SourceSection

Looking = Aggregate | Did | Sequence


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each window that begins before the history of its events."""
    if view.settings is None:
        return
    source = view.settings.source
    conditions = [persona.condition for persona in view.program.personas.values()]
    conditions += [segment.condition for segment in view.program.segments.values()]
    for condition in conditions:
        for leaf, _ in leaves(condition):
            for looking in _in_condition(leaf):
                yield from _check_window(looking, source)


def _check_window(looking: Looking, source: "SourceSection") -> Iterator[Diagnostic]:
    if looking.period is None:
        return
    kept = {event: known for event in _events(looking) if (known := _history(event, source)) is not None}
    short = [event for event, known in kept.items() if known < looking.period.start]
    if short:
        event = min(short, key=kept.__getitem__)
        yield Diagnostic(
            codes.WINDOW_BEYOND_HISTORY,
            f"a window reaches back {_days(looking.period.start)}, events `{event}` {_days(kept[event])}",
            Label(looking.span, "older events are not in the source"),
            help="write a shorter window, or mend `history` in the settings if more is kept",
        )


def _history(event: str, source: "SourceSection") -> timedelta | None:
    """Returns how far back the source goes for a kind of event, at most; None when nobody said."""
    own = [table.history for table in source.events if table.event == event]
    many = [table.history for table in source.events if table.event is None]
    histories = [source.history if history is None else history for history in own or many or [None]]
    known = [history for history in histories if history is not None]
    return max(known) if len(known) == len(histories) else None


def _events(looking: Looking) -> tuple[str, ...]:
    if isinstance(looking, Sequence):
        return tuple(dict.fromkeys(event for step in looking.steps for event in step.events))
    return looking.events


def _days(length: timedelta) -> str:
    return f"{length.days} days" if length.days else "less than a day"


def _in_condition(leaf: Condition) -> Iterator[Looking]:
    match leaf:
        case Did() | Sequence():
            yield leaf
        case Comparison():
            yield from (*_in_value(leaf.left), *_in_value(leaf.right))
        case InList() | Within() | TextTest() | IsMissing():
            yield from _in_value(leaf.operand)


def _in_value(value: Value) -> Iterator[Looking]:
    match value:
        case Aggregate():
            yield value
        case Age():
            yield from _in_value(value.of)
        case Arithmetic():
            yield from (*_in_value(value.left), *_in_value(value.right))
        case Negative() | Lower() | Default():
            yield from _in_value(value.operand)
