"""What one pass over staged data finds that the declarations do not allow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rulekit.evaluation.data.data_report import FieldReport
from rulekit.evaluation.data.staging import Stage, Staged, Wanted


@dataclass(frozen=True, slots=True)
class Counts:
    """Of some rows: how many, and per staged value how many there are, unreadable ones, and ones outside the set."""

    rows: int
    values: dict[str, tuple[int, int, int]]

    @classmethod
    def of(cls, stage: Stage, row: Sequence[int]) -> "Counts":
        """Returns counts from a result row of `rows` and then `value_counts`."""
        triples = zip(row[1::3], row[2::3], row[3::3], strict=True)
        return cls(row[0], {s.value.name: t for s, t in zip(stage.values.values(), triples, strict=True)})

    def report(self, stage: Stage, wanted: Wanted) -> FieldReport:
        """Returns what was found about one field among these rows."""
        staged = stage.staged(wanted)
        present, unreadable, outside = (0, 0, 0) if staged is None else self.values[staged.value.name]
        absent = 0 if wanted.field.optional else self.rows - present - unreadable
        return FieldReport(wanted.owner, wanted.field.name, absent, unreadable, outside)


def value_counts(stage: Stage) -> Iterator[exp.Expr]:
    """Yields three aggregates for each staged value: present, unreadable, outside its set of texts."""
    for staged in stage.values.values():
        yield exp.func("COUNT", staged.value.copy())
        yield count_where(staged.unreadable)
        yield count_where(_outside(staged))


def count_where(condition: exp.Expr | None) -> exp.Expr:
    """Returns the aggregate that counts the rows of which a condition is true; None is true of no row."""
    if condition is None:
        return exp.Literal.number(0)
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition.copy()))


def combine(reports: Iterable[FieldReport]) -> tuple[FieldReport, ...]:
    """Returns the reports that have something to say, those of one field added up, by owner and field."""
    sums: dict[tuple[str, str], list[int]] = {}
    for report in reports:
        total = sums.setdefault((report.owner, report.field), [0, 0, 0, 0])
        for index, count in enumerate((report.missing, report.unreadable, report.outside, report.no_zone)):
            total[index] += count
    return tuple(FieldReport(*name, *counts) for name, counts in sorted(sums.items()) if any(counts))


def _outside(staged: Staged) -> exp.Expr | None:
    if not staged.type.choices:
        return None
    return staged.value.isin(*staged.type.choices).not_()
