"""A project ready to run: its settings, its rules without errors, its plugins, and what they open."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.diagnostics.diagnostic import Severity
from rulekit.email.addresses import parse_mailbox
from rulekit.email.compose import Composer
from rulekit.engine.masked_sender import discreet
from rulekit.engine.uncertain_emails import missing_window
from rulekit.environment import fill
from rulekit.errors import ComposeError, RulesError, SettingsError
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.folders import settings_home
from rulekit.hooks.manager import Plugins, load_plugins
from rulekit.language.program import Program
from rulekit.language.project_rules import Rules, load_rules
from rulekit.outbox.store import Store
from rulekit.records import OutboxChange, Sender, SenderRequest, SourceRequest
from rulekit.redaction import what_failed
from rulekit.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with rules that have no errors, its settings, and the plugins that serve it.

    `composers` has what makes the emails of a trigger, once it was needed: nothing else than these values decides it.
    """

    folder: Path
    settings: Settings
    rules: Rules
    program: Program
    plugins: Plugins
    composers: dict[str, Composer] = field(default_factory=dict, init=False, repr=False, compare=False)


def open_project(folder: Path) -> Project:
    """Returns the project in that folder, ready to evaluate.

    Raises SettingsError for settings that cannot do, and RulesError when the rules have errors.
    """
    settings = load_settings(folder)
    _check_sender_address(settings.sender.from_)
    rules = load_rules(folder)
    if rules.program is None:
        count = sum(d.severity is Severity.ERROR for d in rules.diagnostics)
        errors = "1 error" if count == 1 else f"{count} errors"
        raise RulesError(f"the rules have {errors}, so nothing was run", help="run `rulekit check` and mend them")
    return Project(folder, settings, rules, rules.program, installed_plugins())


def _check_sender_address(text: str) -> None:
    """Refuses at once what would otherwise make every email of every tick a failed one."""
    try:
        if text:
            parse_mailbox(text)
    except ComposeError as error:
        raise SettingsError(
            f"`from` under `[sender]`: {error.message}", help='write it like "Ada at Example <ada@example.com>"'
        ) from None


@contextmanager
def open_project_data(project: Project) -> Iterator[Data]:
    """Opens the project's people, companies and events; raises SourceError when a source cannot be read."""
    section = project.settings.source
    scheme = section.url.partition(":")[0]
    filled = fill(section.url)
    with filled.concealing():
        source = project.plugins.source(scheme)(SourceRequest(filled.url, settings_home(project.folder)))
        mapping = section.mapping() or source.default_mapping()
        if mapping is None:
            raise SettingsError(
                f"rulekit.toml does not say which table of `{scheme}:` holds people",
                help="add a section `[source.person]` with `table` and `key`",
            )
        with open_data(project.program.schema, source, mapping, section.timezone, project.settings.timezone) as data:
            yield data


def installed_plugins() -> Plugins:
    """Returns the plugins that ship inside and those that are installed, with what failed to load."""
    return load_plugins(BUILTIN_PLUGINS)


def open_store(project: Project) -> Store:
    """Opens the project's store, making or upgrading it where needed; plugins hear of what is committed.

    Several threads may use the store; a plugin hears of one change after the other.
    """
    telling = Lock()

    def tell_plugins(change: OutboxChange) -> None:
        with telling:
            failures = project.plugins.announce(change)
        for failure in failures:
            logging.getLogger(__name__).warning("the plugin `%s` failed: %s", failure.name, what_failed(failure.reason))

    return _open_store(project.settings, project.folder, tell_plugins)


def open_project_store(folder: Path) -> Store:
    """Opens the store of the project in that folder; its rules are not looked at and may have errors."""
    return _open_store(load_settings(folder), folder)


def open_store_to_read(project: Project) -> Store:
    """Opens the project's store where there is one, and otherwise an empty one in memory, so that nothing is made."""
    filled = fill(project.settings.store.url)
    with filled.concealing():
        if not Store.exists(filled.url, settings_home(project.folder)):
            return Store.in_memory()
        return Store.open(filled.url, settings_home(project.folder))


def _open_store(settings: Settings, folder: Path, on_change: Callable[[OutboxChange], None] | None = None) -> Store:
    filled = fill(settings.store.url)
    with filled.concealing():
        return Store.open(filled.url, settings_home(folder), on_change)


def find_what_is_lost(folder: Path, settings: Settings) -> str | None:
    """Returns what a project's store would know that is not there, when emails have left from it; makes nothing."""
    filled = fill(settings.store.url)
    with filled.concealing():
        return Store.find_what_is_lost(filled.url, folder)


def find_sender(project: Project) -> Callable[[], Sender]:
    """Returns what opens the project's sender.

    Raises SettingsError when a sender that reaches people names nobody it may mail, when its address is incomplete or
    when it is to drop repeats and does not say for how long, and PluginError when no plugin has it.
    """
    section = project.settings.sender
    scheme = section.url.partition(":")[0]
    project.plugins.sender(scheme)
    if scheme != "folder" and section.allow is None:
        raise SettingsError(
            f"`sender.allow` does not say who may be mailed through `{scheme}:`",
            help='write `allow = ["*@your-own.example"]` while you try things out, and `allow = ["*"]` in production',
        )
    missing = missing_window(project.settings, project.plugins, project.program)
    if missing is not None:
        raise SettingsError(missing.message, help=missing.help)
    filled = fill(section.url)
    request = SenderRequest(filled.url, settings_home(project.folder))
    return lambda: discreet(project.plugins, scheme, request, filled)
