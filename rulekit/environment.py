"""Secrets: a URL of the settings with the environment filled in, and how nobody gets to read it.

What a source, a store or a sender says passes through here, so that no message, log or row of the outbox holds what
came from the environment.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from rulekit.errors import RulekitError, SettingsError
from rulekit.records import Reason
from rulekit.urls import VARIABLE

# what is shorter is no secret, and stands in too many words
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Filled:
    """A URL with the environment filled in; `hidden` are the values that came from there, each with its variable."""

    url: str = field(repr=False)
    hidden: tuple[tuple[str, str], ...] = field(repr=False)

    def conceal(self, text: str) -> str:
        """Returns a text, or a `Reason` as one, with the variable in the place of each value."""
        if isinstance(text, Reason):
            return Reason(self.conceal(text.text), sentence=self.conceal(str(text)))
        for value, variable in self.hidden:
            text = text.replace(value, variable)
        return text

    @contextmanager
    def concealing(self) -> Iterator[None]:
        """Conceals the values in every error that is raised inside."""
        try:
            yield
        except RulekitError as error:
            error.message, error.help = self.conceal(error.message), self.conceal(error.help or "") or None
            error.args = (error.message,)
            raise
        except Exception as error:
            concealed = self.conceal(str(error))
            if concealed == str(error):
                raise
            help = "see what the plugin or program that said so needs"
            raise RulekitError(Reason(type(error).__name__, concealed), help=help) from None


def fill(url: str) -> Filled:
    """Returns the URL with each `${NAME}` replaced by that environment variable; raises SettingsError when unset."""
    hidden: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise SettingsError(f"the environment variable {match[1]} is not set", help=f"set {match[1]} and run again")
        hidden.update(dict.fromkeys(_spellings(found), match[0]))
        return found

    filled = VARIABLE.sub(value, url)
    return Filled(filled, tuple(sorted(hidden.items(), key=lambda pair: -len(pair[0]))))


def _spellings(value: str) -> Iterator[str]:
    """Yields how a value, or the login in it when it is a URL, may stand in a message."""
    for part in (value, *_login(value)):
        yield from (one for one in (part, unquote(part), quote(part, safe="")) if len(one) >= _SHORTEST)


def _login(value: str) -> list[str]:
    try:
        parts = urlsplit(value)
    except ValueError:
        return []
    return [part for part in (parts.username, parts.password) if part]
