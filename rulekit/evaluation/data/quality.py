"""What one pass over staged data finds that the declarations do not allow."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rulekit.evaluation.data.data_report import SHOWN_SHAPES, FieldReport, Shapes
from rulekit.evaluation.data.profile import Column, ColumnFigures
from rulekit.evaluation.data.source_tables import Tables
from rulekit.evaluation.data.staging import Stage, Wanted

# shapes of one column that are looked at where several tables hold it
_MOST_SHAPES = 100


@dataclass(frozen=True, slots=True)
class Counts:
    """Of some rows: how many, and per staged value how many can be read, and how many cannot."""

    rows: int
    values: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, stage: Stage, row: Sequence[int]) -> "Counts":
        """Returns counts from a result row of `rows` and then `value_counts`."""
        pairs = zip(row[1::2], row[2::2], strict=True)
        return cls(row[0], {s.value.name: pair for s, pair in zip(stage.values.values(), pairs, strict=True)})

    def report(self, tables: Tables, stage: Stage, wanted: Wanted, rows: exp.Expr) -> FieldReport:
        """Returns what was found about one field among these rows, which a condition on the stage describes."""
        staged = stage.staged(wanted)
        present, unreadable = (0, 0) if staged is None else self.values[staged.value.name]
        absent = 0 if wanted.field.optional else self.rows - present - unreadable
        outside = unreadable if wanted.field.type.choices else 0
        shapes = common_shapes(tables, stage, staged.shape, rows) if staged and staged.shape and unreadable else ()
        return FieldReport(wanted.owner, wanted.field.name, absent, unreadable, outside, shapes=shapes)

    def figures(self, stage: Stage, wanted: Wanted) -> ColumnFigures:
        """Returns how many values of one field are missing and unreadable among these rows."""
        staged = stage.staged(wanted)
        present, unreadable = (0, 0) if staged is None else self.values[staged.value.name]
        return ColumnFigures(wanted.owner, wanted.field.name, self.rows, self.rows - present - unreadable, unreadable)


def value_counts(stage: Stage) -> Iterator[exp.Expr]:
    """Yields two aggregates for each staged value: those that can be read, and those that cannot."""
    for staged in stage.values.values():
        yield exp.func("COUNT", staged.value.copy())
        yield count_where(staged.unreadable)


def common_shapes(tables: Tables, stage: Stage, shape: exp.Expr, rows: exp.Expr) -> Shapes:
    """Returns the commonest shapes among some rows of a stage, which a condition describes."""
    query = (
        exp.select(shape.copy(), exp.Count(this=exp.Star()))
        .from_(exp.table_(stage.name, quoted=True))
        .where(rows.copy(), shape.is_(exp.null()).not_())
        .group_by("1")
        .order_by("2 DESC", "1")
        .limit(_MOST_SHAPES)
    )
    return tuple((text, count) for text, count in tables.rows(query))


def first_shapes(shapes: Iterable[Shapes]) -> Shapes:
    """Returns the shapes that a report keeps of those found in several tables."""
    sums: Counter[str] = Counter()
    for one in shapes:
        sums.update(dict(one))
    return tuple(sorted(sums.items(), key=lambda found: (-found[1], found[0]))[:SHOWN_SHAPES])


def count_where(condition: exp.Expr | None) -> exp.Expr:
    """Returns the aggregate that counts the rows of which a condition is true; None is true of no row."""
    if condition is None:
        return exp.Literal.number(0)
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition.copy()))


def combine(reports: Iterable[FieldReport]) -> tuple[FieldReport, ...]:
    """Returns the reports that have something to say, those of one field added up, by owner and field."""
    found: dict[tuple[str, str], list[FieldReport]] = {}
    for report in reports:
        found.setdefault((report.owner, report.field), []).append(report)
    return tuple(filter(_has_something, (_sum(*name, same) for name, same in sorted(found.items()))))


def add_up(figures: Iterable[ColumnFigures]) -> dict[Column, ColumnFigures]:
    """Returns the figures of each column, those of several tables added up."""
    sums: dict[Column, list[int]] = {}
    for one in figures:
        total = sums.setdefault((one.owner, one.name), [0, 0, 0])
        for index, count in enumerate((one.rows, one.missing, one.unreadable)):
            total[index] += count
    return {column: ColumnFigures(*column, *counts) for column, counts in sums.items()}


def _sum(owner: str, field: str, reports: Sequence[FieldReport]) -> FieldReport:
    return FieldReport(
        owner,
        field,
        sum(one.missing for one in reports),
        sum(one.unreadable for one in reports),
        sum(one.outside for one in reports),
        sum(one.no_zone for one in reports),
        first_shapes(one.shapes for one in reports),
    )


def _has_something(report: FieldReport) -> bool:
    return report != FieldReport(report.owner, report.field)
