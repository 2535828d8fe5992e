"""How the text files of a source are laid out, as settings say it: for one table, or for all of them."""

import codecs
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from rulekit.records import TextLayout


def _delimiter(value: object) -> object:
    if isinstance(value, str) and (len(value) != 1 or value in '"\r\n\0'):
        raise ValueError('write one character that stands between the columns, as in `";"`, and `"\\t"` for a tab')
    return value


def _encoding(value: object) -> object:
    if isinstance(value, str):
        try:
            "a".encode(value)
            codecs.lookup(value)
        except (LookupError, ValueError):
            raise ValueError(
                f'`{value}` is no encoding of texts; write it like `"windows-1252"` or `"utf-16"`'
            ) from None
    return value


def _header(value: object) -> object:
    if isinstance(value, bool):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise ValueError('write `false`, or the names of all columns in order, as in `["id", "email"]`')
    if len({name.casefold() for name in value}) < len(value):
        raise ValueError("give each column a name of its own; case does not count")
    return tuple(value)


class LayoutSettings(BaseModel):
    """What a section may say of how text files are laid out; what is None is as in the section above it."""

    delimiter: Annotated[str | None, BeforeValidator(_delimiter)] = None
    encoding: Annotated[str | None, BeforeValidator(_encoding)] = None
    header: Annotated[bool | tuple[str, ...] | None, BeforeValidator(_header)] = None

    def layout(self, above: "LayoutSettings") -> TextLayout | None:
        """Returns how its files are laid out, or None where neither the section nor the one above it says anything."""
        told = {
            name: next((value for value in (getattr(self, name), getattr(above, name)) if value is not None), None)
            for name in LayoutSettings.model_fields
        }
        given = {name: value for name, value in told.items() if value is not None}
        return TextLayout(**given) if given else None
