"""Whether two texts say the same: their trees without places, and their comments."""

from dataclasses import fields
from typing import Any

from rulekit.diagnostics.source import Span
from rulekit.language import tree


def same_meaning(one: tree.File, other: tree.File) -> bool:
    """Returns whether two files declare the same in the same order, with the same comments in the same order."""
    comments = [[comment.text for comment in file.comments] for file in (one, other)]
    return comments[0] == comments[1] and _same(one.declarations, other.declarations)


def _same(one: Any, other: Any) -> bool:
    """Compares without places; does not recurse, so that no depth is too deep."""
    stack = [(one, other)]
    while stack:
        left, right = stack.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, tuple):
            if len(left) != len(right):
                return False
            stack.extend(zip(left, right, strict=True))
        elif type(left).__module__.startswith(tree.__name__):
            stack.extend((getattr(left, name), getattr(right, name)) for name in _parts(type(left)))
        elif left != right and not isinstance(left, Span):
            return False
    return True


def _parts(kind: type[Any]) -> list[str]:
    # the comments of a declaration are compared with all others
    return [field.name for field in fields(kind) if field.name not in {"comment", "span"}]
