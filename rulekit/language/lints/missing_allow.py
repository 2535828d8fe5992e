"""A sender that reaches people, where the settings do not say who may be mailed: every run is refused.

That is better heard of when the settings are written than when the first emails are due.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText
from rulekit.folders import FILE_NAME
from rulekit.language.lints.view import View
from rulekit.settings.wrong_settings import place_of


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report when a sender other than a folder has no `allow`."""
    source = view.read(FILE_NAME) if view.settings is not None else None
    if view.settings is None or not isinstance(source, SourceText):
        return
    scheme = view.settings.sender.url.partition(":")[0]
    if scheme != "folder" and view.settings.sender.allow is None:
        yield Diagnostic(
            codes.MISSING_ALLOW,
            f"`allow` does not say whom `{scheme}:` may mail, so nothing runs",
            Label(place_of(source, "sender"), "`allow` is missing"),
            help='add `allow = ["*@your-own.example"]` while you try things out, and `allow = ["*"]` in production',
        )
