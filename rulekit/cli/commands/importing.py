"""`rulekit suppress import`: lists of addresses, and what servers and providers say of emails that left."""

from dataclasses import asdict
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import click

from rulekit.cli.parameters.completing import declared
from rulekit.cli.parameters.options import by_option, now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_json
from rulekit.cli.printing.progress import working
from rulekit.diagnostics.display import plural
from rulekit.email.notices.notice_files import ImportFormat
from rulekit.engine.intake import Imported, ImportRequest, import_notices
from rulekit.engine.stores import open_project_store, refuse_unknown_trigger

SHOWN_WORDS = 20


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice([format.value for format in ImportFormat]),
    help="How PATH is read; default: by its name, or by how it begins.",
)
@click.option(
    "--trigger", shell_complete=declared("trigger"), help="Suppress a list's addresses for this trigger's emails only."
)
@click.option("--reason", default="", help="Why, for addresses whose list gives no reason.")
@click.option(
    "--word",
    "words",
    multiple=True,
    metavar="WORD",
    help="Suppress where the list says WORD, which rulekit does not know; may be given again.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@by_option("vouches for the list")
@now_option
@output_option("text", "json")
@project_option
def command(
    path: Path,
    format_: str | None,
    trigger: str | None,
    reason: str,
    words: tuple[str, ...],
    dry_run: bool,
    by: str,
    now: datetime,
    output: str,
    project: Path,
) -> None:
    """Import addresses that may not be mailed, or notices about emails that left.

    PATH is a CSV or JSON export of a provider, an mbox, a Maildir, or a folder of .eml files. An address of a list is
    suppressed, unless its line says what passes, as `soft bounce`, or a word that rulekit does not know. A notice
    counts only for an email that left for its address: dead addresses and those that complain are suppressed, and an
    uncertain email is settled.
    """
    request = ImportRequest(path, now, by, ImportFormat(format_) if format_ else None, trigger, reason, words, dry_run)
    with open_project_store(project) as store, working(f"reading {escape_line(path.name)}") as say:
        refuse_unknown_trigger(store, trigger)
        done = import_notices(store, request, lambda lines: say(f"{lines:,} read"))
    if output == "json":
        print_json({"schema_version": 1, "dry_run": dry_run, **asdict(done)})
    else:
        _print(done, dry_run)


def _print(done: Imported, dry_run: bool) -> None:
    if dry_run:
        click.echo("nothing was written; an import would do this:")
    if done.suppressed or done.already or not (done.recorded or done.again):
        known = f"; {done.already:,} already were" if done.already else ""
        click.echo(f"{plural(done.suppressed, 'address', 'addresses')} suppressed{known}")
    if done.recorded or done.again:
        known = f"; {done.again:,} already were" if done.again else ""
        click.echo(f"{plural(done.recorded, 'notice')} about our emails recorded{known}")
    for count, which, what in (
        (done.sent, "uncertain email", "turned out to be sent"),
        (done.failed, "uncertain email", "turned out to have failed"),
        (done.ended, "waiting email", "ended"),
    ):
        if count:
            click.echo(f"{plural(count, which)} {what}")
    if done.not_ours:
        click.echo(f"{plural(done.not_ours, 'notice')} left out: about no email that left here for that address")
    if done.harmless:
        click.echo(f"{done.harmless:,} left out: they report nothing that lasts, and no complaint")
    _print_unknown(done)
    _print_unreadable(done)


def _print_unknown(done: Imported) -> None:
    if not done.unknown:
        return
    lines = sum(done.unknown.values())
    click.echo(f"{lines:,} left out, and not suppressed, for words that rulekit does not know:")
    for word, count in sorted(done.unknown.items(), key=itemgetter(1), reverse=True)[:SHOWN_WORDS]:
        click.echo(f"  {count:,}  {escape_line(word)}")
    if len(done.unknown) > SHOWN_WORDS:
        click.echo(f"  … and {plural(len(done.unknown) - SHOWN_WORDS, 'other')}")
    click.echo("import again with `--word WORD` for each of them that forbids mail")


def _print_unreadable(done: Imported) -> None:
    if not done.unreadable_count:
        return
    click.echo(f"{done.unreadable_count:,} unreadable, left out:")
    for one in done.unreadable:
        click.echo(f"  {escape_line(one.place)}: {escape_line(one.why)}")
    if done.unreadable_count > len(done.unreadable):
        click.echo("  …")
