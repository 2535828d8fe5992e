"""The types of values in the language; nothing converts from one to another by itself."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What sort of value it is; the value is the author's word for it."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    TIME = "time"
    DATE = "date"
    DURATION = "duration"
    ONE_OF = "one of"
    LIST = "list of text"


@dataclass(frozen=True, slots=True)
class Type:
    """A sort of value; `choices` only for `one of`, in the order they were declared."""

    kind: Kind
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is Kind.ONE_OF:
            quoted = ", ".join(f'"{choice}"' for choice in self.choices)
            return f"one of ({quoted})"
        return str(self.kind.value)

    @property
    def is_textual(self) -> bool:
        """Returns whether values of the type are texts."""
        return self.kind in (Kind.TEXT, Kind.ONE_OF)

    @property
    def is_ordered(self) -> bool:
        """Returns whether `<` has a meaning for values of the type."""
        return self.kind not in (Kind.BOOL, Kind.LIST)


TEXT = Type(Kind.TEXT)
NUMBER = Type(Kind.NUMBER)
BOOL = Type(Kind.BOOL)
TIME = Type(Kind.TIME)
DATE = Type(Kind.DATE)
DURATION = Type(Kind.DURATION)
LIST_OF_TEXT = Type(Kind.LIST)
SIMPLE_TYPES = {t.kind.value: t for t in (TEXT, NUMBER, BOOL, TIME, DATE, DURATION)}
