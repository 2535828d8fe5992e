"""Lints: rules that are right by the letter, and probably not what was meant. One module each.

A lint's report about a declaration depends on that declaration, on what it names, on who names it, on the schema and
on the settings, and on nothing else, so that it need not be made again when another declaration changes. What is about
unused declarations asks `View.sends` and `View.complete` as well.
"""

from collections.abc import Callable, Iterator

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.language.lints import (
    constant_condition,
    duplicate_condition,
    look_alike_letters,
    midnight_only,
    missing_allow,
    password_in_settings,
    persona_never_matches,
    segment_never_matches,
    subsumed_condition,
    suspicious_unit,
    trigger_never_fires,
    undecided_missing,
    unlimited_auto,
    unused_let,
    unused_persona,
    unused_segment,
    unused_template,
    window_beyond_history,
)
from rulekit.language.lints.view import View

Lint = Callable[[View], Iterator[Diagnostic]]

LINTS: tuple[Lint, ...] = (
    undecided_missing.check,
    suspicious_unit.check,
    midnight_only.check,
    persona_never_matches.check,
    segment_never_matches.check,
    constant_condition.check,
    duplicate_condition.check,
    subsumed_condition.check,
    trigger_never_fires.check,
    unlimited_auto.check,
    window_beyond_history.check,
    look_alike_letters.check,
    unused_persona.check,
    unused_segment.check,
    unused_template.check,
    unused_let.check,
    missing_allow.check,
    password_in_settings.check,
)


def lints_for(view: View) -> tuple[Lint, ...]:
    """Returns the lints that a project needs: those of templates load jinja2, which takes its time."""
    if not view.program.templates:
        return LINTS
    from rulekit.language.lints.in_templates import TEMPLATE_LINTS

    return LINTS + TEMPLATE_LINTS
