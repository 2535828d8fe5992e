"""The name that somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

# a name that differs in more than about a third of its letters is another name, not a slip
SIMILARITY = 0.66


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name nearest to `name`, or None when none is near; case is ignored."""
    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    nearest = get_close_matches(name.casefold(), by_folded, n=1, cutoff=SIMILARITY)
    return by_folded[nearest[0]] if nearest else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns what a message ends with: the known name nearest to `name` as a question, or nothing."""
    nearest = suggest(name, known)
    return f"; did you mean `{nearest}`?" if nearest else ""
