"""`was`: a declaration that had another name before keeps its people and emails."""

from collections.abc import Mapping

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.checking.findings import Findings


def previous_names(
    declarations: Mapping[str, tree.PersonaDeclaration] | Mapping[str, tree.TriggerDeclaration],
    kind: str,
    findings: Findings,
) -> dict[str, str]:
    """Returns the name that each renamed declaration had; two declarations are never merged into one."""
    taken: dict[str, Span] = {name.casefold(): d.name.span for name, d in declarations.items()}
    before: dict[str, str] = {}
    for name, declaration in declarations.items():
        was = declaration.was
        if was is None:
            continue
        if was.text.casefold() in taken:
            _report(was, kind, taken[was.text.casefold()], findings)
        taken[was.text.casefold()] = was.span
        before[name] = was.text
    return before


def _report(was: tree.Name, kind: str, other: Span, findings: Findings) -> None:
    findings.report(
        codes.STALE_WAS,
        f"`was {was.text}` names another {kind}",
        was.span,
        "taken already",
        secondary=(Label(other, "the name is used here"),),
        help=f"remove `was {was.text}`, or rename the other {kind}",
    )
