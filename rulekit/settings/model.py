"""`rulekit.toml` as values: every setting and its default.

A secret never stands in the file: `${NAME}` in a URL reads the environment when the URL is used (`environment`).
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rulekit.errors import RulekitError, SettingsError
from rulekit.files import TEXT_LIMIT, read_start
from rulekit.folders import FILE_NAME, settings_file
from rulekit.records import EventMapping, RecordMapping, SourceMapping, Spellings
from rulekit.settings.broken_toml import MEND, explain_broken, find_long_key
from rulekit.settings.setting_types import (
    CapText,
    Duration,
    HoursText,
    Interval,
    KindName,
    Listen,
    PageUrl,
    RateText,
    SenderUrl,
    SourceUrl,
    StoreUrl,
    Whole,
    Zone,
)
from rulekit.settings.spelling_settings import SpellingSettings
from rulekit.settings.text_files import LayoutSettings
from rulekit.suggestions import did_you_mean
from rulekit.uncertainty import Policy

EDITION = 1
# wrong keys for which the right one is looked for; whoever has more finds out after mending these
SUGGESTED = 200
# problems that one message names
SHOWN = 20
_LAYOUT = set(LayoutSettings.model_fields)
# keys of a table that are about its values
_SPELLING = {"columns", *SpellingSettings.model_fields}
# keys that the records of tables have in other words
_IN_OTHER_WORDS = {*_LAYOUT, *_SPELLING}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSection(_Section, SpellingSettings):
    """How the values of one column are written."""


class _TableSection(_Section, LayoutSettings, SpellingSettings):
    table: str | None = None
    query: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, ColumnSection] = Field(default_factory=dict)

    def spellings(self) -> Spellings:
        """Returns how the values of the table are written, without what the source says of all."""
        return Spellings(self.spelling(), {name: column.spelling() for name, column in self.columns.items()})

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table` or `query`")
        return self


class RecordSection(_TableSection):
    """A table of people or companies: `table` or `query`, the `key` column, and columns that have other names."""

    key: str = "id"
    company: str | None = None

    def mapping(self, source: "SourceSection") -> RecordMapping:
        """Returns the section as the record that sources use, with what the section above says of all tables."""
        told = self.model_dump(exclude=_IN_OTHER_WORDS)
        return RecordMapping(**told, layout=self.layout(source), spellings=self.spellings())


class EventSection(_TableSection):
    """A table of events: many kinds told apart by the column `name`, or one kind, named by `event`."""

    person: str = "person"
    at: str = "at"
    name: str | None = None
    event: str | None = None
    kinds: dict[str, KindName] = Field(default_factory=dict)
    history: Duration | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        if (self.name is None) == (self.event is None):
            raise ValueError("give either `name` (the column that holds the kind) or `event` (the one kind)")
        if self.kinds and self.name is None:
            raise ValueError("`kinds` names what stands in the column `name`; leave it out beside `event`")
        return self

    def mapping(self, source: "SourceSection") -> EventMapping:
        """Returns the section as the record that sources use, with what the section above says of all tables."""
        told = self.model_dump(exclude={"history", *_IN_OTHER_WORDS})
        return EventMapping(**told, layout=self.layout(source), spellings=self.spellings())


class SourceSection(_Section, LayoutSettings, SpellingSettings):
    """Where people, companies and events live. `timezone` is that of times without an offset."""

    url: SourceUrl = "files:data"
    timezone: Zone = "UTC"
    history: Duration | None = None
    person: RecordSection | None = None
    company: RecordSection | None = None
    events: list[EventSection] = Field(default_factory=list)

    def mapping(self) -> SourceMapping | None:
        """Returns the tables as the record that sources use, or None when no table of people is given."""
        if self.person is None:
            return None
        company = self.company.mapping(self) if self.company else None
        return SourceMapping(self.person.mapping(self), company, tuple(e.mapping(self) for e in self.events))


class StoreSection(_Section):
    """Where memberships and the outbox are kept."""

    url: StoreUrl = "sqlite:///state/rulekit.db"


class SenderSection(_Section):
    """Who sends, how fast, and, for a sender that leaves the machine, who may be mailed (`allow`).

    `rate` and `concurrency` hold for all workers together, `connections` for each of them.
    """

    url: SenderUrl = "folder:outbox"
    from_: str = Field(default="", alias="from")
    allow: list[str] | None = None
    rate: RateText | None = None
    concurrency: Whole | None = Field(default=None, ge=1)
    connections: Whole = Field(default=8, ge=1, le=100)


class DeliverySection(_Section):
    """How emails are let out, and how many of them to one person and when."""

    hold: Duration = timedelta(minutes=10)
    max_auto_per_tick: Whole = Field(default=200, ge=0)
    cap: list[CapText] = Field(default_factory=list)
    quiet_hours: HoursText | None = None
    uncertain: Policy = "hold"
    postal_address: str = ""
    unsubscribe_url: PageUrl = ""


class GuardSection(_Section):
    """What a tick believes by itself, and for how long who is absent from the source keeps their sides."""

    people: Whole = Field(default=2, ge=0)
    share: float = Field(default=0.2, gt=0, le=1)
    absent: Interval = timedelta(days=90)


class ServeSection(_Section):
    """How `rulekit serve` works: how often it ticks, and where its web pages are (`HOST:PORT`; empty: nowhere)."""

    every: Interval = timedelta(minutes=15)
    listen: Listen = "127.0.0.1:8025"


class ScenarioSection(_Section):
    """What `rulekit test` asks of the tests in the rules. `coverage_floor` is in percent; None asks for nothing."""

    coverage_floor: float | None = Field(default=None, ge=0, le=100)


class PluginsSection(_Section):
    """Whose plugins may be loaded, by distribution (None: all that are installed), and the options of each plugin."""

    model_config = ConfigDict(extra="allow")
    # what stands in there is for each plugin to read
    __pydantic_extra__: dict[str, dict[str, Any]] = Field(init=False)

    allow: list[str] | None = None

    @property
    def options(self) -> Mapping[str, Mapping[str, Any]]:
        """Returns the options of each plugin that has some, by its name."""
        return self.__pydantic_extra__ or {}


class Settings(_Section):
    """A whole `rulekit.toml`."""

    edition: int
    timezone: Zone = "UTC"
    source: SourceSection = Field(default_factory=SourceSection)
    store: StoreSection = Field(default_factory=StoreSection)
    sender: SenderSection = Field(default_factory=SenderSection)
    delivery: DeliverySection = Field(default_factory=DeliverySection)
    guard: GuardSection = Field(default_factory=GuardSection)
    serve: ServeSection = Field(default_factory=ServeSection)
    test: ScenarioSection = Field(default_factory=ScenarioSection)
    plugins: PluginsSection = Field(default_factory=PluginsSection)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a setting, which `location` leads to from the top, with numbers into lists from 0.

    What is no TOML has no settings: `at` is its line and column then, both from 1.
    """

    location: tuple[str | int, ...]
    message: str
    at: tuple[int, int] | None = None

    def __str__(self) -> str:
        return self.message if self.at is None else f"{self.message} (line {self.at[0]}, column {self.at[1]})"


class WrongSettings(SettingsError):
    """The settings have problems, each of which is shown."""

    def __init__(self, problems: Sequence[Problem], help: str) -> None:
        lines = [*map(str, problems[:SHOWN]), *([f"and {len(problems) - SHOWN:,} more"] if problems[SHOWN:] else [])]
        super().__init__(f"{FILE_NAME}: {'; '.join(lines)}", help)
        self.problems = tuple(problems)


def load_settings(project: Path) -> Settings:
    """Returns the settings of the project in that folder.

    Raises SettingsError that names every wrong setting, with a suggestion for an unknown one.
    """
    try:
        content = read_start(settings_file(project), project)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"there is no {FILE_NAME} in {project}", help="run `rulekit init` to make a project"
        ) from None
    except RulekitError as error:
        raise SettingsError(error.message, help=error.help) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{FILE_NAME} is not UTF-8", help="save the file as UTF-8 and run again") from None
    except OSError as error:
        raise SettingsError(
            f"{FILE_NAME} cannot be read: {error.strerror}", help="make it a file that you may read"
        ) from None
    if len(content) > TEXT_LIMIT:
        raise SettingsError(f"{FILE_NAME} is larger than 1 MiB", help="take out what is no setting")
    return read_settings(text)


def read_settings(text: str) -> Settings:
    """Returns settings from the text of a `rulekit.toml`; raises WrongSettings."""
    if (long := find_long_key(text)) is not None:
        raise WrongSettings([Problem((), *long)], help=MEND)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise WrongSettings([Problem((), "cannot be read: it is nested too deeply")], help=MEND) from None
    except tomllib.TOMLDecodeError as error:
        said, at = explain_broken(str(error), text)
        raise WrongSettings([Problem((), said, at)], help=MEND) from None
    return parse_settings(content)


def parse_settings(content: Mapping[str, Any]) -> Settings:
    """Returns settings from the content of a `rulekit.toml`; raises WrongSettings."""
    if content.get("edition") != EDITION:
        problem = Problem(("edition",), f"it does not say `edition = {EDITION}`")
        raise WrongSettings([problem], help=f"write `edition = {EDITION}` as its first line")
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        problems = [
            Problem(problem["loc"], _describe(problem, suggests=number < SUGGESTED))
            for number, problem in enumerate(error.errors())
        ]
        raise WrongSettings(problems, help="see docs/reference/settings.md for every setting") from None


def _describe(problem: Any, *, suggests: bool) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    # below [plugins], what is no setting can only be the options of a plugin
    no_options = problem["loc"][:-1] == ("plugins",) and problem["type"] == "dict_type"
    if problem["type"] != "extra_forbidden" and not no_options:
        return f"`{where}`: {_wrong_value(problem)}"
    *section, name = problem["loc"]
    meant = (_elsewhere(str(name)) or did_you_mean(str(name), _known_keys(section))) if suggests else ""
    return f"there is no setting `{where}`{meant}"


def _elsewhere(name: str) -> str:
    """Returns what a message ends with when a key belongs into other sections, otherwise nothing."""
    homes = [f"`{heading}`" for heading, section in _HEADINGS.items() if name in _keys_of(section)]
    return f"; write it below {' or '.join(homes)}" if homes else ""


def _wrong_value(problem: Any) -> str:
    heading = _heading(problem["loc"])
    if heading is not None and problem["type"].endswith("_type") and isinstance(problem["input"], list | dict):
        count = "two brackets" if heading.startswith("[[") else "one bracket"
        return f"write `{heading}` as its heading, with {count} on each side"
    expected = _EXPECTED.get(problem["type"])
    if expected is not None:
        return f"write {expected.format_map(problem.get('ctx', {}))}"
    if problem["type"] == "literal_error":
        return f"write {problem['ctx']['expected'].replace(chr(39), chr(34))}"
    return str(problem["msg"]).removeprefix("Value error, ")


def _known_keys(location: Sequence[str | int]) -> list[str]:
    heading = _heading(location)
    return _keys_of(Settings if heading is None else _HEADINGS[heading])


def _keys_of(section: type[_Section]) -> list[str]:
    return [f.alias or name for name, f in section.model_fields.items()]


def _heading(location: Sequence[str | int]) -> str | None:
    """Returns the line that begins the section at a place, or None when none does."""
    parts = [part for part in location if isinstance(part, str)]
    names = {".".join(parts), ".".join([*parts[:-1], _ANY])}
    return next((heading for heading in _HEADINGS if heading.strip("[]") in names), None)


# in a heading, the name of a column
_ANY = "COLUMN"

# pydantic's kinds of problems, in an author's words
_EXPECTED: Mapping[str, str] = {
    "string_type": 'a text in quotes, as in `"…"`',
    "int_type": "a whole number without quotes",
    "int_parsing": "a whole number without quotes",
    "int_from_float": "a whole number",
    "float_type": "a number without quotes",
    "float_parsing": "a number without quotes",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "{le:g} or less",
    "bool_type": "true or false, without quotes",
    "bool_parsing": "true or false, without quotes",
    "too_short": "at least one of them",
    "list_type": 'a list, as in `["…"]`',
    "dict_type": 'a table, as in `{{ last_login = "last_seen" }}`',
    "model_type": "a section with keys of its own",
    "model_attributes_type": "a section with keys of its own",
    "time_delta_type": 'a duration in quotes, as in `"10m"`',
}


def _find_sections(model: type[_Section], name: str = "") -> Iterator[tuple[str, type[_Section]]]:
    """Yields the heading of each section below one that is called `name`, and what stands in it."""
    for key, field in model.model_fields.items():
        brackets = 2 if get_origin(field.annotation) is list else 1
        place = f"{name}{key}.{_ANY}" if get_origin(field.annotation) is dict else f"{name}{key}"
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, _Section):
                yield f"{'[' * brackets}{place}{']' * brackets}", part
                yield from _find_sections(part, f"{place}.")


_HEADINGS: Mapping[str, type[_Section]] = dict(_find_sections(Settings))
