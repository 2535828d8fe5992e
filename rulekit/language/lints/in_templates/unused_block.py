"""A piece of a template that nobody ever sees: a value that is set and not used, a branch that is never taken."""

from collections.abc import Iterator

from jinja2 import nodes

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each name that is set without use, and each branch that is always or never taken."""
    for texts in view.texts.values():
        for text in texts.values():
            yield from _unused_names(text)
            for branch in text.tree.find_all(nodes.If):
                yield from _constant_branches(branch, text)


def _unused_names(text: ParsedText) -> Iterator[Diagnostic]:
    names = list(text.tree.find_all(nodes.Name))
    read = {name.name for name in names if name.ctx == "load"}
    for assignment in text.tree.find_all(nodes.Assign):
        for name in _targets(assignment.target):
            if name.name not in read:
                place = text.text.find(name.lineno, rf"\bset\b[^%]*?\b({name.name})\b")
                yield Diagnostic(
                    codes.UNUSED_BLOCK,
                    f"nothing uses `{name.name}` of this template",
                    Label(place, "set and never shown"),
                    help=f"write `{{{{ {name.name} }}}}` where it belongs, or remove the line",
                )


def _targets(node: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(node, nodes.Name):
        yield node
    for child in node.iter_child_nodes():
        yield from _targets(child)


def _constant_branches(first: nodes.If, text: ParsedText) -> Iterator[Diagnostic]:
    asked: set[str] = set()
    for branch in (first, *first.elif_):
        constant = branch.test if isinstance(branch.test, nodes.Const) else None
        # equal nodes are told by what they show, for their hashes differ
        written = repr(branch.test)
        again = written in asked
        asked.add(written)
        if constant is None and not again:
            continue
        word = "if" if branch is first else "elif"
        holds = constant is not None and bool(constant.value)
        yield Diagnostic(
            codes.UNUSED_BLOCK,
            "a branch of a template is always taken" if holds else "a branch of a template is never taken",
            Label(
                text.text.find(branch.lineno, rf"\{{%[-+]?\s*{word}\b.*?%\}}"),
                "asked before" if again else "the same for everybody",
            ),
            help="remove the condition and keep what is inside" if holds else "remove it with what is inside",
        )
