"""Forgetting people, and naming what the store cannot reach: files that the sender of a new project wrote."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from rulekit.builtin.folder_sender import file_name
from rulekit.errors import StoreError
from rulekit.folders import settings_home
from rulekit.outbox.people.erasing import Erasure
from rulekit.outbox.store import Store
from rulekit.settings.model import SenderSection, Settings


def forget(store: Store, people: Collection[str], now: datetime, by: str, *, suppress: bool) -> list[Erasure]:
    """Erases people and then clears the files of the store, as `erasing.erase` and `Store.clear_leftovers` say."""
    erased = store.people.erase(people, now, by, suppress=suppress)
    try:
        store.clear_leftovers()
    except StoreError as error:
        raise StoreError(
            f"what names them is erased, but may still be read in the files of the store: {error.message}",
            help=f"{error.help}; then run `rulekit erase --clear`",
        ) from error
    return erased


def find_copies(folder: Path, settings: Settings, erased: Iterable[Erasure]) -> list[Path]:
    """Returns the `.eml` files of erased emails, in the folder that the settings name and in that of a new project."""
    senders = (settings.sender.url, SenderSection().url)
    home = settings_home(folder)
    folders = {home / url.partition(":")[2] for url in senders if url.startswith("folder:")}
    names = [file_name(message_id) for one in erased for message_id in one.message_ids]
    return sorted(path for place in folders for path in (place / name for name in names) if path.exists())
