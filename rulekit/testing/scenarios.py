"""The `test` blocks of the rules, played on the real evaluator and the real outbox with a simulated clock.

Every test starts from an empty store over which the rules have run once with nobody in the source, so that whoever
is in a persona at the first moment has joined it. At each moment a tick runs, then what is due is sent, then the
moment's steps are done in order.
"""

import email
import email.policy
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rulekit.clock import format_instant
from rulekit.engine import Project, prepare_tick
from rulekit.errors import TransitionRefused
from rulekit.evaluation.data import Data
from rulekit.evaluation.explain import explain
from rulekit.evaluation.members import segment_members
from rulekit.language import tree
from rulekit.language.program import Test
from rulekit.outbox.dispatcher import dispatch
from rulekit.outbox.rows import OutboxRow, RowFilter
from rulekit.outbox.states import State
from rulekit.outbox.store import Store
from rulekit.records import Envelope, Outcome, Sent


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that did not hold, or an action that was refused: when, what, and what was seen instead."""

    at: datetime
    step: str
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test; it passed when nothing failed."""

    test: Test
    failures: tuple[Failure, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Returns whether every step of the test held."""
        return not self.failures


def play_tests(project: Project, tests: Iterable[Test]) -> Iterator[TestResult]:
    """Plays the tests one by one; a failed step does not stop the others of its test."""
    schema = project.program.schema
    nobody = Data.from_rows(schema, [], [], {})
    with closing(nobody.connection):
        for test in tests:
            data = Data.from_rows(schema, test.people, test.companies, test.events)
            with closing(data.connection), Store.in_memory() as store:
                yield TestResult(test, tuple(_Scenario(project, store, data, test).play(test, nobody)))


HOLDS: Mapping[tree.TestOfText, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "contains": operator.contains,
    "starts with": str.startswith,
    "ends with": str.endswith,
}


class _Accepting:
    """A sender that takes every email and gives it to nobody."""

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        mark_data()
        return Sent("taken by the test")

    def close(self) -> None:
        pass


class _Scenario:
    """One test on its own store; `play` yields the failures in the order of time."""

    def __init__(self, project: Project, store: Store, data: Data, test: Test) -> None:
        self._project = project
        self._store = store
        self._data = data
        self._people = {str(row["person"]): row["company"] for row in test.people}

    def play(self, test: Test, nobody: Data) -> Iterator[Failure]:
        moments = sorted(test.moments, key=lambda moment: moment.at)
        if moments:
            self._tick(nobody, moments[0].at - timedelta(microseconds=1))
        for moment in moments:
            self._tick(self._data, moment.at)
            self._send(moment.at)
            for step in moment.steps:
                yield from self._do(step, moment.at)

    def _tick(self, data: Data, now: datetime) -> None:
        self._store.record_tick(prepare_tick(self._project, data, self._store, now, accept=True).record)

    def _send(self, now: datetime) -> None:
        dispatch(self._store, _Accepting, lambda: now, worker="test", jitter=lambda: 0.0, allowed=lambda _: True)

    def _do(self, step: tree.TestStep, now: datetime) -> Iterator[Failure]:
        match step:
            case tree.ExpectMember():
                seen = self._see_member(step, now)
            case tree.ExpectEmail():
                seen = self._see_email(step)
            case tree.ExpectText():
                seen = self._see_text(step)
            case tree.Act():
                seen = self._act(step, now)
        if seen:
            yield Failure(now, self._text_of(step), seen)

    def _see_member(self, step: tree.ExpectMember, now: datetime) -> tuple[str, ...]:
        if step.who.text not in self._people or step.group.text in self._project.program.segments:
            return self._see_company(step, now)
        found = explain(
            self._project.program,
            self._data,
            step.who.text,
            step.group.text,
            now,
            self._project.rules.sources,
            look_ahead=False,
        )
        return () if found.member is not step.negated else tuple(found.because.lines())

    def _see_company(self, step: tree.ExpectMember, now: datetime) -> tuple[str, ...]:
        company = self._people.get(step.who.text, step.who.text)
        inside = company in segment_members(self._project.program, self._data, step.group.text, now)
        told = f"company {company} is {'' if inside else 'not '}in {step.group.text}"
        return () if inside is not step.negated else (told,)

    def _see_text(self, step: tree.ExpectText) -> tuple[str, ...]:
        rows = self._rows(step.template.text, step.person.text)
        if not rows:
            return (f"there is no {step.template.text} to {step.person.text}",)
        found = " ".join((rows[-1].subject if step.part == "subject" else self._body(rows[-1].id)).split())
        holds = HOLDS[step.how](found, " ".join(step.text.text.split()))
        return () if holds is not step.negated else (f"the {step.part} is {found}",)

    def _body(self, row: int) -> str:
        message = email.message_from_bytes(self._store.message(row), policy=email.policy.default)
        plain = message.get_body(("plain",))
        return str(plain.get_content()) if plain else ""

    def _see_email(self, step: tree.ExpectEmail) -> tuple[str, ...]:
        rows = self._rows(step.template.text, step.person.text)
        if step.state is None:
            return tuple(f"email {row.id} is {row.state.value}" for row in rows)
        if any(row.state is State(step.state.text) for row in rows):
            return ()
        return tuple(_told(row) for row in rows) or (f"there is no {step.template.text} to {step.person.text}",)

    def _act(self, step: tree.Act, now: datetime) -> tuple[str, ...]:
        wanted = State.UNAPPROVED if step.action == "approve" else State.APPROVED
        rows = [row for row in self._rows(step.template.text, step.person.text) if row.state is wanted]
        if not rows:
            return (f"there is no {wanted.value} {step.template.text} to {step.person.text}",)
        try:
            for row in rows:
                if step.action == "approve":
                    hold = self._project.settings.delivery.hold
                    self._store.approve(row.id, row.digest, now, "test", hold)
                else:
                    self._store.unapprove(row.id, now, "test")
        except TransitionRefused as refusal:
            return (refusal.message,)
        return ()

    def _rows(self, template: str, person: str) -> list[OutboxRow]:
        return [row for row in self._store.rows(RowFilter(person=person)) if row.template == template]

    def _text_of(self, step: tree.TestStep) -> str:
        source = self._project.rules.sources[step.span.path]
        line = source.position(step.span.start).line
        return f"{step.span.path}:{line}: {source.text[step.span.start : step.span.end]}"


def _told(row: OutboxRow) -> str:
    reason = f": {row.reason}" if row.reason else ""
    return f"email {row.id}, made {format_instant(row.created_at)}, is {row.state.value}{reason}"
