"""The one table of codes: every report names one of these, and a number or slug is never used again for another.

A slug names the bad thing. The summary is one sentence about it for `rulekit explain` and for lists.
Families: RK0 syntax, RK1 names, RK2 types and missing values, RK3 personas and segments, RK4 triggers, RK5 templates,
RK6 privacy and volume, RK7 data sources and schema, RK8 style, RK9 settings, plugins and suppressions.
"""

from rulekit.diagnostics.diagnostic import Code, Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

# RK0 syntax
UNEXPECTED_TEXT = Code("RK001", "unexpected-text", ERROR, "Something stands where the language expects another thing.")
UNFINISHED_DECLARATION = Code("RK002", "unfinished-declaration", ERROR, "A declaration ends before it is complete.")
MISSING_COLON = Code("RK003", "missing-colon", ERROR, "The `:` between a declaration's head and its body is missing.")
MISSING_NAME = Code("RK004", "missing-name", ERROR, "A declaration has no name.")
UNKNOWN_DECLARATION = Code("RK005", "unknown-declaration", ERROR, "A declaration begins with no word of the language.")
RESERVED_NAME = Code("RK006", "reserved-name", ERROR, "A reserved word is used as a name without backquotes.")
UNCLOSED_TEXT = Code("RK007", "unclosed-text", ERROR, "A quoted text or name is not closed on its line.")
UNCLOSED_BRACKET = Code("RK008", "unclosed-bracket", ERROR, "A bracket is not closed, or closes nothing.")
INVALID_ESCAPE = Code("RK009", "invalid-escape", ERROR, "A backslash in a text is followed by an unknown letter.")
UNEXPECTED_CHARACTER = Code("RK010", "unexpected-character", ERROR, "A character has no meaning in the language.")
FORBIDDEN_CHARACTER = Code("RK011", "forbidden-character", ERROR, "A control, bidirectional or invisible character.")
INVALID_VALUE = Code("RK012", "invalid-value", ERROR, "A number, duration, date or instant does not exist.")
CHAINED_COMPARISON = Code("RK013", "chained-comparison", ERROR, "A comparison is compared again.")
TOO_DEEP = Code("RK014", "too-deep", ERROR, "Brackets or `not` are nested more than 64 deep.")
TOO_LONG = Code("RK015", "too-long", ERROR, "A declaration, or a chain of conditions, is too long to read.")
TOO_MANY_MISTAKES = Code("RK016", "too-many-mistakes", ERROR, "A file has so many mistakes that the rest is not read.")
FILE_TOO_LARGE = Code("RK017", "file-too-large", ERROR, "A file is larger than 1 MiB.")
NOT_UTF8 = Code("RK018", "not-utf8", ERROR, "A file is not encoded as UTF-8.")
UNREADABLE_FILE = Code("RK019", "unreadable-file", ERROR, "A file does not exist or cannot be read.")

# the table ends here: add codes above, each family under its own comment
ALL: tuple[Code, ...] = tuple(
    sorted((value for value in globals().values() if isinstance(value, Code)), key=lambda code: code.number)
)
_BY_NAME = {name: code for code in ALL for name in (code.number.casefold(), code.slug)}


def by_name(name: str) -> Code | None:
    """Returns the code with that number or slug, in any case, or None when there is none."""
    return _BY_NAME.get(name.strip().casefold())
