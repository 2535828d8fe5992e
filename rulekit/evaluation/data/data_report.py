"""What was found in the data that the declared schema does not allow: counts, never a value of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulekit.evaluation.data.profile import Column, ColumnFigures

# kinds of event that a line names
NAMED = 5
_UNUSED = {"fields": "nothing is read from its column", "kinds": "its events are left out"}
_NO_ZONE = "without a time zone in it, taken as missing: quiet hours go by the company's, or by that of rulekit.toml"

# what values look like, with the number of each, the commonest first: a digit is 9, a letter a; never a value
Shapes = tuple[tuple[str, int], ...]
# shapes that a report keeps
SHOWN_SHAPES = 3


@dataclass(frozen=True, slots=True)
class FieldReport:
    """Values of one field or property that are not as declared, or no time zone where one is meant.

    `owner` is `person`, `company` or the name of an event. `missing` counts only where the declaration has no `?`;
    `unreadable` values are there but not as declared; `outside` of them are texts that a `one of` does not name.
    `no_zone` counts texts in the field of a time zone that name none. `shapes` are those of the unreadable values.
    """

    owner: str
    field: str
    missing: int = 0
    unreadable: int = 0
    outside: int = 0
    no_zone: int = 0
    shapes: Shapes = ()


@dataclass(frozen=True, slots=True)
class EventReport:
    """Events of one kind: how many were read, and how many of them no measure sees.

    `orphans` name no known person; `timeless` have no time and are left out; `unreadable` have one that cannot be
    read, and `shapes` are those of these times.
    """

    kind: str
    events: int
    orphans: int = 0
    timeless: int = 0
    unreadable: int = 0
    shapes: Shapes = ()


@dataclass(frozen=True, slots=True)
class DataReport:
    """Counts over the whole data of a tick.

    `fields` holds only those with something to report, in the order of owner and name. `events` holds every declared
    kind by name. `undeclared_events` counts events of kinds that the rules do not declare; `undeclared_kinds` are those
    that a rule could name, with the number of events, the commonest first, as far as there are few. `keyless` counts
    people, and companies, without a key, left out. `unknown_companies` counts people whose company is not in the data.
    `unused_names` are names that `fields` or `kinds` of the settings have and no declaration, each after its section
    and the key.
    `columns` has every column that was read, the links of people to companies among them. `unreadable` names the fields
    of which some value cannot be read, by relation: `person`, `company`, or `event <kind>`.
    """

    people: int
    companies: int
    fields: tuple[FieldReport, ...] = ()
    events: Mapping[str, EventReport] = field(default_factory=dict)
    undeclared_events: int = 0
    undeclared_kinds: tuple[tuple[str, int], ...] = ()
    keyless_people: int = 0
    keyless_companies: int = 0
    unknown_companies: int = 0
    unused_names: tuple[tuple[str, str, str], ...] = ()
    columns: Mapping[Column, ColumnFigures] = field(default_factory=dict)
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def untimed(self) -> frozenset[str]:
        """Returns the kinds of event of which some have a time that cannot be read."""
        return frozenset(kind for kind, report in self.events.items() if report.unreadable)

    def problems(self, *, kinds: bool = True) -> list[str]:
        """Returns what is not as declared, one sentence for each thing; no value of the data but `kinds` of event."""
        lines = [line for report in self.fields for line in _field_problems(report)]
        for kind, event in self.events.items():
            lines += _counted(event.timeless, f"`{kind}` event", "without a time, left out")
            unreadable = f"with a time that cannot be read{_like(event.shapes)}"
            lines += _counted(event.unreadable, f"`{kind}` event", unreadable)
            lines += _counted(event.orphans, f"`{kind}` event", "of somebody who is not among the people, left out")
        named = self._kinds() if kinds else ""
        lines += _counted(self.undeclared_events, "event", f"of a kind that is not declared, left out{named}")
        lines += _counted(self.keyless_people, "row", "of people without a key, left out")
        lines += _counted(self.keyless_companies, "row", "of companies without a key, left out")
        lines += _counted(self.unknown_companies, "link", "to a company that is not there, taken as no company")
        return lines + [
            f"`{key}` under {section} names `{name}`, which is not declared, so {_UNUSED[key]}"
            for section, key, name in self.unused_names
        ]

    def _kinds(self) -> str:
        """Returns the names of kinds that are not declared, each with the number of events."""
        shown = [f"{count:,} `{kind}`" for kind, count in self.undeclared_kinds[:NAMED]]
        more = len(self.undeclared_kinds) - len(shown)
        return f": {', '.join(shown)}{f' and {more:,} more' if more else ''}" if shown else ""


def _field_problems(report: FieldReport) -> list[str]:
    where = f"`{report.field}` of `{report.owner}`:"
    return [
        *_counted(report.missing, "value", "missing, but it is declared without `?`", where),
        *_counted(report.unreadable - report.outside, "value", f"not as declared{_like(report.shapes)}", where),
        *_counted(report.outside, "value", f"outside the declared set{_like(report.shapes)}", where),
        *_counted(report.no_zone, "value", _NO_ZONE, where),
    ]


def _like(shapes: Shapes) -> str:
    """Returns what a sentence about unreadable values ends with: what they look like."""
    return f": {', '.join(f'{count:,} like `{shape}`' for shape, count in shapes)}" if shapes else ""


def _counted(count: int, noun: str, what: str, where: str = "") -> list[str]:
    return [f"{where} {count:,} {noun if count == 1 else noun + 's'} {what}".lstrip()] if count else []
