"""`rulekit init`: a new project that passes `check`, `test` and `run`."""

import os
import shutil
from pathlib import Path

import click

from rulekit.errors import RulekitError
from rulekit.files import create_file
from rulekit.folders import FILE_NAME, shipped_folder

# what a run leaves in a project, and what only rulekit's own repository needs
LEFT_OUT = ("state", "outbox", "__pycache__")
IGNORED = ".gitignore"


# of a project for data of one's own; a real sender is an explicit decision here, too
SETTINGS = """\
edition  = 1
timezone = "UTC"

# where people, companies and events are: a folder of files, or `duckdb:///FILE`
[source]
url = "files:data"

[store]
url = "sqlite:///state/rulekit.db"

# writes .eml files, and mails nobody
[sender]
url = "folder:outbox"
"""


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--empty", is_flag=True, help="Make the settings alone, for data of your own.")
def command(folder: Path, empty: bool) -> None:
    """Make a new project in DIR (default: here), with rules, templates and sample data to try things out on."""
    if empty:
        _make_empty(folder)
    else:
        _copy_sample(folder)


def _make_empty(folder: Path) -> None:
    """Writes the settings, and makes the folder of the data where there is none."""
    settings = folder / FILE_NAME
    if os.path.lexists(settings):
        raise RulekitError(
            f"{folder} holds `{FILE_NAME}` already; nothing was written", help="give the name of a new folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    create_file(settings, SETTINGS.encode(), mode=0o644)
    (folder / "data").mkdir(exist_ok=True)
    enter = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"a project without rules is in {folder}; its settings are in {FILE_NAME}")
    click.echo(f"next: put exports into {folder / 'data'}, then {enter}rulekit schema pull")


def _copy_sample(folder: Path) -> None:
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
