"""What a template may use: the names it sees, filters, tests and pieces of Jinja2's syntax; documented for authors.

The checker and the renderer read the same tables, so that what is checked is what can be rendered.
"""

from collections.abc import Mapping

# The names a template sees, and what may follow the dot: None for the declared fields of the schema, an empty tuple
# for a plain text. `company` of a person without one has only missing values; `unsubscribe_url` may be missing.
NAMES: Mapping[str, tuple[str, ...] | None] = {
    "person": None,
    "company": None,
    "trigger": ("name", "title"),
    "persona": ("name", "title"),
    "unsubscribe_url": (),
}

# Filters by name, each with what it does. Only `default` accepts a missing value; every other filter fails on it.
FILTERS: Mapping[str, str] = {
    "abs": "a number or duration without its sign",
    "capitalize": "the first letter large, the others small",
    "date": 'a time or date in a given form: `date("%d %B %Y")`; without one, `2026-01-31`',
    "default": "another value where this one is missing: `default('there')`; `default('there', true)` also where empty",
    "first": "the first of a list or text; missing when there is none",
    "join": "a list as text: `join(', ')`",
    "last": "the last of a list or text; missing when there is none",
    "length": "how many items or characters",
    "lower": "small letters",
    "number": "a number with so many decimals, and a sign between thousands: `number(2, ',')` is `1,234.50`",
    "replace": "every `old` replaced: `replace('old', 'new')`",
    "round": "the nearest number with so many decimals, halves away from zero: `round(1)`",
    "title": "Every Word Large",
    "trim": "without white space at both ends",
    "truncate": "at most so many characters, the last of them `…` when it was cut: `truncate(20)`",
    "upper": "capital letters",
    "urlencode": "fit to stand in a link's query",
}

# What may follow `%` in the form of `date`, beside another `%`.
DATE_PARTS = "YmdeBbAaHIMSpZ"

# Tests by name (`person.x is defined`). A missing value is not defined.
TESTS: Mapping[str, str] = {
    "defined": "the value is there",
    "divisibleby": "a whole number of times: `is divisibleby 3`",
    "even": "an even number",
    "odd": "an odd number",
    "undefined": "the value is missing",
}

# What may follow `loop.` inside `{% for %}`.
LOOP_NAMES = ("first", "index", "index0", "last", "length", "revindex", "revindex0")

# The classes of `jinja2.nodes` that may stand in a template. There are no calls (so no methods, macros or `range`),
# no blocks that capture output, no files: work and size stay bounded by the text and the data.
SYNTAX = frozenset(
    {
        "Add",
        "And",
        "Assign",
        "Compare",
        "Concat",
        "CondExpr",
        "Const",
        "Div",
        "Filter",
        "FloorDiv",
        "For",
        "Getattr",
        "Getitem",
        "If",
        "Keyword",
        "List",
        "Mod",
        "Mul",
        "Name",
        "Neg",
        "Not",
        "Operand",
        "Or",
        "Output",
        "Pos",
        "Slice",
        "Sub",
        "Template",
        "TemplateData",
        "Test",
        "Tuple",
    }
)
