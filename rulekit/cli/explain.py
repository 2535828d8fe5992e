"""`rulekit explain`: why a person is in a persona or not, or what a report's code means."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulekit.cli.options import given_project_option, now_option, output_option
from rulekit.cli.printing import escape_line, print_json
from rulekit.clock import format_instant
from rulekit.diagnostics.codes import ALL, by_name
from rulekit.errors import RulekitError
from rulekit.folders import find_project
from rulekit.suggestions import suggest

if TYPE_CHECKING:
    from rulekit.evaluation.explain import Part


@click.command("explain")
@click.argument("subject", metavar="PERSON|CODE")
@click.argument("persona", required=False)
@output_option("text", "json")
@now_option
@given_project_option()
def command(subject: str, persona: str | None, output: str, now: datetime, project: Path | None) -> None:
    """Say why PERSON is in PERSONA or not, part by part, and when time alone will change it.

    With one argument, say what the code of a report means, as in `rulekit explain RK201`.
    """
    if persona is None:
        _explain_code(subject)
    else:
        _explain_person(find_project(project or Path.cwd()), subject, persona, now, output)


def _explain_code(name: str) -> None:
    code = by_name(name)
    if code is None:
        nearest = suggest(name, [word for known in ALL for word in (known.number, known.slug)])
        raise RulekitError(
            f"there is no report with the code or name `{name}`",
            help=(f"write `{nearest}`, " if nearest else "give a code like `RK201`, ")
            + "or give a person and a persona",
        )
    click.echo(f"{code.number} {code.slug} ({code.severity.value})\n{code.summary}")


def _explain_person(folder: Path, person: str, persona: str, now: datetime, output: str) -> None:
    from rulekit.engine import explain_member, open_project

    found = explain_member(open_project(folder), person, persona, now)
    changes_at = format_instant(found.changes_at) if found.changes_at else None
    if output == "json":
        answer = {"person": person, "persona": persona, "now": format_instant(now), "member": found.member}
        print_json({"schema_version": 1, **answer, "changes_at": changes_at, "because": _as_json(found.because)})
        return
    verb = "is" if found.member else "is not"
    click.echo(f"{escape_line(person)} {verb} in {persona} at {format_instant(now)}")
    for line in found.because.lines(depth=1):
        click.echo(escape_line(line))
    if changes_at:
        click.echo(f"time alone will {'end' if found.member else 'change'} that at {changes_at}")
    else:
        click.echo("time alone will not change that")


def _as_json(part: "Part") -> dict[str, object]:
    return {
        "text": part.text,
        "holds": part.holds,
        "values": [{"text": text, "value": value} for text, value in part.values],
        "parts": [_as_json(child) for child in part.children],
    }
