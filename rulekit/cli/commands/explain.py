"""`rulekit explain`: why a person is in a persona or not, or what a report's code means."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulekit.cli.parameters.completing import complete_codes, declared
from rulekit.cli.parameters.options import given_project_option, now_option, output_option
from rulekit.cli.printing.aligned import escape_line, print_columns, print_json
from rulekit.cli.printing.terminal import page_on_terminal
from rulekit.cli.printing.unreadable import column_as_json
from rulekit.clock import format_instant
from rulekit.diagnostics.code_pages import page
from rulekit.diagnostics.codes import ALL, by_name, nearest_name
from rulekit.diagnostics.diagnostic import Code
from rulekit.errors import RulekitError
from rulekit.folders import find_project

if TYPE_CHECKING:
    from rulekit.evaluation.questions.explanation import Part
    from rulekit.outbox.lifecycle.tick_values import Passage


_VERBS = {True: "is", False: "is not", None: "may or may not be"}


@click.command("explain")
@click.argument("subject", metavar="[PERSON|CODE]", required=False, shell_complete=complete_codes)
@click.argument("persona", required=False, shell_complete=declared("persona"))
@output_option("text", "json")
@now_option
@given_project_option()
def command(subject: str | None, persona: str | None, output: str, now: datetime, project: Path | None) -> None:
    """Say why PERSON is in PERSONA or not, part by part, and when time alone will change it.

    PERSON is a key of the source, or an address; a segment in the place of PERSONA asks about the person's company.

    With one argument, print the page of a report's code or name, as in `rulekit explain RK201` or `rulekit explain
    unknown-persona`. Without any, list all codes.
    """
    if subject is None:
        _list_codes(output)
    elif persona is None:
        _explain_code(_named_code(subject), output)
    else:
        _explain_person(find_project(project or Path.cwd()), subject, persona, now, output)


def _list_codes(output: str) -> None:
    if output == "json":
        print_json({"schema_version": 1, "codes": [_facts(code) for code in ALL]})
    else:
        header = ("code", "name", "severity", "what it reports")
        print_columns(header, [(code.number, code.slug, code.severity.value, code.summary) for code in ALL])


def _named_code(name: str) -> Code:
    code = by_name(name)
    if code is not None:
        return code
    nearest = nearest_name(name)
    raise RulekitError(
        f"there is no report with the code or name `{name}`",
        help=(f"write `{nearest}`, " if nearest else "give a code like `RK201`, ") + "or give a person and a persona",
    )


def _explain_code(code: Code, output: str) -> None:
    if output == "json":
        print_json({"schema_version": 1, **_facts(code), "page": page(code)})
    elif sys.stdout.isatty():
        click.echo(page_on_terminal(page(code)), nl=False)
    else:
        click.echo(page(code), nl=False)


def _facts(code: Code) -> dict[str, str]:
    return {"code": code.number, "slug": code.slug, "severity": code.severity.value, "summary": code.summary}


def _explain_person(folder: Path, person: str, persona: str, now: datetime, output: str) -> None:
    from rulekit.engine.asking import explain_member
    from rulekit.engine.project import open_project
    from rulekit.engine.stores import find_passages

    opened = open_project(folder)
    found = explain_member(opened, person, persona, now)
    passages = find_passages(opened, persona, found.person)
    changes_at = format_instant(found.changes_at) if found.changes_at else None
    if output == "json":
        answer = {"person": found.person, "persona": persona, "now": format_instant(now), "member": found.member}
        noted = None if passages is None else [_passage_as_json(one) for one in passages]
        because = _as_json(found.because)
        print_json({"schema_version": 1, **answer, "changes_at": changes_at, "because": because, "passages": noted})
        return
    click.echo(f"{escape_line(found.person)} {_VERBS[found.member]} in {persona} at {format_instant(now)}")
    for line in found.because.lines(depth=1):
        click.echo(escape_line(line))
    if found.member is None:
        click.echo("they stay on the side where they are until these values can be read")
    elif changes_at:
        click.echo(f"time alone will {'end' if found.member else 'change'} that at {changes_at}")
    else:
        click.echo("time alone will not change that")
    if passages is None:
        click.echo("what was noted while it was parked is not known: the store cannot be read, see `rulekit doctor`")
    for passage in passages or ():
        click.echo(_say_passage(passage))


def _say_passage(passage: "Passage") -> str:
    moved = "left it and were back" if passage.member else "were in it and out again"
    return (
        f"`{passage.persona}` was parked from {format_instant(passage.since)} to {format_instant(passage.until)};"
        f" by what the data said meanwhile they {moved}, and no email was made for that"
    )


def _passage_as_json(passage: "Passage") -> dict[str, object]:
    times = {"from": format_instant(passage.since), "until": format_instant(passage.until)}
    return {**times, "member": passage.member}


def _as_json(part: "Part") -> dict[str, object]:
    return {
        "text": part.text,
        "holds": part.holds,
        "values": [{"text": text, "value": value} for text, value in part.values],
        "unreadable": [column_as_json(column) for column in part.unreadable],
        "parts": [_as_json(child) for child in part.children],
    }
