"""A trigger that mails without anybody's approval, and as often as a person leaves and joins again.

A source that fails for a night and comes back makes everybody leave and join; `every` bounds what a person gets then.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each trigger with `auto=true` and without `every`."""
    for declaration in view.declarations(tree.TriggerDeclaration):
        trigger = view.program.triggers.get(declaration.name.text)
        # of two with one name the program has the first
        if trigger is None or trigger.span != declaration.span or not trigger.auto or trigger.every is not None:
            continue
        given = [option for option in declaration.options if option.name.text in ("auto", "every")]
        if len(given) != 1:
            continue  # what is given twice or is wrong has been reported
        (auto,) = given
        yield Diagnostic(
            codes.UNLIMITED_AUTO,
            f"trigger `{trigger.name}` may mail a person any number of times",
            Label(auto.span, "mails at once, without approval"),
            help="add `every=30d` for at most one email per person in that time",
            fixes=(Fix("add `every=30d`", (Edit(Span(auto.span.path, auto.span.end, auto.span.end), " every=30d"),)),),
        )
