"""Which check belongs to which piece of an expression."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rulekit.language import tree
from rulekit.language.checking.conditions.arithmetic import check_arithmetic, check_negative, check_share
from rulekit.language.checking.conditions.calls import check_call
from rulekit.language.checking.conditions.comparisons import (
    SIGNS,
    TEXT_TESTS,
    check_between,
    check_comparison,
    check_emptiness,
    check_list,
    check_presence,
    check_text_test,
    check_within,
)
from rulekit.language.checking.conditions.constants import constant
from rulekit.language.checking.conditions.junctions import check_junction, check_not
from rulekit.language.checking.conditions.references import check_company, check_member, check_reference, check_set
from rulekit.language.checking.findings import Findings
from rulekit.language.checking.names.declared_names import Declared
from rulekit.language.checking.names.scope import Checked, Scope
from rulekit.language.program import Schema

_BINARY: dict[str, Callable[[tree.Binary, Scope], Checked]] = {
    **dict.fromkeys(("and", "or"), check_junction),
    **dict.fromkeys(SIGNS, check_comparison),
    **dict.fromkeys(TEXT_TESTS, check_text_test),
    **dict.fromkeys("+-*/", check_arithmetic),
    "of": check_share,
}
_UNARY: dict[str, Callable[[tree.Unary, Scope], Checked]] = {"not": check_not, "-": check_negative}

# each check takes its own class of node
_CHECKS: dict[type, Callable[[Any, Scope], Checked]] = {
    tree.Literal: lambda node, scope: constant(node),
    tree.Reference: check_reference,
    tree.Member: check_member,
    tree.Company: check_company,
    tree.Unary: lambda node, scope: _UNARY[node.operator](node, scope),
    tree.Binary: lambda node, scope: _BINARY[node.operator](node, scope),
    tree.Between: check_between,
    tree.InList: check_list,
    tree.InSet: check_set,
    tree.Presence: check_presence,
    tree.Emptiness: check_emptiness,
    tree.WithinWindow: check_within,
    tree.Call: check_call,
}


def check_expression(node: tree.Expression, scope: Scope) -> Checked:
    """Returns what an expression means in a scope; raises Reported when it means nothing."""
    return _CHECKS[type(node)](node, scope)


def person_scope(declared: Declared, schema: Schema, looping: frozenset[str], findings: Findings) -> Scope:
    """Returns the scope of a persona: bare names are fields of the person."""
    return Scope("person", schema.person, declared, schema, findings, check_expression, looping=looping)


def company_scope(people: Scope) -> Scope:
    """Returns the scope of a segment: bare names are fields of the company."""
    return replace(people, owner="company", fields=people.schema.company)
