"""The commands page has a section for every command, with exactly the options that `--help` shows."""

import re
from pathlib import Path

import click
import pytest

from rulekit.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")


def leaves(group: click.Group, words: tuple[str, ...]) -> dict[str, click.Command]:
    """Returns every command that is not a group, by the words that call it."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= leaves(command, (*words, name))
        else:
            found[" ".join((*words, name))] = command
    return found


def sections() -> dict[str, str]:
    """Returns the text of each command's section by the words that call it."""
    parts = re.split(r"^## `([a-z -]+?)(?: [A-Z[][^`]*)?`$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_a_section_and_no_section_is_of_another() -> None:
    assert sections().keys() == leaves(main, ("rulekit",)).keys()


@pytest.mark.parametrize(("name", "command"), leaves(main, ("rulekit",)).items())
def test_a_section_lists_the_options_that_help_shows(name: str, command: click.Command) -> None:
    shown = {opt for p in command.params if isinstance(p, click.Option) and not p.hidden for opt in p.opts}
    rows = re.findall(r"^\| (`-.*?) \| ", sections()[name], re.MULTILINE)
    listed = {opt for row in rows for opt in re.findall(r"`(-[a-z-]+)", row)}
    assert listed == shown
