"""The types of the values in a template; one that depends on the way through the template has none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jinja2 import nodes

from rulekit.language.checking.templates.variables import RECORDS, member_of
from rulekit.language.program import Schema
from rulekit.language.template_names import NAMES
from rulekit.language.types import BOOL, DURATION, LIST_OF_TEXT, NUMBER, TEXT, Kind, Type

Known = Type | None

TEXTS = (Kind.TEXT, Kind.ONE_OF)
ITEMS = (Kind.LIST, *TEXTS)
LENGTHS = (Kind.NUMBER, Kind.DURATION)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a filter takes (empty: anything), what it gives (None: what it was given), and the types of its options."""

    takes: tuple[Kind, ...] = ()
    gives: Known = TEXT
    options: Mapping[str, tuple[Kind, ...]] = field(default_factory=dict)
    needed: int = 0


FILTERS: Mapping[str, Signature] = {
    "abs": Signature(LENGTHS, None),
    "capitalize": Signature(),
    "date": Signature((Kind.TIME, Kind.DATE), TEXT, {"form": TEXTS}),
    "default": Signature((), None, {"fallback": (), "also_empty": ()}),
    "first": Signature(ITEMS),
    "join": Signature(ITEMS, TEXT, {"between": ()}),
    "last": Signature(ITEMS),
    "length": Signature(ITEMS, NUMBER),
    "lower": Signature(),
    "number": Signature((Kind.NUMBER,), TEXT, {"decimals": (Kind.NUMBER,), "between": TEXTS}),
    "replace": Signature((), TEXT, {"old": (), "new": ()}, needed=2),
    "round": Signature((Kind.NUMBER,), NUMBER, {"decimals": (Kind.NUMBER,)}),
    "title": Signature(),
    "trim": Signature(),
    "truncate": Signature((), TEXT, {"length": (Kind.NUMBER,)}),
    "upper": Signature(),
    "urlencode": Signature(),
}
_LOOP = {"first": BOOL, "last": BOOL}


@dataclass(slots=True)
class Types:
    """The types of the values in one text; `_names` are those that the text sets or loops with."""

    schema: Schema
    _names: dict[str, Known] = field(default_factory=dict)
    _known: dict[int, Known] = field(default_factory=dict)

    @classmethod
    def of_text(cls, tree: nodes.Template, schema: Schema) -> "Types":
        """Returns the types of a text; what it calls by one name, though of several types, has none."""
        types = cls(schema)
        for node in tree.find_all((nodes.Assign, nodes.For)):
            if isinstance(node, nodes.Assign | nodes.For) and isinstance(node.target, nodes.Name):
                type_ = types.of(node.node) if isinstance(node, nodes.Assign) else types.item_of(node.iter)
                name = node.target.name
                types._names[name] = type_ if types._names.get(name, type_) == type_ else None
                types._known.clear()
        return types

    def of(self, node: nodes.Node) -> Known:
        """Returns the type of a value, or None when it is not known."""
        if id(node) not in self._known:
            self._known[id(node)] = self._of(node)
        return self._known[id(node)]

    def _of(self, node: nodes.Node) -> Known:
        member = member_of(node)
        if member is not None:
            return self._member(*member)
        match node:
            case nodes.Const():
                return _of_literal(node.value)
            case nodes.Name():
                return self._names.get(node.name) or (TEXT if NAMES.get(node.name) == () else None)
            case nodes.Filter():
                return self._filtered(node)
            case nodes.Getitem():
                return widened(self.of(node.node)) if isinstance(node.arg, nodes.Slice) else self.item_of(node.node)
            case nodes.CondExpr() | nodes.And() | nodes.Or():
                return self._common(_choices(node))
            case nodes.Neg() | nodes.Pos():
                return self.of(node.node)
            case nodes.List() | nodes.Tuple():
                return LIST_OF_TEXT if self._common(node.items) == TEXT else None
        return _ALWAYS.get(type(node)) or self._computed(node)

    def item_of(self, node: nodes.Node) -> Known:
        """Returns the type of the items of a list or text."""
        if isinstance(node, nodes.List | nodes.Tuple):
            return self._common(node.items)
        type_ = self.of(node)
        return TEXT if type_ is not None and type_.kind in ITEMS else None

    def _member(self, owner: str, name: str) -> Known:
        if owner in RECORDS:
            declared = (self.schema.person if owner == "person" else self.schema.company).get(name)
            return declared.type if declared else None
        if owner == "loop":
            return _LOOP.get(name, NUMBER)
        return TEXT if NAMES.get(owner) else None

    def _filtered(self, node: nodes.Filter) -> Known:
        if node.node is None or node.name not in FILTERS:
            return None
        if node.name == "default":
            return self._common((node.node, *node.args[:1]))
        return FILTERS[node.name].gives or self.of(node.node)

    def _common(self, parts: Iterable[nodes.Node]) -> Known:
        types = {widened(self.of(part)) for part in parts}
        return types.pop() if len(types) == 1 else None

    def _computed(self, node: nodes.Node) -> Known:
        if not isinstance(node, nodes.BinExpr):
            return None
        left, right = self.of(node.left), self.of(node.right)
        if left is None or right is None:
            return None
        kinds = (left.kind, right.kind)
        if kinds == (Kind.NUMBER, Kind.NUMBER):
            return NUMBER
        if isinstance(node, nodes.Add):
            return widened(left) if widened(left) == widened(right) else None
        return DURATION if isinstance(node, nodes.Sub) and kinds in _DIFFERENCES else None


_ALWAYS: Mapping[type[nodes.Node], Type] = {
    nodes.Compare: BOOL,
    nodes.Not: BOOL,
    nodes.Test: BOOL,
    nodes.Concat: TEXT,
}


def _choices(node: nodes.Node) -> Iterable[nodes.Node]:
    """Returns the values of which one is the result."""
    if isinstance(node, nodes.CondExpr):
        return (node.expr1,) if node.expr2 is None else (node.expr1, node.expr2)
    return node.iter_child_nodes()


def _of_literal(value: object) -> Known:
    # bool first: to Python it is a number, too
    return next((type_ for kind, type_ in _LITERALS if isinstance(value, kind)), None)


_LITERALS = ((bool, BOOL), (str, TEXT), (int | float, NUMBER))


def widened(type_: Known) -> Known:
    """Returns the type without its choices: a text from a closed set is a text."""
    return TEXT if type_ is not None and type_.kind is Kind.ONE_OF else type_


_DIFFERENCES = {(Kind.TIME, Kind.TIME), (Kind.DATE, Kind.DATE), (Kind.DURATION, Kind.DURATION)}
