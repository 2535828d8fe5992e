"""The name that somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from heapq import nlargest

# a name that differs in more than about a third of its letters is another name, not a slip
SIMILARITY = 0.66
# of more names than this, only so many that share the most with the name are compared: a comparison takes some time
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


def _alike(name: str, known: tuple[str, ...]) -> list[str]:
    """Returns the names with the most pairs of letters of `name`; of those with equally many, the nearest in length."""
    folded = name.casefold()
    pairs = {folded[place : place + 2] for place in range(max(1, len(folded) - 1))}

    def rank(candidate: str) -> tuple[int, int, str]:
        shared = sum(map(candidate.casefold().__contains__, pairs))
        return shared, -abs(len(candidate) - len(name)), candidate

    return nlargest(ALIKE, known, key=rank)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns what a message ends with: the known name nearest to `name` as a question, or nothing."""
    nearest = suggest(name, known)
    return f"; did you mean `{nearest}`?" if nearest else ""
