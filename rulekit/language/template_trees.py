"""What Jinja2 makes of a template's text: the tree that is checked, carried in the program and compiled for emails."""

from copy import copy
from typing import TypeVar

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from rulekit.language.template_lines import keep_lines
from rulekit.language.template_names import FILTERS, TESTS

Node = TypeVar("Node", bound=nodes.Node)


class _Inert(SandboxedEnvironment):
    """Jinja2 that works nothing out while it looks for names: `{{ 'a' * 1000000000 }}` would take all memory."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})


def environment() -> Environment:
    """Returns a Jinja2 that knows the filters and tests of templates by name; nothing is rendered with it."""
    made = _Inert(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.globals.clear()
    made.filters = dict.fromkeys(FILTERS, made.filters["default"])
    made.tests = dict.fromkeys(TESTS, made.tests["defined"])
    return made


def read_tree(text: str, jinja: Environment) -> nodes.Template:
    """Returns the tree of a text, with its lines kept apart; raises TemplateSyntaxError for what is no template.

    Raises RecursionError and ValueError for what is nested too deeply or has too long a number in it.
    """
    try:
        kept = keep_lines(text, jinja)
    except TemplateSyntaxError:
        kept = text  # the parser says which mistake comes first
    return jinja.parse(kept)


def copied(node: Node) -> Node:
    """Returns a tree with nodes of its own: Jinja2 changes the one that it compiles, or looks for names in."""
    made = copy(node)
    for field, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(made, field, copied(value))
        elif isinstance(value, list):
            setattr(made, field, [copied(one) if isinstance(one, nodes.Node) else one for one in value])
    return made
