"""The texts of templates against the schema: every name resolved, every missing value of a reached person asked about.

Imported only for a project with templates, because jinja2 takes its time to load.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.language.checking.conditions.presence import Sets
from rulekit.language.checking.findings import Findings, attempted
from rulekit.language.checking.names.declared_names import Declared
from rulekit.language.checking.templates.template_operations import check_operations
from rulekit.language.checking.templates.template_syntax import ParsedText, parse_text
from rulekit.language.checking.templates.template_text import placed
from rulekit.language.checking.templates.template_variables import check_variables
from rulekit.language.checking.templates.variables import FieldName, Use, uses
from rulekit.language.program import Template, Trigger, by_template


def check_template_texts(
    templates: Mapping[str, Template],
    triggers: Mapping[str, Trigger],
    sets: Sets,
    declared: Declared,
    findings: Findings,
) -> dict[str, dict[str, ParsedText]]:
    """Reports what is wrong in the texts of templates, and the values that a trigger's people may lack.

    Returns the texts that could be read, by template and part.
    """
    senders = by_template(triggers.values())
    return {
        name: _check_template(template, senders.get(name, ()), sets, declared, findings)
        for name, template in templates.items()
    }


def _check_template(
    template: Template, senders: Sequence[Trigger], sets: Sets, declared: Declared, findings: Findings
) -> dict[str, ParsedText]:
    texts = [(part, placed(text, findings.read)) for part, text in template.texts().items()]
    parsed = dict(attempted(lambda one: (one[0], parse_text(one[1], findings)), texts))
    for text in parsed.values():
        check_variables(text, sets.schema, declared, findings)
        check_operations(text, sets.schema, findings)
        if text.is_right:
            _check_missing(text, senders, sets, findings)
    return {part: text for part, text in parsed.items() if text.is_right}


def _check_missing(parsed: ParsedText, senders: Sequence[Trigger], sets: Sets, findings: Findings) -> None:
    undecided: dict[FieldName, list[Trigger]] = defaultdict(list)
    first: dict[FieldName, Use] = {}
    for trigger in senders:
        present = sets.reached_by(trigger)
        for use in uses(parsed.tree):
            known = sets.declared_present(present | use.guards)
            if sets.is_declared(use.field) and use.field not in known:
                first.setdefault(use.field, use)
                undecided[use.field].append(trigger)
    for field, triggers in undecided.items():
        _report(parsed, first[field], list(dict.fromkeys(triggers)), findings)


def _report(parsed: ParsedText, use: Use, triggers: Sequence[Trigger], findings: Findings) -> None:
    name = ".".join(use.field)
    lacking = "without a company or its value" if use.field[0] == "company" else "without it"
    findings.report(
        codes.UNDECIDED_VARIABLE,
        f"`{name}` may be missing for people of trigger `{triggers[0].name}`",
        parsed.text.find_member(use.line, use.field),
        f"nothing is sent to people {lacking}",
        secondary=tuple(Label(trigger.span, f"`{trigger.name}` sends this template") for trigger in triggers),
        help=f"write `{name} | default('…')`, or put it inside `{{% if {name} %}}`",
    )
