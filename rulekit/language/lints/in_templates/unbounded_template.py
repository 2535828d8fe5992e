"""A template whose work grows beyond what one email may cost: sending stops at it, for everybody.

What an email may cost is fixed (1 MiB of text, and a budget for every step); here is reported what can be seen to
exceed it without any data. Longer lists in the data are stopped when the email is made.
"""

from collections.abc import Iterator
from math import prod

from jinja2 import nodes

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.lints.view import View

# turns of loops inside each other; the budget of an email is about five times as many
MOST_TURNS = 100_000
# what a list in the data counts as, where its length is not known
USUAL_LENGTH = 10


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each text that is multiplied, and for loops inside loops that turn too often."""
    for texts in view.texts.values():
        for text in texts.values():
            yield from _repeated_texts(text)
            yield from _nested_loops(text.tree, (), text)


def _repeated_texts(text: ParsedText) -> Iterator[Diagnostic]:
    for operation in text.tree.find_all((nodes.Mul, nodes.Mod)):
        if _is_text(operation.left) or (isinstance(operation, nodes.Mul) and _is_text(operation.right)):
            sign = "*" if isinstance(operation, nodes.Mul) else "%"
            yield Diagnostic(
                codes.UNBOUNDED_TEMPLATE,
                f"`{sign}` cannot be used with a text",
                Label(text.text.find(operation.lineno, r"\{[{%].*?[%}]\}"), "could make a text of any size"),
                help="write the text out, or use `number` to lay out a number",
            )


def _is_text(node: nodes.Node) -> bool:
    return (isinstance(node, nodes.Const) and isinstance(node.value, str)) or isinstance(
        node, nodes.List | nodes.Tuple | nodes.TemplateData
    )


def _nested_loops(node: nodes.Node, around: tuple[int, ...], text: ParsedText) -> Iterator[Diagnostic]:
    if isinstance(node, nodes.For):
        around = (*around, _length(node.iter))
        if prod(around) > MOST_TURNS:
            yield Diagnostic(
                codes.UNBOUNDED_TEMPLATE,
                "loops inside loops turn too often",
                Label(text.text.find(node.lineno, r"\{%[-+]?\s*for\b.*?%\}"), f"about {prod(around):,} times"),
                help="loop over less, or write the text out",
            )
            return
    for child in node.iter_child_nodes():
        yield from _nested_loops(child, around, text)


def _length(node: nodes.Node) -> int:
    if isinstance(node, nodes.List | nodes.Tuple):
        return len(node.items)
    return len(node.value) if isinstance(node, nodes.Const) and isinstance(node.value, str) else USUAL_LENGTH
