"""The store of a project, for which its settings are all that is needed; rules and plugins need not be loaded."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rulekit.environment import fill
from rulekit.errors import RulekitError
from rulekit.folders import settings_home
from rulekit.outbox.database.migrations import HEAD
from rulekit.outbox.database.opening import find_version, resolve_url
from rulekit.outbox.lifecycle.tick_values import Passage
from rulekit.outbox.store import Store
from rulekit.records import OutboxChange
from rulekit.settings.model import Settings, load_settings

if TYPE_CHECKING:
    from rulekit.engine.project import Project


def open_store(project: "Project") -> Store:
    """Opens the project's store, making or upgrading it where needed; plugins hear of what is committed.

    Several threads may use the store; a plugin hears of one change after the other.
    """
    one_after_another = Lock()

    def announce(change: OutboxChange) -> None:
        with one_after_another:
            failures = project.plugins.announce(change)
        for failure in failures:
            logging.getLogger(__name__).warning("the plugin `%s` failed: %s", failure.name, failure.reason.text)

    return _open_store(project.settings, project.folder, announce)


def open_project_store(folder: Path) -> Store:
    """Opens the store of the project in that folder; its rules are not looked at and may have errors."""
    return _open_store(load_settings(folder), folder)


def open_store_to_read(project: "Project") -> Store:
    """Opens the project's store where there is one, and otherwise an empty one in memory, so that nothing is made."""
    filled = fill(project.settings.store.url)
    with filled.concealing():
        if not Store.exists(filled.url, settings_home(project.folder)):
            return Store.in_memory()
        return Store.open(filled.url, settings_home(project.folder))


def can_read_store(project: "Project") -> bool:
    """Returns whether the store is of this version, or there is none, so that to read it brings nothing up to date."""
    home, filled = settings_home(project.folder), fill(project.settings.store.url)
    with filled.concealing():
        return not Store.exists(filled.url, home) or find_version(resolve_url(filled.url, home)) == HEAD


def find_passages(project: "Project", persona: str, person: str) -> list[Passage] | None:
    """Returns when a person passed through a persona while it was parked; None where the store cannot be read."""
    try:
        if not can_read_store(project):
            return None
        with open_store_to_read(project) as store:
            return store.people.passages(persona, person)
    except RulekitError:
        return None


def _open_store(settings: Settings, folder: Path, on_change: Callable[[OutboxChange], None] | None = None) -> Store:
    filled = fill(settings.store.url)
    with filled.concealing():
        return Store.open(filled.url, settings_home(folder), on_change)


def find_what_is_lost(folder: Path, settings: Settings) -> str | None:
    """Returns what a project's store would know that is not there, when emails have left from it; makes nothing."""
    filled = fill(settings.store.url)
    with filled.concealing():
        return Store.find_what_is_lost(filled.url, folder)


def refuse_unknown_trigger(store: Store, trigger: str | None) -> None:
    """Raises RulekitError for a trigger that the store does not know: nothing could be forbidden for it alone."""
    if trigger and not store.suppressions.knows_trigger(trigger):
        raise RulekitError(
            f"no email was ever due to a trigger `{trigger}`", help="leave `--trigger` out to suppress all mail"
        )
