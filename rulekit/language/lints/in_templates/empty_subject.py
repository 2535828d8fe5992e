"""A subject that can come out empty: such an email is not sent, so somebody silently gets nothing."""

from collections.abc import Iterator, Sequence

from jinja2 import nodes

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.lints.view import View
from rulekit.language.template_lines import drop_empty_lines


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each subject all of whose text depends on values or branches that can be empty."""
    for template in view.declarations(tree.TemplateDeclaration):
        subject = view.texts.get(template.name.text, {}).get("subject")
        written = any(part.name.text == "subject" for part in template.parts)
        if written and subject is not None and not any(map(_is_sure, subject.tree.body)):
            yield Diagnostic(
                codes.EMPTY_SUBJECT,
                "a subject can come out empty",
                Label(subject.text.whole, "nothing in it is always there"),
                help="write words that stand in it for everybody",
            )


def _is_sure(node: nodes.Node) -> bool:
    """Returns whether something to read comes out for everybody; a field's own value counts as such."""
    match node:
        case nodes.TemplateData():
            return bool(drop_empty_lines(node.data).strip())
        case nodes.Const():
            return node.value is not None and bool(str(node.value).strip())
        case nodes.Filter():
            return _is_sure_filter(node)
        case nodes.For() | nodes.Assign():
            return False
        case nodes.Output() | nodes.Concat():
            return any(map(_is_sure, node.nodes))
        case nodes.If():
            branches = [node.body, *(branch.body for branch in node.elif_), node.else_]
            return all(any(map(_is_sure, branch)) for branch in branches)
        case _:
            return all(map(_is_sure, _either(node)))


def _either(node: nodes.Node) -> Sequence[nodes.Node]:
    """Returns the values of which one comes out; none for a value of its own."""
    match node:
        case nodes.CondExpr():
            return (node.expr1, node.expr2 or nodes.Const(""))
        case nodes.Or():
            return (node.right,)
        case nodes.And():
            return (node.left, node.right)
        case _:
            return ()


def _is_sure_filter(node: nodes.Filter) -> bool:
    if node.node is None:
        return False
    if node.name == "default":
        return bool(node.args) and _is_sure(node.args[0])
    return node.name in _NEVER_EMPTY or _is_sure(node.node)


_NEVER_EMPTY = frozenset({"length", "number", "round", "abs", "date", "first", "last"})
