"""What pages, comments and messages name is there: commands with their options, settings, and places on pages."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from rulekit.cli import main
from rulekit.settings.model import Settings
from tests.docs.test_pages import PAGES, ROOT

TEXTS = [*PAGES, *(ROOT / "rules").rglob("*.rules"), *(ROOT / "rulekit").rglob("*.py"), ROOT / "docs" / "demo.sh"]
FENCED = re.compile(r"^```(\w*).*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"`(rulekit [^`]+)`")
# what follows ends a command of a shell
ENDS = re.compile(r" (?:[|&;<>#]|\d>)|&&|;|$")
KEY = re.compile(
    r"`(source|store|sender|delivery|serve|test)\.(\w+)`|`\[(\w+)\] (\w+)`|`(\w+)` (?:of|under|below|in) `\[(\w+)\]`"
)
LINK = re.compile(r"\]\((?!https?:|\{\{)([^)#]*)#([^)]+)\)")


def named(page: Path) -> Iterator[str]:
    """Returns every command that a text names, in its words or in a block of commands."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        blocks = [block for kind, block in FENCED.findall(text) if kind in ("console", "sh", "")]
        yield from (
            line.removeprefix("$ ")
            for block in blocks
            for line in block.splitlines()
            if re.match(r"(\$ )?rulekit ", line)
        )
        text = FENCED.sub("", text)
    yield from (re.sub(r"\s*\n[ #>*]*", " ", command) for command in SHOWN.findall(text))


def unknown(command: str) -> list[str]:
    """Returns the words of a command that do not exist: its name, or options."""
    words = shlex.split(command[: ENDS.search(command).start()].replace("…", ""), posix=True)[1:]  # type: ignore[union-attr]
    found: click.Command = main
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        following = found.get_command(click.Context(found), words[0])
        if following is None:
            return [words[0]]
        found, words = following, words[1:]
    options = {option for parameter in found.params for option in (*parameter.opts, "--help", "--version")}
    return [word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in options]


def keys() -> dict[str, set[str]]:
    """Returns the keys of each section of the settings."""
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {
        name: {field.alias or key for key, field in section.model_fields.items()}
        for name, section in sections.items()
        if isinstance(section, type) and issubclass(section, BaseModel)
    }


def anchors(page: Path) -> set[str]:
    """Returns the places on a page that a link may lead to, as GitHub calls them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}


def test_commands_that_are_named_are_there() -> None:
    commands = [(str(page.relative_to(ROOT)), command) for page in TEXTS for command in named(page)]
    assert len(commands) > 300
    assert [(page, command, missing) for page, command in commands if (missing := unknown(command))] == []


def test_settings_that_are_named_are_there() -> None:
    there, pairs = keys(), []
    for page in TEXTS:
        for one, other in (filter(None, match) for match in KEY.findall(page.read_text(encoding="utf-8"))):
            section, key = (one, other) if one in there else (other, one)
            pairs.append((str(page.relative_to(ROOT)), section, key))
    assert len(pairs) > 50
    assert [(page, section, key) for page, section, key in pairs if key not in there.get(section, {key})] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_to_a_place_on_a_page_leads_to_a_heading(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    places = [((page.parent / link).resolve() if link else page, place) for link, place in LINK.findall(text)]
    assert [(other.name, place) for other, place in places if place not in anchors(other)] == []
