"""What a test saw instead of what it expected, and the report that shows it with the timeline around it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rulekit.clock import format_instant
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label
from rulekit.diagnostics.source import SourceText
from rulekit.evaluation.questions.explanation import Part
from rulekit.language import tree
from rulekit.outbox.rows.queries import OutboxRow
from rulekit.testing.timeline import Timeline

# so many lines of a body are shown
BODY_LINES = 20
# so many characters of an expected text stand in a headline
EXPECTED = 60


@dataclass(frozen=True, slots=True)
class Surprise:
    """What was seen in place of what was expected; `notes` may have several lines each."""

    message: str
    notes: tuple[str, ...] = ()
    code: Code = codes.FAILED_EXPECTATION


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that did not hold, before the rest of its test is known.

    `people` are those whom it concerns; `done` says how many transitions each email had had by then.
    """

    step: tree.TestStep
    at: datetime
    surprise: Surprise
    people: tuple[str, ...]
    done: Mapping[int, int]

    def diagnostic(self, whole: Timeline, sources: Mapping[str, SourceText]) -> Diagnostic:
        """Returns the report, with the timeline of everybody concerned."""
        span = self.step.span
        text = " ".join(sources[span.path].text[span.start : span.end].split())
        lines = whole.around(text, self.at, self.people, self.done)
        timeline = "\n".join([f"what happened to {_listed(self.people)}", *lines])
        notes = (*self.surprise.notes, timeline) if self.people else self.surprise.notes
        return Diagnostic(
            self.surprise.code, self.surprise.message, Label(span, f"at {format_instant(self.at)}"), notes=notes
        )


def not_as_member(step: tree.ExpectMember, because: Part) -> Surprise:
    """Returns what to say of somebody who is in a persona or segment against what was expected, or is not."""
    verb = "is" if step.negated else "is not"
    return Surprise(f"`{step.who.text}` {verb} in `{step.group.text}`", (condition(step.group.text, because),))


def not_in_state(step: tree.ExpectEmail, rows: Iterable[OutboxRow], why_none: Iterable[str]) -> Surprise:
    """Returns what to say of emails in other states than the expected one; `why_none` when there are none."""
    states = [row.state.value for row in rows]
    email = f"`{step.template.text}` to `{step.person.text}`"
    if step.state is None:
        return Surprise(f"there is {_counted(states, email)}: {', '.join(states)}")
    if not states:
        return Surprise(f"there is no {email}", tuple(why_none))
    return Surprise(f"{email} is {', '.join(states)}, not {step.state.text}")


def not_as_text(step: tree.ExpectText, found: str) -> Surprise:
    """Returns what to say of a subject or body that is not as expected."""
    verb = {"=": ("is not", "is"), "contains": ("does not contain", "contains")}.get(
        step.how, (f"does not {step.how.replace('s ', ' ')}", step.how)
    )[step.negated]
    lines = found.splitlines()
    shown = lines[:BODY_LINES] + ([f"… {len(lines) - BODY_LINES} more lines"] if len(lines) > BODY_LINES else [])
    expected = step.text.text if len(step.text.text) <= EXPECTED else f"{step.text.text[:EXPECTED]}…"
    message = f"the {step.part} of `{step.template.text}` to `{step.person.text}` {verb} `{expected}`"
    return Surprise(message, ("\n".join([f"the {step.part} is", *(f"  {line}".rstrip() for line in shown)]),))


def refused(step: tree.Act, reason: str) -> Surprise:
    """Returns what to say of an approval that could not be given or taken back."""
    return Surprise(f"cannot {step.action}: {reason}", code=codes.REFUSED_ACTION)


def condition(name: str, because: Part) -> str:
    """Returns every part of a condition with its truth and values, below a line that names it."""
    return "\n".join([f"the condition of `{name}`", *(f"  {line}" for line in because.lines())])


def _counted(states: list[str], email: str) -> str:
    return f"a {email}" if len(states) == 1 else f"{len(states)} {email}"


def _listed(people: tuple[str, ...]) -> str:
    return ", ".join(f"`{person}`" for person in people)
