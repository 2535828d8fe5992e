"""`rulekit erase`: erase people who want to be forgotten."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.parameters.options import by_option, now_option, project_option
from rulekit.cli.printing.aligned import escape_line
from rulekit.diagnostics.display import plural
from rulekit.engine.erasure import find_copies, forget
from rulekit.engine.stores import open_project_store
from rulekit.errors import TransitionRefused
from rulekit.outbox.people.erasing import Erasure
from rulekit.outbox.store import Store
from rulekit.settings.model import load_settings


@click.command("erase")
@click.argument("people", nargs=-1, metavar="PERSON...")
@click.option(
    "--suppress",
    is_flag=True,
    help="Erase them although the source has them; keep their addresses alone, so that they are never mailed.",
)
@click.option("--clear", is_flag=True, help="Erase nobody; only clear the files of the store of what was erased.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option("erases")
@now_option
@project_option
def command(
    people: tuple[str, ...],
    suppress: bool,
    clear: bool,
    dry_run: bool,
    yes: bool,
    by: str,
    now: datetime,
    project: Path,
) -> None:
    """Erase people, given by their keys, for good: who they are, and what they were sent.

    Emails that wait for them end. Their other emails stay as numbers with a state, so that none is made again. Whom the
    source had at the last tick is refused without `--suppress`: the next one would make a new person of them.
    """
    if bool(people) == clear:
        raise click.UsageError("say whom to erase by their keys, or `--clear` alone")
    with open_project_store(project) as store:
        if clear:
            store.clear_leftovers()
            click.echo("the files of the store hold nothing any more that was erased")
        else:
            _erase(store, project, people, now, by, suppress=suppress, dry_run=dry_run, yes=yes)


def _erase(
    store: Store,
    project: Path,
    people: Sequence[str],
    now: datetime,
    by: str,
    *,
    suppress: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    planned = store.people.erase(people, now, by, suppress=suppress, dry_run=True)
    settings = load_settings(project)
    if dry_run:
        click.echo("nothing was written; erasing would do this:")
        _print(planned, find_copies(project, settings, planned), project)
        return
    if not yes:
        emails = plural(sum(one.emails for one in planned), "email")
        click.confirm(f"erase {_names(planned)} and {emails} for good?", abort=True)
    done = forget(store, people, now, by, suppress=suppress)
    _print(done, find_copies(project, settings, done), project)
    in_hand = [str(row) for one in done for row in one.in_hand]
    if in_hand:
        raise TransitionRefused(
            f"too late for {plural(len(in_hand), 'email')} on the way ({', '.join(in_hand)}); not everybody is erased",
            help="run the same again when they have arrived, which takes a moment",
        )


def _names(erased: Sequence[Erasure]) -> str:
    return escape_line(erased[0].person) if len(erased) == 1 else plural(len(erased), "person", "people")


def _print(erased: Sequence[Erasure], copies: Sequence[Path], project: Path) -> None:
    for one in erased:
        waits = f"; {plural(one.waits, 'wait')} ended" if one.waits else ""
        emails = f"{plural(one.emails, 'email')} blanked, {one.ended} of them before they left"
        click.echo(f"{escape_line(one.person)}: {emails}{waits}")
        for address in one.suppressed:
            click.echo(f"  stays on the list of those that may not be mailed: {escape_line(address)}")
    click.echo("out of reach from here, so see to it yourself: copies of the store, the source, your mail server")
    for path in copies:
        click.echo(f"  delete {escape_line(str(path.relative_to(project) if path.is_relative_to(project) else path))}")
