"""The names in a template's text: records, their fields, and what the template itself sets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from jinja2 import meta, nodes

from rulekit.diagnostics import codes
from rulekit.diagnostics.source import Span
from rulekit.language.checking.findings import Findings, replacement
from rulekit.language.checking.names.declared_names import Declared
from rulekit.language.checking.templates.template_places import TextPlaces, places
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.checking.templates.variables import RECORDS, member_of
from rulekit.language.program import Schema
from rulekit.language.template_names import LOOP_NAMES, NAMES
from rulekit.language.template_trees import copied
from rulekit.suggestions import suggest

WITH_FIELDS = frozenset(name for name, members in NAMES.items() if members != ())


@dataclass(frozen=True, slots=True)
class _Names:
    parsed: ParsedText
    schema: Schema
    declared: Declared
    findings: Findings
    _places: list[TextPlaces] = field(default_factory=list)

    def place(self, line: int, pattern: str) -> Span:
        """Returns the next place in a line where a pattern matches; the text is cut into words when first asked."""
        if not self._places:
            self._places.append(places(self.parsed))
        return self._places[0].next(line, pattern)

    def report(self, message: str, line: int, pattern: str, known: Iterable[str], name: str) -> None:
        place = self.place(line, pattern)
        known = list(known)
        nearest = known[0] if len(known) == 1 else suggest(name, known)
        fixes = (replacement(place, nearest),) if nearest else ()
        every = f"use one of {', '.join(sorted(known))}" if known else "remove it"
        self.findings.report(
            codes.UNKNOWN_VARIABLE,
            message,
            place,
            "no such name",
            help=f"write `{nearest}`" if nearest else every,
            fixes=fixes if self.findings.source(place) == name else (),
        )


def check_variables(parsed: ParsedText, schema: Schema, declared: Declared, findings: Findings) -> None:
    """Reports every name in a template that stands for nothing, and whole records in place of their fields."""
    names = _Names(parsed, schema, declared, findings)
    # what is called was reported for that
    called = {id(call.node) for call in parsed.tree.find_all(nodes.Call)}
    found = parsed.tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem))
    every = [node for node in found if id(node) not in called]
    own = [node for node in every if isinstance(node, nodes.Name)]
    members = [node for node in every if isinstance(node, nodes.Getattr | nodes.Getitem)]
    undeclared = _undeclared(parsed, own)
    _check_own(own, undeclared, names)
    _check_members(members, undeclared, names)
    _refuse_whole_records(own, [node for node in members if member_of(node) is not None], names)


def _undeclared(parsed: ParsedText, own: list[nodes.Name]) -> set[str]:
    # what jinja2 takes long to find out matters only where a name is used that not every template has
    if all(name.name in NAMES for name in own):
        return {"self"}
    return meta.find_undeclared_variables(copied(parsed.tree)) | {"self"}


def _check_own(own: list[nodes.Name], undeclared: set[str], names: _Names) -> None:
    for name in own:
        if name.name in undeclared and name.name not in NAMES and not names.parsed.in_pieces:
            message, known = f"unknown name `{name.name}` in a template", _meant_by(name.name, names.schema)
            names.report(message, name.lineno, _word(name.name), known, name.name)


def _check_members(members: list[nodes.Getattr | nodes.Getitem], undeclared: set[str], names: _Names) -> None:
    for node in members:
        member = member_of(node)
        if member is not None and (member[0] in NAMES or member[0] not in undeclared):
            _check_member(*member, node.lineno, names)
        elif member is None and isinstance(node, nodes.Getattr):
            pattern = rf"(?<=\.){re.escape(node.attr)}\b"
            names.report(f"`.{node.attr}` stands for nothing here", node.lineno, pattern, (), node.attr)


def _meant_by(name: str, schema: Schema) -> Iterable[str]:
    if name in schema.person:
        return (f"person.{name}",)
    return (f"company.{name}",) if name in schema.company else NAMES


def _check_member(owner: str, name: str, line: int, names: _Names) -> None:
    if owner in RECORDS:
        known: Iterable[str] = names.schema.person if owner == "person" else names.schema.company
        if names.declared.is_broken(owner, name):
            return
    elif owner in NAMES:
        known = NAMES[owner] or ()
    else:
        known = LOOP_NAMES if owner == "loop" else ()
    if name not in known:
        pattern = rf"(?<=\b{re.escape(owner)}\.){re.escape(name)}\b"
        names.report(f"unknown name `{owner}.{name}` in a template", line, pattern, known, name)


def _refuse_whole_records(own: list[nodes.Name], members: list[nodes.Getattr | nodes.Getitem], names: _Names) -> None:
    # jinja2 makes one node for each place, so a node tells a place
    with_member = {id(node.node) for node in members}
    for name in own:
        if name.name in WITH_FIELDS and id(name) not in with_member:
            names.findings.report(
                codes.WHOLE_RECORD,
                f"`{name.name}` is a whole record, not a value",
                names.place(name.lineno, rf"{_word(name.name)}(?!\s*[.\[])"),
                "has no text of its own",
                help=f"write a field of it, as in `{name.name}.name`",
            )


def _word(name: str) -> str:
    return rf"(?<![\w.]){re.escape(name)}\b"
