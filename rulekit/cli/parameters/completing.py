"""What a shell offers when somebody presses Tab: names from the rules of the project, and codes of reports.

Commands that look at no rules offer them too, so what reads rules is imported only by who presses Tab.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from rulekit.errors import RulekitError
from rulekit.folders import find_project

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def declared(*kinds: str) -> Complete:
    """Returns what completes the name of a declaration of these kinds, without regard to case."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        names = _declared(ctx.params.get("project"))
        return _beginning(incomplete, [(name, kind) for kind, name in names if kind in kinds])

    return complete


def complete_codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Completes a code or the name of a report; the last one of several that are separated by commas."""
    from rulekit.diagnostics.codes import ALL

    before, comma, last = incomplete.rpartition(",")
    names = [(name, code.summary) for code in ALL for name in (code.slug, code.number)]
    return [CompletionItem(before + comma + item.value, help=item.help) for item in _beginning(last, names)]


def _beginning(incomplete: str, names: list[tuple[str, str]]) -> list[CompletionItem]:
    folded = incomplete.casefold()
    return [CompletionItem(name, help=help) for name, help in sorted(names) if name.casefold().startswith(folded)]


def _declared(project: Any) -> list[tuple[str, str]]:
    """Returns kind and name of each declaration; none outside of a project, for a shell has nobody to tell why."""
    from rulekit.diagnostics.fingerprints import FileOutline
    from rulekit.diagnostics.source import SourceText
    from rulekit.language.project_texts import RulesFolder

    try:
        folder = RulesFolder(find_project(project or Path.cwd()))
    except RulekitError:
        return []
    sources = [folder.read(path) for path in folder.rules]
    heads = [head for source in sources if isinstance(source, SourceText) for head in FileOutline.of(source).names]
    named = (head.partition(" ") for head in heads)
    return [(kind, name) for kind, _, name in named if name]
