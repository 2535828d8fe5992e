"""The `test` blocks of the rules, played on the real evaluator and the real outbox with a simulated clock.

Every test starts from an empty store over which the rules have run once with nobody in the source, so that whoever
is in a persona at the first moment has joined it. At each moment a tick runs, then what is due is sent, then the
moment's steps are done in order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.engine.project import Project
from rulekit.engine.tick.prepare import prepare_tick_on
from rulekit.errors import TransitionRefused
from rulekit.evaluation.questions.batches import Fixture, FixtureSnapshot, look_at_batch, look_at_nobody
from rulekit.language import tree
from rulekit.language.program import Moment, Test
from rulekit.outbox.dispatch.dispatcher import Worker, dispatch
from rulekit.outbox.lifecycle.tick_values import TickRecord
from rulekit.outbox.people.actions import Refusals
from rulekit.outbox.rows.queries import OutboxRow, RowFilter
from rulekit.outbox.store import Store
from rulekit.records import Envelope, Outcome, Sent, State
from rulekit.testing.companies import explain_segment
from rulekit.testing.email_texts import body_of, holds
from rulekit.testing.failures import Failure, Surprise, condition, not_as_member, not_as_text, not_in_state, refused
from rulekit.testing.timeline import Timeline


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test; it passed when nothing is reported. `fired` are the triggers that made an email."""

    test: Test
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    fired: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Returns whether every step of the test held."""
        return not self.diagnostics


def play_tests(project: Project, tests: Iterable[Test]) -> Iterator[TestResult]:
    """Plays the tests one by one; a failed step does not stop the others of its test."""
    chosen = list(tests)
    fixtures, zone = [fixture_of(test) for test in chosen], project.settings.timezone
    snapshots = look_at_batch(project.program, project.rules.sources, fixtures, zone)
    with Store.in_memory() as store:
        baseline = _take_baseline(project, store, chosen)
        for test, seen in zip(chosen, snapshots, strict=True):
            start = perf_counter()
            store.restore(baseline)
            scenario = _Scenario(project, store, test)
            diagnostics = scenario.report(list(scenario.play(seen)))
            yield TestResult(test, diagnostics, perf_counter() - start, scenario.fired())


def fixture_of(test: Test) -> Fixture:
    """Returns what a test says of people, companies and events, and when it looks."""
    return Fixture(test.people, test.companies, test.events, [moment.at for moment in _in_order(test)])


def _in_order(test: Test) -> list[Moment]:
    return sorted(test.moments, key=lambda moment: moment.at)


def _take_baseline(project: Project, store: Store, tests: Iterable[Test]) -> bytes:
    """Runs the rules once with nobody, before the first moment of all; returns what every test starts from."""
    first = min((moment.at for test in tests for moment in test.moments), default=None)
    if first is not None:
        nobody = look_at_nobody(project.program, project.rules.sources, first - timedelta(microseconds=1))
        store.ticks.record(prepare_tick_on(project, nobody, store, accept=True).record)
    return store.snapshot()


class _Accepting:
    """A sender that takes every email and gives it to nobody."""

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        mark_data()
        return Sent("taken by the test")

    def close(self) -> None:
        pass


class _Scenario:
    """One test on a store of its own; `play` yields the failures in the order of time."""

    def __init__(self, project: Project, store: Store, test: Test) -> None:
        self._project = project
        self._store = store
        self._test = test
        self._company_of = {str(row["person"]): row["company"] for row in test.people}
        self._ticks: list[TickRecord] = []

    def play(self, snapshots: Iterable[FixtureSnapshot]) -> Iterator[Failure]:
        for moment, snapshot in zip(_in_order(self._test), snapshots, strict=True):
            self._tick(snapshot)
            self._send(moment.at)
            for step in moment.steps:
                surprise = self._do(step, snapshot)
                if surprise is not None:
                    yield Failure(step, moment.at, surprise, self._concerned(step), self._done())

    def report(self, failures: Sequence[Failure]) -> tuple[Diagnostic, ...]:
        """Returns a report for each failure, once the whole test is known."""
        if not failures:
            return ()
        timeline = Timeline(
            self._test, self._ticks, [(row, self._store.audit.history(row.id)) for row in self._store.outbox.find()]
        )
        return tuple(failure.diagnostic(timeline, self._project.rules.sources) for failure in failures)

    def fired(self) -> frozenset[str]:
        """Returns the triggers that made an email."""
        return frozenset(row.trigger for tick in self._ticks for row in tick.rows)

    def _tick(self, snapshot: FixtureSnapshot) -> None:
        record = prepare_tick_on(self._project, snapshot, self._store, accept=True).record
        self._store.ticks.record(record)
        self._ticks.append(record)

    def _send(self, now: datetime) -> None:
        dispatch(self._store, _Accepting, lambda: now, Worker("test"))

    def _done(self) -> dict[int, int]:
        return {row.id: len(self._store.audit.history(row.id)) for row in self._store.outbox.find()}

    def _concerned(self, step: tree.TestStep) -> tuple[str, ...]:
        """Returns the people whom a step is about; of a company, all who belong to it."""
        name = step.who.text if isinstance(step, tree.ExpectMember) else step.person.text
        if name in self._company_of:
            return (name,)
        return tuple(person for person, company in self._company_of.items() if company == name)

    def _do(self, step: tree.TestStep, snapshot: FixtureSnapshot) -> Surprise | None:
        match step:
            case tree.ExpectMember():
                return self._see_member(step, snapshot)
            case tree.ExpectEmail():
                return self._see_email(step, snapshot)
            case tree.ExpectText():
                return self._see_text(step, snapshot)
            case tree.Act():
                return self._act(step, snapshot.now)

    def _see_member(self, step: tree.ExpectMember, snapshot: FixtureSnapshot) -> Surprise | None:
        who, group = step.who.text, step.group.text
        if group in self._project.program.segments:
            company = self._company_of.get(who, who)
            if (group in snapshot.segments_of(str(company))) is not step.negated:
                return None
            because = explain_segment(self._project, self._test, group, company, snapshot.now)
        else:
            because = snapshot.explain(who, group)
        return not_as_member(step, because) if because.holds is step.negated else None

    def _see_email(self, step: tree.ExpectEmail, snapshot: FixtureSnapshot) -> Surprise | None:
        rows = self._rows(step)
        found = not rows if step.state is None else any(row.state is State(step.state.text) for row in rows)
        return None if found else not_in_state(step, rows, self._why_none(step, snapshot))

    def _why_none(self, step: tree.ExpectEmail | tree.ExpectText, snapshot: FixtureSnapshot) -> Iterator[str]:
        """Yields the conditions of the personas whose triggers send the template."""
        triggers = [t for t in self._project.program.triggers.values() if t.template == step.template.text]
        for persona in dict.fromkeys(trigger.persona for trigger in triggers):
            yield condition(persona, snapshot.explain(step.person.text, persona))

    def _see_text(self, step: tree.ExpectText, snapshot: FixtureSnapshot) -> Surprise | None:
        rows = self._rows(step)
        if not rows:
            return Surprise(
                f"there is no `{step.template.text}` to `{step.person.text}`", tuple(self._why_none(step, snapshot))
            )
        latest = rows[-1]
        found = latest.subject if step.part == "subject" else body_of(self._store.outbox.message(latest.id))
        return None if holds(step, found) else not_as_text(step, found)

    def _act(self, step: tree.Act, now: datetime) -> Surprise | None:
        wanted = State.UNAPPROVED if step.action == "approve" else State.APPROVED
        rows = [row for row in self._rows(step) if row.state is wanted]
        if not rows:
            return refused(step, f"there is no {wanted.value} `{step.template.text}` to `{step.person.text}`")
        try:
            for row in rows:
                for refusal in self._decide(step, row, now).values():
                    raise refusal
        except TransitionRefused as refusal:
            return refused(step, refusal.message)
        return None

    def _decide(self, step: tree.Act, row: OutboxRow, now: datetime) -> Refusals:
        if step.action == "approve":
            return self._store.desk.approve({row.id: row.digest}, now, "test", self._project.settings.delivery.hold)
        return self._store.desk.unapprove([row.id], now, "test")

    def _rows(self, step: tree.ExpectEmail | tree.ExpectText | tree.Act) -> list[OutboxRow]:
        return [
            row
            for row in self._store.outbox.find(RowFilter(person=step.person.text))
            if row.template == step.template.text
        ]
