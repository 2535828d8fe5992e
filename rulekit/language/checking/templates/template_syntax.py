"""What Jinja2 reads of a template's text, without the pieces that templates may not use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NoReturn

from jinja2 import Environment, TemplateSyntaxError, nodes

from rulekit.diagnostics import codes
from rulekit.diagnostics.source import Span
from rulekit.language.checking.findings import Findings, replacement
from rulekit.language.checking.templates.template_text import PlacedText
from rulekit.language.template_names import FILTERS, SYNTAX, TESTS
from rulekit.language.template_trees import environment, read_tree
from rulekit.suggestions import suggest

# what an author wrote for a class of jinja2's that may not stand in a template, and how to find it in its line
_FOREIGN = {
    "Call": ("calls", r"[\w.]+\s*\("),
    "Macro": ("macros", r"\bmacro\b"),
    "CallBlock": ("macros", r"\bcall\b"),
    "Include": ("`include`", r"\binclude\b"),
    "Import": ("`import`", r"\bimport\b"),
    "FromImport": ("`import`", r"\bfrom\b"),
    "Extends": ("`extends`", r"\bextends\b"),
    "Block": ("`block`", r"\bblock\b"),
    "AssignBlock": ("`set` with a block", r"\bset\b"),
    "FilterBlock": ("`filter` blocks", r"\bfilter\b"),
    "With": ("`with`", r"\bwith\b"),
    "ScopedEvalContextModifier": ("`autoescape`", r"\bautoescape\b"),
    "Pow": ("`**`", r"\*\*"),
    "Dict": ("`{…}` values", r"\{"),
    "For": ("`recursive` loops", r"\brecursive\b"),
}


_SPLIT = "write it with fewer brackets and branches inside each other"

# words and signs inside the tags of one text; Jinja2 takes a second for more
MOST_WORDS = 20_000
# levels of brackets, operators and branches in one template
DEEPEST = 100
# loops inside each other; Python compiles no more
DEEPEST_LOOPS = 20


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A template's text and the tree that Jinja2 makes of it.

    Where the text as a whole cannot be read, the tree has its tags one by one (`in_pieces`), so that other mistakes in
    them are found in the same pass; what the text itself names is not known then. `is_right` tells that it can be used.
    """

    text: PlacedText
    tree: nodes.Template
    in_pieces: bool = False
    is_right: bool = True


def parse_text(text: PlacedText, findings: Findings) -> ParsedText:
    """Returns the text as Jinja2 reads it; reports what cannot be read and what may not stand in a template."""
    jinja = environment()
    tree, in_pieces = _read(jinja, text, findings)
    every = list(tree.find_all(nodes.Node))
    _refuse_other_loop(every, text, findings)
    _refuse_unknown(every, jinja, text, findings)
    foreign = [node for node in every if _is_foreign(node)]
    for node in foreign:
        _report_foreign(node, text, findings)
    return ParsedText(text, tree, in_pieces, is_right=not (in_pieces or foreign))


def _read(jinja: Environment, text: PlacedText, findings: Findings) -> tuple[nodes.Template, bool]:
    in_pieces = False
    try:
        _require_bounded(jinja, text, findings)
        tree = read_tree(text.source.text, jinja)
    except TemplateSyntaxError as error:
        _report_syntax(text, error, findings)
        tree, in_pieces = _pieces(jinja, text.source.text), True
    except (RecursionError, MemoryError, ValueError, OverflowError):
        _fail_too_deep(text, findings)
    if _is_too_deep(tree):
        _fail_too_deep(text, findings)
    return tree, in_pieces


def _fail_too_deep(text: PlacedText, findings: Findings) -> NoReturn:
    findings.fail(codes.TEMPLATE_SYNTAX, "a template cannot be read", text.whole, "nested too deeply", help=_SPLIT)


# what shows a value or asks about one, and what makes a template of it alone; a quoted text may hold the end of a tag
_QUOTED = r"""(?:"[^"\n]*"|'[^'\n]*'|[^"'{}%]|[{}%](?![{}%]))*?"""
_TAG = re.compile(
    rf"(?P<shown>\{{\{{{_QUOTED}\}}\}})|\{{%[-+]?\s*(?:el)?(?P<asked>if\b{_QUOTED})[-+]?%\}}|(?P<turned>\{{%[-+]?\s*for\b{_QUOTED}%\}})"
)
MOST_PIECES = 200


def _pieces(jinja: Environment, text: str) -> nodes.Template:
    """Returns a tree of the tags that can be read by themselves, each in its line; of the first MOST_PIECES tags."""
    body: list[nodes.Node] = []
    for tag in islice(_TAG.finditer(text), MOST_PIECES):
        if tag["asked"]:
            piece = f"{{% {tag['asked']} %}}{{% endif %}}"
        else:
            piece = tag["shown"] or f"{tag['turned']}{{% endfor %}}"
        try:
            body += jinja.parse("\n" * text.count("\n", 0, tag.start()) + piece).body
        except (TemplateSyntaxError, RecursionError, MemoryError, ValueError, OverflowError):
            continue
    tree = nodes.Template(body, lineno=1)
    tree.set_environment(jinja)
    return tree


def _require_bounded(jinja: Environment, text: PlacedText, findings: Findings) -> None:
    # each word takes a character, so that a short text has not too many
    if len(text.source.text) <= MOST_WORDS:
        return
    words = (kind for _, kind, _ in jinja.lex(text.source.text) if kind not in ("data", "whitespace"))
    if next(islice(words, MOST_WORDS, None), None) is not None:
        findings.fail(
            codes.UNBOUNDED_TEMPLATE,
            f"a template has more than {MOST_WORDS:,} words and signs in its tags",
            text.whole,
            "too much for one email",
            help="write a loop, or split it into several templates",
        )


def _is_too_deep(tree: nodes.Template) -> bool:
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        if depth > DEEPEST or loops > DEEPEST_LOOPS:
            return True
        loops += isinstance(node, nodes.For)
        waiting.extend((child, depth + 1, loops) for child in node.iter_child_nodes())
    return False


def _refuse_other_loop(every: list[nodes.Node], text: PlacedText, findings: Findings) -> None:
    """Reports a `loop` of the template's own inside of a loop, where that is the loop itself."""
    for turned in every:
        for name in turned.find_all(nodes.Name) if isinstance(turned, nodes.For) else ():
            if name.name == "loop" and name.ctx == "store":
                findings.fail(
                    codes.TEMPLATE_SYNTAX,
                    "a template cannot be read",
                    text.find(name.lineno, r"\bloop\b"),
                    "`loop` counts the turns here",
                    help="choose another name",
                )


def _report_syntax(text: PlacedText, error: TemplateSyntaxError, findings: Findings) -> None:
    words, help = _explain_syntax(error.message or "")
    place = text.find(error.lineno, r"\{[{%].*")
    findings.report(codes.TEMPLATE_SYNTAX, "a template cannot be read", place, words, help=help)


def _explain_syntax(message: str) -> tuple[str, str]:
    """Returns what is wrong and what to do about it, for what Jinja2 says in words of its own."""
    unclosed = re.search(r"needs to be closed is '(\w+)'", message)
    if unclosed and message.startswith("Unexpected end of template"):
        name = unclosed[1]
        return f"`{{% {name} … %}}` is not closed", f"write `{{% end{name} %}}` where it ends"
    if message.startswith("unexpected end of template"):
        return "not closed", "write `}}` or `%}` where it ends"
    if "got '='" in message:
        return "`=` does not compare", "write `==` to compare"
    if message in ("unexpected '}'", "expected token 'end of print statement', got '}'"):
        return "a `}` too few or too many", "write `{{ … }}` with two brackets at each end"
    words = (message or "not a template").removeprefix("Encountered ").rstrip(".").replace("'", "`")
    return words, "write values as `{{ person.field }}` and blocks as `{% if … %}…{% endif %}`"


def _is_foreign(node: nodes.Node) -> bool:
    return type(node).__name__ not in SYNTAX or (isinstance(node, nodes.For) and node.recursive)


def _report_foreign(node: nodes.Node, text: PlacedText, findings: Findings) -> None:
    kind = type(node).__name__
    words, pattern = _FOREIGN.get(kind, ("such syntax", r"\{[{%].*"))
    help = "use a filter, as in `person.name | upper`" if kind == "Call" else "write the text out in this template"
    findings.report(
        codes.FORBIDDEN_SYNTAX, f"templates have no {words}", text.find(node.lineno, pattern), "not here", help=help
    )


def _refuse_unknown(every: list[nodes.Node], jinja: Environment, text: PlacedText, findings: Findings) -> None:
    for node in every:
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            place = text.find(node.lineno, rf"\|\s*({re.escape(node.name)})\b")
            _report_unknown("filter", node.name, place, FILTERS, findings)
            # reported, so that jinja2 need not refuse the rest for it
            jinja.filters[node.name] = jinja.filters["default"]
        elif isinstance(node, nodes.Test) and node.name not in TESTS:
            place = text.find(node.lineno, rf"\bis\s+(?:not\s+)?({re.escape(node.name)})\b")
            _report_unknown("test", node.name, place, TESTS, findings)
            jinja.tests[node.name] = jinja.tests["defined"]


def _report_unknown(what: str, name: str, place: Span, known: Mapping[str, str], findings: Findings) -> None:
    nearest = suggest(name, known)
    findings.report(
        codes.UNKNOWN_FILTER,
        f"unknown {what} `{name}` in a template",
        place,
        f"no such {what}",
        help=f"write `{nearest}`" if nearest else f"use one of {', '.join(sorted(known))}",
        fixes=(replacement(place, nearest),) if nearest and findings.source(place) == name else (),
    )
