"""Where the settings lack what every email needs: reported once, not once for each template."""

from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.folders import FILE_NAME
from rulekit.language.lints.view import View

_SECTION = "[delivery]"


def lacks(view: View, key: str) -> bool:
    """Returns whether a project mails people and a key of `[delivery]` has no value.

    One that writes its emails into a folder mails nobody, as every project does at first.
    """
    settings = view.settings
    if settings is None or not view.sends or settings.sender.url.startswith("folder:"):
        return False
    return not str(getattr(settings.delivery, key)).strip()


def asked_for(view: View, code: Code, message: str, key: str, example: str) -> Diagnostic:
    """Returns the report that a key of `[delivery]` has no value, at the section or at the start of the settings."""
    source = view.read(FILE_NAME)
    start = source.text.find(_SECTION) if isinstance(source, SourceText) else -1
    place = Span(FILE_NAME, start, start + len(_SECTION)) if start >= 0 else Span(FILE_NAME, 0, 0)
    below = "" if start >= 0 else f" below `{_SECTION}`"
    return Diagnostic(code, message, Label(place, f"`{key}` has no value"), help=f'add `{key} = "{example}"`{below}')
