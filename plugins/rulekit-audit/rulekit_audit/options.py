"""What `[plugins.audit]` in `rulekit.toml` may say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from rulekit.errors import SettingsError
from rulekit.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Options:
    """What keeps an email out, and the file that changes are appended to, with the `names` of people or without."""

    placeholders: bool = False
    words: tuple[str, ...] = ()
    changes: str = ""
    names: bool = False

    @property
    def looks(self) -> bool:
        """Says whether emails are looked at."""
        return self.placeholders or bool(self.words)


def read_options(given: Mapping[str, object]) -> Options:
    """Returns the options; raises SettingsError for one that is unknown or cannot be read."""
    known = [field.name for field in fields(Options)]
    for name in given:
        if name not in known:
            problem = f"there is no setting `plugins.audit.{name}`{did_you_mean(name, known)}"
            raise SettingsError(problem, help=f"there are {', '.join(f'`{one}`' for one in known)}")
    return Options(_switch(given, "placeholders"), _words(given), _file(given), _switch(given, "names"))


def _switch(given: Mapping[str, object], option: str) -> bool:
    value = given.get(option, False)
    if not isinstance(value, bool):
        raise SettingsError(f"`plugins.audit.{option}` is neither true nor false", help=f"write `{option} = true`")
    return value


def _words(given: Mapping[str, object]) -> tuple[str, ...]:
    value = given.get("words", [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise SettingsError("`plugins.audit.words` is no list of words", help='write it like `words = ["lorem ipsum"]`')
    return tuple(value)


def _file(given: Mapping[str, object]) -> str:
    value = given.get("changes", "")
    if not isinstance(value, str):
        raise SettingsError(
            "`plugins.audit.changes` is no name of a file", help='write it like `changes = "state/changes.jsonl"`'
        )
    return value
