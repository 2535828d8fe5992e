"""A draft as text: the declarations, and the sections of the settings."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rulekit.diagnostics.display import escape, plural
from rulekit.diagnostics.source import SourceText
from rulekit.language.formatting import format_source
from rulekit.records import EventMapping, RecordMapping, TextLayout
from rulekit.schema.draft import Draft, DraftField, DraftKind, DraftTable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 110


def rules_text(draft: Draft, origin: str) -> str:
    """Returns the declarations as `rulekit fmt` lays them out, with a comment above each that says what was seen."""
    parts = [
        f"# Drafted by `rulekit schema pull` from {origin}. Settle what says `decide`; take out what no rule needs.\n",
        *_record("person", draft.person),
        *_record("company", draft.company),
        *(_event(kind) for kind in draft.kinds),
    ]
    text = "\n".join(parts)
    laid_out = format_source(SourceText("schema.rules", text))
    return laid_out if isinstance(laid_out, str) else text


def _record(word: str, fields: Sequence[DraftField]) -> Iterator[str]:
    if fields:
        yield f"{word}:\n" + _fields(fields)


def _event(kind: DraftKind) -> str:
    written = f", written {_text(kind.written)}" if kind.written not in ("", kind.name) else ""
    comment = f"# {plural(kind.events, 'event')}{written}\n"
    colon = ":\n" if kind.properties else "\n"
    return f"{_comment(comment)}event `{kind.name}`{colon}" + _fields(kind.properties)


def _fields(fields: Iterable[DraftField]) -> str:
    return "".join("".join(f"  # {_comment(note)}\n" for note in one.notes) + f"  {_declared(one)}\n" for one in fields)


def _declared(one: DraftField) -> str:
    type_ = str(one.type)
    if one.type.choices:
        type_ = f"one of ({', '.join(map(_text, one.type.choices))})"
    return f"`{one.name}`  {type_}{'?' if one.optional else ''}"


def _text(value: str) -> str:
    """Returns a text in double quotes, as the language and TOML both read it."""
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> str:
    return escape(text.rstrip("\n").replace("\n", " ")) + ("\n" if text.endswith("\n") else "")


def settings_text(draft: Draft) -> str:
    """Returns the sections of `rulekit.toml` about the source, each with why it was taken for that."""
    remarks = "".join(f"# {_comment(remark)}\n" for remark in draft.remarks)
    sections = list(map(_section, draft.tables))
    return "\n".join([*([remarks] if remarks else []), *sections])


def _section(table: DraftTable) -> str:
    renamed = {one.name: one.column for one in table.columns if one.name != one.column.casefold()}
    pairs = [(key, _text(value)) for key, value in _pairs(table.mapping)]
    pairs += [*_inline("fields", renamed), *_inline("kinds", table.kinds)]
    widest = max(len(key) for key, _ in pairs if "." not in key)
    return "".join(
        [
            *(f"# {_comment(note)}\n" for note in table.comments),
            f"{table.heading}\n",
            *(f"{key:{widest}} = {value}\n" for key, value in pairs),
            *(f"{line}\n" for line in _reading(table)),
        ]
    )


def _pairs(mapping: RecordMapping | EventMapping) -> Iterator[tuple[str, str]]:
    layout = mapping.layout
    names = ("key", "company") if isinstance(mapping, RecordMapping) else ("person", "at", "name", "event")
    for name in ("table", "query", *names):
        value = getattr(mapping, name)
        if value is not None:
            yield name, value
    if layout is not None and layout.delimiter is not None:
        yield "delimiter", layout.delimiter
    if layout is not None and layout.encoding != TextLayout().encoding:
        yield "encoding", layout.encoding


def _inline(key: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Returns a table of TOML on one line, or one line for each value where they are many."""
    if not values:
        return []
    value = f"{{ {', '.join(f'{_key(name)} = {_text(value)}' for name, value in values.items())} }}"
    if len(value) <= _WIDTH:
        return [(key, value)]
    return [(f"{key}.{_key(name)}", _text(value)) for name, value in values.items()]


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _reading(table: DraftTable) -> Iterator[str]:
    """Yields how columns are read that need to be told, one line for each."""
    for one in (*table.at, *table.columns):
        if one.options:
            options = ", ".join(
                f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in one.options.items()
            )
            # what two formats fit is not for a draft to say
            sign = "# " if one.is_open else ""
            yield f"{sign}columns.{_key(one.column)} = {{ {options} }}"
