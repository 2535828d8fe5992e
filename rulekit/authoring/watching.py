"""Says when the files of a project have changed; the one place that waits for that."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import BaseFilter, Change, watch

from rulekit.folders import FILE_NAME
from rulekit.language.project_texts import SKIPPED_FOLDERS, is_body, is_rules

# in milliseconds: how long it takes until the first check
_WAIT = 100


class _Rules(BaseFilter):
    """Lets through what a check reads: rules, settings and the files of templates."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __call__(self, change: Change, path: str) -> bool:
        """Returns whether a changed file is one of the project's."""
        parts = Path(path).relative_to(self.folder).parts
        if any(part.startswith(".") for part in parts) or SKIPPED_FOLDERS & {*parts[:-1]}:
            return False
        return parts[-1:] == (FILE_NAME,) or is_rules(path) or is_body(path)


def changes(folder: Path, stopping: Event) -> Iterator[None]:
    """Yields at once, then after each change of the project's files, until the event; none is missed in between."""
    folder = folder.resolve()
    first = True
    # the watcher says nothing before it has waited once, so it waits briefly
    for changed in watch(
        folder, watch_filter=_Rules(folder), rust_timeout=_WAIT, yield_on_timeout=True, stop_event=stopping
    ):
        if changed or first:
            yield
        first = False
