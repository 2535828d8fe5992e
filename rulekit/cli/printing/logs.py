"""What rulekit logs, on standard error: for people, as text, or for machines, as one JSON object per line.

No line has an address of a person in it, whatever a server or a library says.
"""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

import click

from rulekit.cli.printing.aligned import escape_line
from rulekit.clock import format_instant

_ADDRESS = re.compile(r"""[^\s<>"'`,;:()\[\]=]+@[^\s<>"'`,;:()\[\]]+""")


def set_up_logging(form: str) -> None:
    """Sends what is logged to standard error: `plain` (warnings alone, without the time), `text` or `json`."""
    echo = _Echo()
    echo.setFormatter(_FORMS[form]())
    root = logging.getLogger()
    root.handlers = [*(h for h in root.handlers if not isinstance(h, _Echo)), echo]
    if form != "plain":
        logging.getLogger("rulekit").setLevel(logging.INFO)
        logging.captureWarnings(True)


class _Echo(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return escape_line(f"{_level(record)}: {_event(record)}{_pairs(record)}")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return escape_line(f"{_at(record)} {_level(record)}: {_event(record)}{_pairs(record)}")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = {"at": _at(record), "level": _level(record), "event": _event(record)}
        return json.dumps({**head, **_fields(record)}, default=str)


_FORMS: dict[str, type[logging.Formatter]] = {"plain": _Plain, "text": _Text, "json": _Json}


def _at(record: logging.LogRecord) -> str:
    return format_instant(datetime.fromtimestamp(int(record.created), UTC))


def _level(record: logging.LogRecord) -> str:
    return record.levelname.lower()


def _event(record: logging.LogRecord) -> str:
    return hide_addresses(record.getMessage())


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Returns what goes with the event; of an exception where it was raised, since its text may hold anything."""
    given = dict(getattr(record, "fields", {}))
    if record.exc_info and record.exc_info[0] is not None:
        frames = extract_tb(record.exc_info[2])
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        given["error"] = f"{record.exc_info[0].__name__} in {place}"
    return {name: hide_addresses(value) if isinstance(value, str) else value for name, value in given.items()}


def _pairs(record: logging.LogRecord) -> str:
    return "".join(
        f" {name}={json.dumps(value, ensure_ascii=False, default=str)}" for name, value in _fields(record).items()
    )


def hide_addresses(text: str) -> str:
    """Returns a text without the addresses in it."""
    return _ADDRESS.sub("…@…", text)
