"""Minutes or seconds where days or months were probably meant: `m` is a minute, and there are no months.

Minutes are right for what happens while somebody is at work, and people write them as 5, 10, 15, 30 or 45. So what is
reported in conditions are seconds, and minutes below an hour that are no multiple of five, as in `last_login > 14m` and
`last 3m`. `every` and `expires` of a trigger are about emails to people: there, everything below an hour is reported.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.language import tree
from rulekit.language.lints.view import View
from rulekit.language.program import FieldType
from rulekit.language.types import DURATION

_HOUR = timedelta(hours=1)
_ROUND = timedelta(minutes=5)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_UNITS = {"m": "minutes; there are no months", "s": "seconds"}


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each duration whose unit was probably mistaken for a longer one."""
    for persona in view.declarations(tree.PersonaDeclaration):
        yield from _check_expression(persona.condition, view)
    for segment in view.declarations(tree.SegmentDeclaration):
        yield from _check_expression(segment.condition, view)
    for let in view.declarations(tree.LetDeclaration):
        yield from _check_expression(let.value, view)
    for trigger in view.declarations(tree.TriggerDeclaration):
        for option in trigger.options:
            yield from _check_option(option, view)


def _check_expression(expression: tree.Expression, view: View) -> Iterator[Diagnostic]:
    parts = list(tree.written_parts(expression))
    # a field may hold a duration of any length
    spared = {side.span for part in parts for side in _beside_durations(part, view)}
    for part in parts:
        if isinstance(part, tree.Literal) and part.span not in spared and _is_odd(part):
            yield from _report(part, view)


def _beside_durations(part: tree.Expression, view: View) -> tuple[tree.Expression, ...]:
    if not isinstance(part, tree.Binary) or part.operator not in _COMPARISONS:
        return ()
    names = {side.name.text for side in (part.left, part.right) if isinstance(side, tree.Reference | tree.Member)}
    return (part.left, part.right) if any(_holds_durations(name, view) for name in names) else ()


def _holds_durations(name: str, view: View) -> bool:
    schema = view.program.schema
    records = (schema.person, schema.company, *schema.events.values())
    fields: list[FieldType] = [record[name] for record in records if name in record]
    return any(field.type is DURATION for field in fields)


def _is_odd(literal: tree.Literal) -> bool:
    value = literal.value
    return isinstance(value, timedelta) and timedelta(0) < value < _HOUR and bool(value % _ROUND)


def _check_option(option: tree.Option, view: View) -> Iterator[Diagnostic]:
    value, name = option.value.value, option.name.text
    short = isinstance(value, timedelta) and timedelta(0) < value < _HOUR
    if short and (name in ("every", "expires") or (name == "after" and _is_odd(option.value))):
        yield from _report(option.value, view)


def _report(literal: tree.Literal, view: View) -> Iterator[Diagnostic]:
    written = re.fullmatch(r"([\d_]+)([ms])", view.source(literal.span))
    if written is None:
        return
    number, unit = written.groups()
    yield Diagnostic(
        codes.SUSPICIOUS_UNIT,
        f"`{written[0]}` is only {number} {_UNITS[unit].partition(';')[0]}",
        Label(literal.span, f"`{unit}` is for {_UNITS[unit]}"),
        help=f"write `{number}d` for days, or a multiple of `30d` for months",
        fixes=(Fix(f"write `{number}d`", (Edit(literal.span, f"{number}d"),)),),
    )
