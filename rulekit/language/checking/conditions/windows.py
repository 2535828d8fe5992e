"""Windows of history: `last 14d`, `previous 14d`, `30d..14d ago`."""

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Edit, Fix
from rulekit.language import tree
from rulekit.language.checking.conditions.constants import fixed_duration
from rulekit.language.checking.findings import each
from rulekit.language.checking.names.scope import Scope
from rulekit.language.typed_expressions import Period


def check_window(window: tree.Window, scope: Scope) -> Period:
    """Returns the half-open stretch of history that a window names."""
    if window.kind == "ago" and window.end is not None:
        return _between(window, window.end, scope)
    length = fixed_duration(window.start, scope)
    return Period(length) if window.kind == "last" else Period(2 * length, length)


def _between(window: tree.Window, written_end: tree.Expression, scope: Scope) -> Period:
    start, end = each(lambda part: fixed_duration(part, scope), (window.start, written_end))
    if start > end:
        return Period(start, end)
    first, second = scope.findings.source(window.start.span), scope.findings.source(written_end.span)
    turned = Fix(f"write `{second}..{first} ago`", (Edit(window.start.span, second), Edit(written_end.span, first)))
    return scope.findings.fail(
        codes.INVALID_WINDOW,
        "a window runs backwards" if start < end else "a window is empty",
        window.span,
        "the earlier end comes first",
        secondary=scope.uses,
        help="write the longer time first, as in `30d..14d ago`",
        fixes=(turned,) if start < end else (),
    )
