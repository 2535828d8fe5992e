"""How much of the rules their tests have seen: each comparison true and false, each trigger making an email."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.display import plural
from rulekit.diagnostics.report import Sources
from rulekit.diagnostics.source import Span
from rulekit.engine.project import Project
from rulekit.evaluation.questions.coverage import Seen, count_truths
from rulekit.language.program import Trigger
from rulekit.testing.playing import TestResult, fixture_of


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was seen of every comparison, and which triggers fired."""

    comparisons: Sequence[Seen]
    fired: Sequence[Trigger]
    silent: Sequence[Trigger]
    sources: Sources

    @property
    def covered(self) -> int:
        """Returns how much was seen: a comparison counts twice, true and false, a trigger once."""
        return sum(bool(seen.true) + bool(seen.false) for seen in self.comparisons) + len(self.fired)

    @property
    def total(self) -> int:
        """Returns how much there is to see."""
        return 2 * len(self.comparisons) + len(self.fired) + len(self.silent)

    @property
    def percent(self) -> float:
        """Returns the part that was seen; of nothing, everything was."""
        return 100 * self.covered / self.total if self.total else 100.0

    def lines(self) -> Iterator[str]:
        """Yields the whole in one line, then a line for whatever was not seen."""
        triggers = f"{len(self.fired)} of {plural(len(self.fired) + len(self.silent), 'trigger')} fired"
        true, false = (sum(map(bool, counts)) for counts in zip(*self._counts(), strict=True))
        count = len(self.comparisons)
        seen = f"of {plural(count, 'comparison')} {true} seen true and {false} seen false"
        yield f"coverage {_rounded(self.percent)}%: {seen}, {triggers}"
        yield from self.gaps()

    def gaps(self) -> Iterator[str]:
        """Yields a line with its place for whatever was not seen."""
        for seen in self.comparisons:
            if not (seen.true and seen.false):
                never = "true" if seen.false else "false" if seen.true else "true or false"
                span, owner = seen.comparison.span, seen.comparison.owner
                yield f"{self._place(span)}: never {never}: `{self._text(span)}`, {owner}"
        for trigger in self.silent:
            yield f"{self._place(trigger.span)}: never fired: trigger {trigger.name}"

    def shortfall(self, floor: float) -> Diagnostic | None:
        """Returns the report that too little was seen, or None when it is enough."""
        if self.percent >= floor:
            return None
        message = f"the tests cover {_rounded(self.percent)}% of the rules, less than {_rounded(floor)}%"
        gaps = "\n".join(["this was not seen in any test", *(f"  {gap}" for gap in self.gaps())])
        return Diagnostic(codes.LOW_COVERAGE, message, None, help="write a test for what was not seen", notes=(gaps,))

    def document(self) -> dict[str, Any]:
        """Returns the coverage as JSON has it."""
        return {
            "percent": round(self.percent, 2),
            "covered": self.covered,
            "total": self.total,
            "comparisons": [
                {
                    **self._where(seen.comparison.span),
                    "text": self._text(seen.comparison.span),
                    "in": seen.comparison.owner,
                    "true": seen.true,
                    "false": seen.false,
                }
                for seen in self.comparisons
            ],
            "triggers": [
                {**self._where(trigger.span), "name": trigger.name, "fired": fired}
                for triggers, fired in ((self.fired, True), (self.silent, False))
                for trigger in triggers
            ],
        }

    def _counts(self) -> list[tuple[int, int]]:
        return [(seen.true, seen.false) for seen in self.comparisons] or [(0, 0)]

    def _where(self, span: Span) -> dict[str, Any]:
        position = self.sources[span.path].position(span.start)
        return {"path": span.path, "line": position.line, "column": position.column}

    def _place(self, span: Span) -> str:
        where = self._where(span)
        return f"{where['path']}:{where['line']}:{where['column']}"

    def _text(self, span: Span) -> str:
        return " ".join(self.sources[span.path].text[span.start : span.end].split())


def measure_coverage(project: Project, results: Sequence[TestResult]) -> Coverage:
    """Returns what the tests have seen of the project's rules."""
    fired = {name for result in results for name in result.fired}
    triggers = project.program.triggers.values()
    return Coverage(
        count_truths(project.program, [fixture_of(result.test) for result in results], project.settings.timezone),
        [trigger for trigger in triggers if trigger.name in fired],
        [trigger for trigger in triggers if trigger.name not in fired],
        project.rules.sources,
    )


def _rounded(percent: float) -> str:
    # never up: 99.99% is not everything
    return f"{int(percent * 10) / 10:g}"
