"""What is wrong with `rulekit.toml`, as reports that point into it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.urls import near_miss

if TYPE_CHECKING:
    from rulekit.settings.model import Problem, Settings

_NAME = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
# a heading or a key at the start of a line, its dotted names as they are written
_LINE = re.compile(
    rf"^[ \t]*(?:(?P<bracket>\[\[?)[ \t]*)?(?P<names>{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*(?(bracket)\]|=)",
    re.MULTILINE,
)


def check_settings(source: SourceText) -> "tuple[Settings | None, list[Diagnostic]]":
    """Returns the settings in the text of a `rulekit.toml`, or None with a report for each that is wrong."""
    # the model of the settings takes longer to load than to use, and a folder without settings does not need it
    from rulekit.settings.model import WrongSettings, read_settings

    try:
        settings = read_settings(source.text)
    except WrongSettings as error:
        return None, [_report(source, problem, error.help) for problem in error.problems]
    return settings, [_report(source, problem, None) for problem in _near_misses(settings)]


def _near_misses(settings: "Settings") -> Iterator["Problem"]:
    """Yields a problem for each scheme that is nearly one that ships inside, and that no installed plugin is named for.

    A plugin that adds a scheme may be installed where the project runs, and not where it is checked.
    """
    from rulekit.settings.model import Problem

    for section, url, schemes in (
        ("source", settings.source.url, ("files", "duckdb")),
        ("sender", settings.sender.url, ("folder", "smtp", "smtps")),
    ):
        meant, scheme = near_miss(url, schemes), url.partition(":")[0]
        if meant and not _is_installed(scheme):
            yield Problem((section, "url"), f"there is no {section} for `{scheme}:`{meant}")


def _is_installed(plugin: str) -> bool:
    from importlib.metadata import entry_points  # takes long to load, and hardly any project needs it

    return any(entry_points(group="rulekit", name=plugin))


def _report(source: SourceText, problem: "Problem", help: str | None) -> Diagnostic:
    # a problem says on one line what is wrong and, behind a semicolon, what to do
    said, _, advice = problem.message.rpartition("; ")
    if advice.startswith("did you mean "):
        advice = f"write {advice.removeprefix('did you mean ').removesuffix('?')}"
    if not said or not advice.startswith("write "):
        said, advice = problem.message, help or ""
    at = place_of(source, *problem.location) if problem.at is None else _place_at(source, *problem.at)
    return Diagnostic(codes.WRONG_SETTING, said, Label(at), help=advice)


def place_of(source: SourceText, *location: str | int) -> Span:
    """Returns where a setting stands, or what it would stand in; the start of the file when neither is written.

    `location` leads to it from the top, with numbers into lists from 0.
    """
    places = _places(source.text)
    longest = (places.get(location[:count]) for count in range(len(location), 0, -1))
    return Span(source.path, *next(filter(None, longest), (0, 0)))


# the settings of one project are asked for all their mistakes, of which there may be thousands
@lru_cache(maxsize=1)
def _places(text: str) -> Mapping[tuple[str | int, ...], tuple[int, int]]:
    places: dict[tuple[str | int, ...], tuple[int, int]] = {}
    for location, place in _written(text):
        places.setdefault(location, place)
    return places


def _written(text: str) -> Iterator[tuple[tuple[str | int, ...], tuple[int, int]]]:
    """Yields each heading and key of a file by its location, with the place of its last name."""
    section: tuple[str | int, ...] = ()
    lists: Counter[tuple[str, ...]] = Counter()
    for line in _LINE.finditer(text):
        names = tuple(name.strip().strip("\"'") for name in line["names"].split("."))
        end = line.end("names")
        if not line["bracket"]:
            yield (*section, *names), (end - len(line["names"].rpartition(".")[2].lstrip()), end)
            continue
        section = _within(names, lists)
        if line["bracket"] == "[[":
            section = (*section, lists[names])
            lists[names] += 1
        shown = section[:-1] if line["bracket"] == "[[" else section
        yield from ((path, (end - len(names[-1]), end)) for path in dict.fromkeys((shown, section)))


def _within(names: tuple[str, ...], lists: Mapping[tuple[str, ...], int]) -> tuple[str | int, ...]:
    """Returns the location of a section, which may stand in the latest entry of a list."""
    location: tuple[str | int, ...] = ()
    for count, name in enumerate(names, start=1):
        location = (*location, name)
        if count < len(names) and lists.get(names[:count]):
            location = (*location, lists[names[:count]] - 1)
    return location


def _place_at(source: SourceText, line: int, column: int) -> Span:
    lines = source.text.split("\n")
    start = sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
    start = min(start, max(0, len(source.text.rstrip()) - 1))
    return Span(source.path, start, min(start + 1, len(source.text)))
