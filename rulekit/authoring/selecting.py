"""Chooses reports by what they are about: the codes and families that somebody names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rulekit.authoring.found import Found
from rulekit.diagnostics.codes import ALL, by_name, nearest_name
from rulekit.diagnostics.diagnostic import Code, Diagnostic, has_errors
from rulekit.diagnostics.display import plural
from rulekit.errors import RulekitError

_FAMILY = re.compile(r"RK[0-9]{1,2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selection:
    """The codes that are shown: all, or the selected ones; never the ignored ones."""

    selected: frozenset[Code] = frozenset(ALL)
    ignored: frozenset[Code] = frozenset()

    def wants(self, diagnostic: Diagnostic) -> bool:
        """Returns whether a report is shown."""
        return diagnostic.code in self.selected - self.ignored

    def wants_number(self, number: str) -> bool:
        """Returns whether reports of the code with that number are shown; one that is not known any more would be."""
        return by_name(number) in {*self.selected - self.ignored, None}

    def select(self, found: Found) -> Found:
        """Returns the reports that are shown; a note says how many errors are not, for they stop a run all the same."""
        hidden = [one for one in found.diagnostics if not self.wants(one) and has_errors([one])]
        shown = found.only(self.wants)
        if not hidden:
            return shown
        verb, pronoun = ("is", "it stops") if len(hidden) == 1 else ("are", "they stop")
        return shown.noting(f"{plural(len(hidden), 'error')} {verb} left out; {pronoun} `rulekit run` all the same")


def make_selection(select: Iterable[str], ignore: Iterable[str]) -> Selection:
    """Returns the selection that names stand for; without any to select, everything is selected."""
    return Selection(_all_named(select) or frozenset(ALL), _all_named(ignore))


def _all_named(names: Iterable[str]) -> frozenset[Code]:
    return frozenset[Code]().union(*map(named_codes, names))


def named_codes(name: str) -> frozenset[Code]:
    """Returns the codes that a number, a slug or the beginning of a number (`RK2`) names; raises RulekitError."""
    code = by_name(name)
    if code is not None:
        return frozenset({code})
    family = frozenset(one for one in ALL if one.number.startswith(name.upper()))
    if _FAMILY.fullmatch(name) and family:
        return family
    nearest = nearest_name(name)
    raise RulekitError(
        f"no report is named `{name}`",
        help=f"write `{nearest}`"
        if nearest
        else "give a code, its name, or a family like `RK2`; `rulekit explain` lists them",
    )
