"""What came out: days of a damaged world beside those of its twin, and clean days beside those without guards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trust_replay import Mailed, Seen

REFUSED, PARKED, UNJUDGED, REPORTED, UNSEEN = "refused", "parked", "unjudged", "reported", "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one damage did to one world, in numbers of emails.

    `wrong` went to whom the twin had not mailed by then, `wrong_after` those of them that went on a clean day. `late`
    were due on damaged days and went after them, `never` did not go at all, `due` is what the twin mailed from the
    first damaged day on. `outcome` is what rulekit said while the data was damaged, `after` what of it was still so.
    """

    part: str
    what: str
    people: int
    seed: int
    form: str
    wrong: int
    wrong_after: int
    late: int
    never: int
    due: int
    outcome: str
    after: str
    is_harmless: bool
    # for whoever looks for the reason: the triggers that mailed wrongly, and what rulekit said
    whom: Mapping[str, int]
    told: tuple[str, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Returns what makes it another one than others."""
        return self.part, self.what, self.people, self.seed, self.form

    @property
    def is_unseen(self) -> bool:
        """Says whether rulekit took everything as it is, and mailed as on the undamaged days."""
        return self.outcome == UNSEEN and not self.late and not self.never

    @property
    def is_right(self) -> bool:
        """Says whether nobody was mailed wrongly, and nothing stood still that need not."""
        return not self.wrong and self.after != REFUSED and (self.is_unseen or not self.is_harmless)

    @property
    def line(self) -> str:
        """Returns it as a line of text."""
        figures = f"{self.wrong} wrong ({self.wrong_after} after), {self.late} late, {self.never} never, of {self.due}"
        world = f"{self.people} people ({self.seed}, {self.form})"
        return f"{self.part}: {self.what}, {world}: {figures}; {self.outcome}, {self.after}"

    @property
    def details(self) -> list[str]:
        """Returns what helps to find the reason."""
        return [f"{count} of {name}" for name, count in self.whom.items()] + list(self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of a clean history: of its ticks how many were refused, and in how many a persona was parked.

    `emails` were mailed, `same` is how many of the emails of a replay with everything accepted went on the same tick.
    """

    name: str
    people: str
    ticks: int
    refused: int
    parked: int
    emails: int
    accepted: int
    same: int
    told: tuple[str, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Returns what makes it another one than others."""
        return "histories", self.name

    @property
    def is_right(self) -> bool:
        """Says whether no tick was stopped in any part, and the same emails went as without guards."""
        return not self.refused and not self.parked and self.emails == self.accepted == self.same

    @property
    def line(self) -> str:
        """Returns it as a line of text."""
        stopped = f"{self.refused} refused, {self.parked} parked of {self.ticks} ticks"
        return f"{self.name}, {self.people} people: {stopped}; {self.same} of {self.accepted} emails as without guards"

    @property
    def details(self) -> tuple[str, ...]:
        """Returns what rulekit said."""
        return self.told

    @classmethod
    def of(cls, name: str, people: str, guarded: Sequence[Seen], accepted: Sequence[Seen]) -> "Replayed":
        """Compares a replay with one in which everything was accepted, tick by tick."""
        told = [f"{i}: {s.refused or ', '.join(s.parked)}" for i, s in enumerate(guarded) if s.refused or s.parked]
        return cls(
            name=name,
            people=people,
            ticks=len(guarded),
            refused=sum(bool(one.refused) for one in guarded),
            parked=sum(bool(one.parked) for one in guarded),
            emails=sum(one.mailed.total() for one in guarded),
            accepted=sum(one.mailed.total() for one in accepted),
            same=sum((one.mailed & other.mailed).total() for one, other in zip(guarded, accepted, strict=True)),
            told=tuple(told),
        )


Result = Verdict | Replayed


@dataclass(frozen=True, slots=True)
class Case:
    """What was done to which world: a damage or an edit, and for how many days it is not judged as gone."""

    part: str
    what: str
    people: int
    seed: int
    form: str
    damaged: int
    is_harmless: bool = False


def judge(case: Case, twin: Sequence[Seen], seen: Sequence[Seen]) -> Verdict:
    """Compares the days of a world, the first of which are damaged, with those of its undamaged twin."""
    ours, theirs, wrong = Mailed(), Mailed(), Mailed()
    early, missing = 0, 0
    for day, (here, there) in enumerate(zip(seen, twin, strict=True)):
        ours += here.mailed
        theirs += there.mailed
        wrong |= ours - theirs
        if day < case.damaged:
            early, missing = wrong.total(), (theirs - ours).total()
    never = theirs - ours
    return Verdict(
        part=case.part,
        what=case.what,
        people=case.people,
        seed=case.seed,
        form=case.form,
        wrong=wrong.total(),
        wrong_after=wrong.total() - early,
        late=max(missing - never.total(), 0),
        never=never.total(),
        due=theirs.total(),
        is_harmless=case.is_harmless,
        outcome=outcome(seen[: case.damaged], twin[: case.damaged]),
        after=outcome(seen[case.damaged :], twin[case.damaged :]),
        whom=dict(Counter(trigger for trigger, _ in wrong.elements()).most_common()),
        told=tuple(sorted({line for one in seen for line in (one.refused, *one.parked) if line})),
    )


def outcome(seen: Sequence[Seen], twin: Sequence[Seen]) -> str:
    """Says in a word what rulekit made of the data, of several the strongest."""
    if any(one.refused for one in seen):
        return REFUSED
    if any(one.parked for one in seen):
        return PARKED
    if any(one.unjudged for one in seen):
        return UNJUDGED
    told = any(set(one.told) - set(other.told) for one, other in zip(seen, twin, strict=True))
    return REPORTED if told else UNSEEN
