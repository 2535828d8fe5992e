"""A file of JSON lines, one for each change of the outbox, in the order in which they were committed."""

import json
import os
from pathlib import Path

from rulekit.clock import format_instant
from rulekit.errors import SettingsError
from rulekit.files import place_of
from rulekit.records import OutboxChange


def find_file(project: Path, name: str) -> Path:
    """Returns where a file of the project is; raises SettingsError where it is none below the project's folder."""
    place = place_of(project / name, project)
    if project.resolve() not in place.parents:
        raise SettingsError(
            f"`plugins.audit.changes` names `{name}`, which is not below the project",
            help='name a file like "state/changes.jsonl"',
        )
    return place


def append(change: OutboxChange, file: Path, *, names: bool) -> None:
    """Writes a line at the end of a file, for its owner alone to read; made where it is not there. Raises OSError.

    A line is written at once, so that those of several processes do not mix.
    """
    line: dict[str, object] = {
        "at": format_instant(change.at),
        "email": change.row,
        "trigger": change.trigger,
        "from": change.source,
        "to": change.target,
    }
    if names:
        line |= {"person": change.person, "reason": change.reason}
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(opened, (json.dumps(line) + "\n").encode())
    finally:
        os.close(opened)
