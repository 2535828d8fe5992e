"""`rulekit init`: a new project that passes `check`, `test` and `run`."""

import os
import shutil
from pathlib import Path

import click

from rulekit.errors import RulekitError
from rulekit.folders import FILE_NAME, shipped_folder

# what a run leaves in a project, and what only rulekit's own repository needs
LEFT_OUT = ("state", "outbox", "__pycache__")
IGNORED = ".gitignore"


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Make a new project in DIR (default: here), with rules, templates and sample data to try things out on."""
    sample = shipped_folder("rules")
    # a link that leads nowhere is there, too: what is copied would go where it leads
    there = {path.name for path in sample.iterdir() if os.path.lexists(folder / path.name)}
    clashes = sorted(there - {IGNORED})
    if clashes:
        raise RulekitError(
            f"{folder} holds `{clashes[0]}` already; nothing was written", help="give the name of a new folder"
        )
    # an existing list of what git ignores is the user's own
    left_out = [*LEFT_OUT, *([IGNORED] if IGNORED in there else [])]
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns(*left_out), dirs_exist_ok=True)
    enter = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"a project is in {folder}; its settings are in {FILE_NAME}")
    click.echo(f"next: {enter}rulekit check && rulekit test && rulekit run --now 2026-03-02T08:00Z")
