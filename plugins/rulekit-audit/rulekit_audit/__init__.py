"""An audit of a project's outbox: unfinished emails stay out of it, and every change of it is written down."""

from collections.abc import Iterable

from rulekit.hooks import hookimpl
from rulekit.records import (
    CheckRequest,
    CheckResult,
    ComposedEmail,
    OutboxChange,
    PluginSettings,
    Reason,
    Verdict,
)
from rulekit_audit import leftovers, trail
from rulekit_audit.options import read_options


@hookimpl
def email_composed(email: ComposedEmail, settings: PluginSettings) -> Reason | None:
    """Returns what is unfinished in an email, of what the options ask to look for, or None."""
    options = read_options(settings.options)
    if not options.looks:
        return None
    return leftovers.find(email, options)


@hookimpl
def outbox_changed(change: OutboxChange, settings: PluginSettings) -> None:
    """Appends a change to the file that the options name."""
    options = read_options(settings.options)
    if options.changes:
        trail.append(change, trail.find_file(settings.project, options.changes), names=options.names)


@hookimpl
def check_setup(request: CheckRequest) -> Iterable[CheckResult]:
    """Says what the options ask for, and whether the file can be where they say."""
    options = read_options(request.options)
    if not options.looks and not options.changes:
        help = "set `placeholders`, `words` or `changes` under `[plugins.audit]`"
        return [CheckResult("audit", Verdict.NOTE, "nothing is asked of it", help)]
    if options.changes:
        trail.find_file(request.project, options.changes)
    does = ["unfinished emails are kept out"] if options.looks else []
    does += [f"changes of the outbox are written to {options.changes}"] if options.changes else []
    return [CheckResult("audit", Verdict.OK, "; ".join(does))]
