"""Values as templates see and print them: records read by field name, and missing values that fail when printed."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import NoReturn
from zoneinfo import ZoneInfo

from jinja2 import Undefined
from jinja2.exceptions import TemplateRuntimeError

from rulekit.clock import format_duration
from rulekit.email.inert import make_inert
from rulekit.language.parsing.literals import spell_number
from rulekit.records import Scalar
from rulekit.suggestions import suggest

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# control characters but tab and line end, marks that turn the direction of text
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Missing(Undefined):
    """A value that is not there: false in a condition, unequal to everything, no items; printing it fails."""

    __slots__ = ()

    def _fail(self, *_: object) -> NoReturn:
        self._fail_with_undefined_error()

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def _never(self, _other: object) -> bool:
        return False

    __hash__ = Undefined.__hash__
    __str__ = __len__ = _fail
    __lt__ = __le__ = __gt__ = __ge__ = _never  # type: ignore[assignment]  # the base class fails here instead


def missing(name: str) -> Missing:
    """Returns the missing value that calls itself `name` when somebody prints it."""
    return Missing(hint=f"`{name}` is missing")


class Record:
    """Named values that a template reads by name and cannot change; `fields` None means that all are missing."""

    __slots__ = ("_fields", "_name", "_zone")

    def __init__(self, name: str, fields: Mapping[str, Scalar] | None, zone: ZoneInfo) -> None:
        self._name, self._fields, self._zone = name, fields, zone

    def read(self, field: str) -> Scalar | Missing:
        """Returns the value of a field, a time in the project's zone; raises TemplateRuntimeError for no such field."""
        if self._fields is not None and field not in self._fields:
            raise TemplateRuntimeError(self._unknown(field, self._fields))
        value = None if self._fields is None else self._fields[field]
        if value is None or (isinstance(value, float) and not isfinite(value)):
            return missing(f"{self._name}.{field}")
        return value.astimezone(self._zone) if isinstance(value, datetime) else value

    def _unknown(self, field: str, fields: Mapping[str, Scalar]) -> str:
        nearest = suggest(field, list(fields))
        return f"there is no `{self._name}.{field}`" + (f"; did you mean `{self._name}.{nearest}`?" if nearest else "")

    def __str__(self) -> str:
        raise TemplateRuntimeError(f"`{self._name}` cannot be printed; write `{self._name}.` and a name")


class Verbatim(str):
    """A text of ours that Markdown takes as it is."""

    __slots__ = ()


def show(value: object) -> str:
    """Returns a value as people read it: `12.5`, `2026-01-31 09:00`, `14d`, items with commas between."""
    match value:
        case str():
            return value if value.isascii() and value.isprintable() else _clean(value)
        case bool():
            return "true" if value else "false"
        case float():
            return show(Decimal(repr(value)))
        case Decimal():
            return spell_number(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case timedelta():
            return format_duration(value)
        case list() | tuple():
            return ", ".join(show(item) for item in value)
    return str(value)


def show_in_markdown(value: object) -> str:
    """Returns a value as `show` does, in letters that Markdown cannot take for anything else."""
    return value if isinstance(value, Verbatim) else make_inert(show(value))


def _clean(text: str) -> str:
    """Returns text that any program can show: line ends alike, what cannot be printed as a space."""
    return _SURROGATES.sub("�", _UNPRINTABLE.sub(" ", _LINE_ENDS.sub("\n", text)))
