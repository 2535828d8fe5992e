"""What a tick asks of the data at its instant: who is in, who they are, and because of what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from rulekit.diagnostics.source import SourceText
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.data.profile import Column, Profile
from rulekit.evaluation.questions.explanation import because
from rulekit.evaluation.questions.looking_back import Earlier, Since
from rulekit.evaluation.questions.membership import Membership, evaluate
from rulekit.evaluation.questions.people import fetch_field, fetch_people, number_companies
from rulekit.evaluation.questions.strangers import Strangers, find_strangers
from rulekit.evaluation.questions.unjudged import Unjudged, describe_unjudged
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.language.program import Program
from rulekit.records import Person, Scalar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def asked_segments(program: Program) -> tuple[str, ...]:
    """Returns the segments that triggers ask for, by name."""
    return tuple(sorted({t.segment for t in program.triggers.values() if t.segment}))


class Snapshot(Protocol):
    """The data as it is seen at one instant."""

    @property
    def now(self) -> datetime:
        """Returns the instant."""

    @property
    def kinds(self) -> frozenset[str]:
        """Returns the kinds of event of which there is any."""

    def membership(self) -> Membership:
        """Returns who is in which persona, and in which segment that a trigger asks for."""

    def profile(self) -> Profile | None:
        """Returns what the data is like, to be compared with that of other ticks; None where that makes no sense."""

    def unjudged(self, membership: Membership) -> tuple[Unjudged, ...]:
        """Returns how many of these people cannot be judged, in what, and because of which columns."""

    def people(self, keys: Sequence[str]) -> Mapping[str, Person]:
        """Returns those of the people that the data has, by key."""

    def field(self, name: str, keys: Sequence[str]) -> Mapping[str, Scalar]:
        """Returns the value of a field for those of the people that the data has, by key."""

    def because(self, persona: str, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Returns for each of the people the values that the persona's condition depends on, by their text."""

    def strangers(self, known: Sequence[str], accepted: Collection[str]) -> Mapping[str, Strangers]:
        """Returns kinds of event, beside `accepted` ones, that are mostly of nobody; `known` are not in the data."""


@dataclass(frozen=True, slots=True)
class DataSnapshot:
    """The data of a source at `now`; every question is a statement. `sources` are the texts of the rules."""

    program: Program
    data: Data
    now: datetime
    sources: Mapping[str, SourceText]

    @property
    def kinds(self) -> frozenset[str]:
        """Returns the kinds of event of which there is any."""
        return frozenset(kind for kind, events in self.data.report.events.items() if events.events)

    def membership_at(self, at: datetime, personas: Sequence[str] | None, since: Mapping[Column, Since]) -> Membership:
        """Returns who is in some personas (None: in all) at another instant by what is known now.

        Who has a new time in one of the fields of `since` cannot be judged by it. Raises SourceError
        as `membership` does.
        """
        return evaluate(build_plan(self.program, personas), Earlier(self.data, since, self.now), at)

    def company_numbers(self) -> "NDArray[np.int64]":
        """Returns a number of the company of everybody, in the order of the membership; -1 without one."""
        return number_companies(self.data)

    def membership(self) -> Membership:
        """Returns who is in; raises SourceError when the data cannot be evaluated."""
        return evaluate(build_plan(self.program, segments=asked_segments(self.program)), self.data, self.now)

    def profile(self) -> Profile | None:
        """Returns what the data is like."""
        return self.data.profile(self.now)

    def unjudged(self, membership: Membership) -> tuple[Unjudged, ...]:
        """Returns how many of these people cannot be judged, in what, and because of which columns."""
        return describe_unjudged(self.program, membership, self.data.report)

    def people(self, keys: Sequence[str]) -> Mapping[str, Person]:
        """Returns those of the people that the data has, by key."""
        return fetch_people(self.program.schema, self.data, keys)

    def field(self, name: str, keys: Sequence[str]) -> Mapping[str, Scalar]:
        """Returns the value of a field for those of the people that the data has, by key."""
        return fetch_field(self.program.schema, self.data, name, keys)

    def because(self, persona: str, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Returns for each of the people the values that the persona's condition depends on, by their text."""
        return because(self.program, self.data, persona, people, self.now, self.sources)

    def strangers(self, known: Sequence[str], accepted: Collection[str]) -> Mapping[str, Strangers]:
        """Returns kinds of event, beside `accepted` ones, that are mostly of nobody; `known` are not in the data."""
        return find_strangers(self.data, known, accepted)
