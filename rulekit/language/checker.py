"""From trees to a program: what the rules mean, or a report for every mistake in them.

Needs the declared schema only: no data, no network, no credentials.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING

from rulekit.diagnostics.diagnostic import Diagnostic, has_errors
from rulekit.diagnostics.source import SourceText
from rulekit.language import tree
from rulekit.language.checking.conditions.expression_checks import company_scope, person_scope
from rulekit.language.checking.conditions.lets import check_let_names, check_let_sizes, check_unused_lets
from rulekit.language.checking.conditions.persona_conditions import check_personas, check_segments
from rulekit.language.checking.conditions.presence import Sets
from rulekit.language.checking.declared_schema import check_schema
from rulekit.language.checking.findings import Findings, Read
from rulekit.language.checking.names.cycles import check_cycles
from rulekit.language.checking.names.declared_names import Declared, collect_names
from rulekit.language.checking.templates.template_parts import check_template_parts
from rulekit.language.checking.tests.scenario_checks import check_tests
from rulekit.language.checking.triggers import check_triggers
from rulekit.language.lints import lints_for
from rulekit.language.lints.view import View
from rulekit.language.program import Program, Template, Trigger
from rulekit.language.tree.mentions import Named, names_in

if TYPE_CHECKING:
    from rulekit.language.checking.templates.template_syntax import ParsedText
    from rulekit.settings.model import Settings


def check(
    files: Sequence[tree.File],
    read: Read,
    paths: Collection[str] = (),
    settings: "Settings | None" = None,
    named: frozenset[Named] | None = None,
) -> tuple[Program | None, list[Diagnostic]]:
    """Returns the program that the files mean, or None when they have any error, with all reports.

    `read` gives the text of a file below the project; `paths` are files that a template may name, for suggestions.
    `settings` are for lints, and so is what declarations other than tests name, given when `files` are not all.
    """
    findings = Findings(read)
    declared = collect_names(files, findings)
    declared, schema = check_schema(declared, findings)
    check_let_names(declared, schema, findings)
    looping = check_let_sizes(declared, check_cycles(declared, findings), findings)
    people = person_scope(declared, schema, looping, findings)
    companies = company_scope(people)
    segments = check_segments(companies)
    personas = check_personas(people)
    check_unused_lets((people, companies))
    templates = check_template_parts(declared.templates, paths, findings)
    triggers = check_triggers(declared, findings)
    texts = _check_template_texts(templates, triggers, Sets(schema, personas, segments), declared, findings)
    tests = check_tests(files, people, settings.timezone if settings else "UTC")
    complete = not (has_errors(findings.diagnostics) or any(file.broken for file in files))
    digest = _digest(files, templates, read)
    program = Program(schema, segments, personas, _carrying(templates, texts), triggers, digest, tests)
    view = View(files, program, complete, _named(files) if named is None else named, settings, read, texts)
    for diagnostic in chain.from_iterable(lint(view) for lint in lints_for(view)):
        findings.add(diagnostic)
    return None if has_errors(findings.diagnostics) else program, findings.diagnostics


def _named(files: Sequence[tree.File]) -> frozenset[Named]:
    declarations = (declaration for file in files for declaration in file.declarations)
    return frozenset().union(*(names_in(d) for d in declarations if not isinstance(d, tree.TestDeclaration)))


def _check_template_texts(
    templates: dict[str, Template], triggers: dict[str, Trigger], sets: Sets, declared: Declared, findings: Findings
) -> "Mapping[str, Mapping[str, ParsedText]]":
    if not templates:
        return {}
    # jinja2 takes its time to load, and a project without templates does not need it
    from rulekit.language.checking.templates.template_use import check_template_texts

    return check_template_texts(templates, triggers, sets, declared, findings)


def _carrying(templates: dict[str, Template], texts: "Mapping[str, Mapping[str, ParsedText]]") -> dict[str, Template]:
    """Returns the templates with what Jinja2 made of their texts, so that nobody reads them again."""
    return {
        name: replace(template, trees={part: text.tree for part, text in texts[name].items()})
        for name, template in templates.items()
    }


def _digest(files: Sequence[tree.File], templates: dict[str, Template], read: Read) -> str:
    bodies = [body for t in templates.values() for body in (t.html, t.markdown, t.text) if body is not None]
    paths = {file.path for file in files} | {body.path for body in bodies if body.path is not None}
    digest = sha256()
    for path in sorted(paths):
        source = read(path)
        for part in (path, source.text if isinstance(source, SourceText) else ""):
            content = part.encode("utf-8", "surrogateescape")  # the bytes of a path need not be UTF-8
            # the length before each part keeps two projects from running into the same bytes
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
