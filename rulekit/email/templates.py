"""Templates: what the checker has read of them, compiled once and rendered per person in a sandbox.

A rendering has no effects, ends after bounded work, and its text is at most 1 MiB.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import TracebackType

from jinja2 import StrictUndefined, nodes
from jinja2 import Template as JinjaTemplate
from jinja2.exceptions import TemplateError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS

from rulekit.email.filters import FILTERS, MAX_SIZE, compare, compute, concatenate, counted, cut, with_budget
from rulekit.email.template_values import Record, missing, show, show_in_markdown
from rulekit.errors import ComposeError
from rulekit.language import template_names
from rulekit.language.template_lines import drop_empty_lines
from rulekit.language.template_trees import copied
from rulekit.reason import Reason

_TOO_DEEP = "it is nested too deeply"
_CODE_NAME = "<template>"  # jinja2's name for code that comes from a text


class OutputKind(Enum):
    """What a template makes, which decides how values are escaped."""

    HTML = "html"
    MARKDOWN = "markdown"
    PLAIN = "plain"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 where a name leads only to fields of records, and each operator and loop charges the email's budget."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self, kind: OutputKind) -> None:
        super().__init__(
            autoescape=kind is OutputKind.HTML,
            finalize=show_in_markdown if kind is OutputKind.MARKDOWN else show,
            undefined=StrictUndefined,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = {**FILTERS, **{work.__name__: work for work in (compare, concatenate, counted, cut)}}
        self.tests = {name: JINJA_TESTS[name] for name in template_names.TESTS}

    def getattr(self, obj: object, attribute: str) -> object:
        """Returns a field of a record or a number of the loop; nothing else has names."""
        if isinstance(obj, Record):
            return obj.read(attribute)
        if isinstance(obj, LoopContext) and attribute in template_names.LOOP_NAMES:
            return getattr(obj, attribute)
        raise TemplateError(f"`.{attribute}` cannot stand here; only `person` and its like have fields, use filters")

    def getitem(self, obj: object, argument: object) -> object:
        """Returns a field by its name as text, or an item of a list or text by number."""
        if isinstance(obj, Record) and isinstance(argument, str):
            return obj.read(argument)
        if isinstance(obj, str | list | tuple) and isinstance(argument, int):
            return obj[argument] if -len(obj) <= argument < len(obj) else missing(f"item {argument}")
        raise TemplateError("`[…]` cannot stand here; it takes the number of an item of a list")

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Returns the result of an operator, with its size bounded."""
        return compute(context, operator, left, right)


_SANDBOXES = {kind: _Sandbox(kind) for kind in OutputKind}


@dataclass(frozen=True, slots=True)
class CompiledText:
    """One text of a template, ready for many people; `place` is how the author finds it."""

    place: str
    compiled: JinjaTemplate

    def render(self, names: Mapping[str, object], person: str) -> str:
        """Returns the text for one person; raises ComposeError that names the template, line and person."""
        try:
            return self._render(names)
        except Exception as error:  # whatever a template does wrong spoils one email, never a tick
            where, what = f"{self.place}, line {_line(error.__traceback__)}", _explain(error)
            # that something is missing says no value of anybody
            text = f"{where}: {what}" if what.endswith("is missing") else where
            raise ComposeError(
                Reason(text, sentence=f"{where}: {what} (person `{person}`)"),
                help="give it a `default`, or mend the template" if "missing" in str(error) else "mend the template",
            ) from None

    def _render(self, names: Mapping[str, object]) -> str:
        chunks, size = [], 0
        for chunk in self.compiled.generate(with_budget(names)):
            size += len(chunk)
            if size > MAX_SIZE:
                raise TemplateError("the text is longer than 1 MiB")
            chunks.append(chunk)
        return drop_empty_lines("".join(chunks))


def compile_text(tree: nodes.Template, place: str, kind: OutputKind) -> CompiledText:
    """Returns a text of a checked template compiled; `place` is how the author finds it.

    Raises ComposeError for what is nested too deeply for Python.
    """
    sandbox = _SANDBOXES[kind]
    try:
        return CompiledText(place, sandbox.from_string(_with_bounds(tree, sandbox)))
    except (RecursionError, MemoryError, SyntaxError):
        raise ComposeError(
            f"{place}, line 1: {_TOO_DEEP}", help="write it with fewer brackets and branches inside each other"
        ) from None


def _with_bounds(tree: nodes.Template, sandbox: _Sandbox) -> nodes.Template:
    """Returns a tree with loops and all that can take long passing through filters that charge the budget."""
    bounded = copied(tree)
    _bound(bounded)
    bounded.set_environment(sandbox)
    return bounded


def _bound(node: nodes.Node) -> tuple[nodes.Node, int]:
    """Returns the node, or the filter that stands for it, and how many nodes it had with all below it."""
    weight = 1
    for field, value in node.iter_fields():
        bound, below = _bound_in(value)
        setattr(node, field, bound)
        weight += below
    return _charging(node, weight), weight


def _bound_in(value: object) -> tuple[object, int]:
    """Returns the value of a node's field with all nodes in it bound, and how many these were."""
    if isinstance(value, nodes.Node):
        return _bound(value)
    if not isinstance(value, list):
        return value, 0
    each = list(map(_bound_in, value))
    return [bound for bound, _ in each], sum(below for _, below in each)


def _charging(node: nodes.Node, weight: int) -> nodes.Node:
    match node:
        case nodes.For():
            node.iter = _filter("counted", node.iter, nodes.Const(weight))
        case nodes.Concat():
            return _filter("concatenate", *node.nodes)
        case nodes.Compare():
            signs = nodes.Const(tuple(operand.op for operand in node.ops))
            return _filter("compare", node.expr, signs, *(operand.expr for operand in node.ops))
        case nodes.Getitem(arg=nodes.Slice() as part):
            return _filter("cut", node.node, *(end or nodes.Const(None) for end in (part.start, part.stop, part.step)))
    return node


def _filter(name: str, value: nodes.Node, *options: nodes.Node) -> nodes.Filter:
    return nodes.Filter(value, name, list(options), [], None, None, lineno=value.lineno)


def _explain(error: Exception) -> str:
    if isinstance(error, TemplateError):
        return error.message or "it cannot be rendered"
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    return "a filter, comparison or sum got a value that does not fit it, such as a text in place of a number"


def _line(trace: TracebackType | None) -> int:
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _CODE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
