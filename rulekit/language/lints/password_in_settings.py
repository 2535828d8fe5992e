"""A password in `rulekit.toml`, which whoever reads the repository can read.

The report stands at the section and not at the URL, so that no log of a check shows the line with the password.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText
from rulekit.folders import FILE_NAME
from rulekit.language.lints.view import View
from rulekit.settings.wrong_settings import place_of
from rulekit.urls import has_password


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each URL with a password that is not read from the environment."""
    source = view.read(FILE_NAME) if view.settings is not None else None
    if view.settings is None or not isinstance(source, SourceText):
        return
    urls = {"source": view.settings.source.url, "store": view.settings.store.url, "sender": view.settings.sender.url}
    for section, url in urls.items():
        if has_password(url):
            yield Diagnostic(
                codes.PASSWORD_IN_SETTINGS,
                f"the password of `{section}.url` stands in the settings",
                Label(place_of(source, section), "its `url` holds a password"),
                help="write `${NAME}` in its place, set the environment variable NAME, and change the password",
            )
