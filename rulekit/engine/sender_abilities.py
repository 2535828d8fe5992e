"""What `rulekit check` says of the sender, beside the rules: whether it does what is relied on; nothing is opened."""

from dataclasses import replace
from pathlib import Path

from rulekit.authoring.found import Found
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label, in_order
from rulekit.diagnostics.source import Span
from rulekit.engine.project import open_project
from rulekit.engine.uncertain_emails import MissingWindow, missing_window
from rulekit.errors import RulekitError
from rulekit.folders import FILE_NAME
from rulekit.settings.wrong_settings import place_of

_WORD = "idempotent"


def ask_for_window(folder: Path, found: Found) -> Found:
    """Reports who relies on a provider that drops repeats where the sender says nothing of it."""
    try:
        project = open_project(folder)
        missing = missing_window(project.settings, project.plugins, project.program)
    except RulekitError:
        # mistakes are reported as such, and rules are also checked where the plugin is not installed
        return found
    return found if missing is None else _reporting(found, missing)


def _reporting(found: Found, missing: MissingWindow) -> Found:
    report = Diagnostic(codes.WRONG_SETTING, missing.message, Label(_place(found, missing)), help=missing.help)
    return replace(found, diagnostics=in_order([*found.diagnostics, report]))


def _place(found: Found, missing: MissingWindow) -> Span:
    if missing.trigger is None:
        return place_of(found.sources[FILE_NAME], "delivery", "uncertain")
    span = missing.trigger.span
    start = found.sources[span.path].text.index(_WORD, span.start)
    return Span(span.path, start, start + len(_WORD))
