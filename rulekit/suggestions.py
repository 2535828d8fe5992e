"""The name that somebody probably meant."""

from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches

# a name that differs in more than about a third of its letters is another name, not a slip
SIMILARITY = 0.66
# of more names than this, only so many that begin alike are compared: each comparison takes some microseconds
MANY = 400
ALIKE = 60


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name nearest to `name`, or None when none is near; case is ignored."""
    known = tuple(known)
    if len(known) > MANY:
        known = _alike(name, known)
    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    nearest = get_close_matches(name.casefold(), by_folded, n=1, cutoff=SIMILARITY)
    return by_folded[nearest[0]] if nearest else None


def _alike(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names that stand next to `name` in a list of those with its first letter."""
    first = (name[:1].lower(), name[:1].upper())
    names = sorted(candidate for candidate in known if candidate.startswith(first))
    place = bisect_left(names, name)
    return tuple(names[max(0, place - ALIKE // 2) : place + ALIKE // 2])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns what a message ends with: the known name nearest to `name` as a question, or nothing."""
    nearest = suggest(name, known)
    return f"; did you mean `{nearest}`?" if nearest else ""
