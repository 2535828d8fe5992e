"""How programs are told which values cannot be read, and whom that leaves unjudged."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulekit.evaluation.questions.unjudged import Unjudged, UnreadableColumn


def unjudged_as_json(one: "Unjudged") -> dict[str, object]:
    """Returns how many people cannot be judged in something, and because of what."""
    columns = [column_as_json(column) for column in one.columns]
    return {"what": one.what, "name": one.name, "people": one.people, "columns": columns}


def column_as_json(column: "UnreadableColumn") -> dict[str, object]:
    """Returns a column, how many of its values cannot be read, and what most of these look like."""
    return {
        "owner": column.owner,
        "field": column.field,
        "values": column.values,
        "shapes": [{"shape": shape, "values": count} for shape, count in column.shapes],
    }
