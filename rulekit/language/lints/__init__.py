"""Lints: rules that are right by the letter, and probably not what was meant. One module each.

A lint's report about a declaration depends on that declaration, on what it names, on who names it, on the schema and
on the settings, and on nothing else, so that it need not be made again when another declaration changes.
"""

from collections.abc import Callable, Iterator

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.language.lints import unused_let
from rulekit.language.lints.view import View

Lint = Callable[[View], Iterator[Diagnostic]]

LINTS: tuple[Lint, ...] = (unused_let.check,)
