"""What was found in the data that the declared schema does not allow: counts, never values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldReport:
    """Values of one field or property that are not as declared.

    `owner` is `person`, `company` or the name of an event. `missing` counts only where the declaration has no `?`;
    `unreadable` values are there but not of the declared type, and count as missing from then on; `outside` values
    are texts that a `one of` does not name, and stay as they are.
    """

    owner: str
    field: str
    missing: int = 0
    unreadable: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class EventReport:
    """Events of one kind: how many were read, and how many of them no measure sees.

    `orphans` name no known person; `timeless` have no time, or none that can be read, and are left out.
    """

    kind: str
    events: int
    orphans: int = 0
    timeless: int = 0


@dataclass(frozen=True, slots=True)
class DataReport:
    """Counts over the whole data of a tick.

    `fields` holds only those with something to report, in the order of owner and name. `events` holds every declared
    kind by name. `undeclared_events` counts events of kinds that the rules do not declare. `keyless` counts people,
    and companies, without a key, left out. `unknown_companies` counts people whose company is not in the data.
    """

    people: int
    companies: int
    fields: tuple[FieldReport, ...] = ()
    events: Mapping[str, EventReport] = field(default_factory=dict)
    undeclared_events: int = 0
    keyless_people: int = 0
    keyless_companies: int = 0
    unknown_companies: int = 0

    @property
    def is_clean(self) -> bool:
        """Returns whether everything is as declared."""
        counts = (self.undeclared_events, self.keyless_people, self.keyless_companies, self.unknown_companies)
        return not self.fields and not any(counts) and not any(e.orphans or e.timeless for e in self.events.values())
