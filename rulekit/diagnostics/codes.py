"""The one table of codes: every report names one of these, and a number or slug is never used again for another.

A slug names the bad thing. The summary is one sentence about it for `rulekit explain` and for lists.
Families: RK0 syntax, RK1 names, RK2 types and missing values, RK3 personas and segments, RK4 triggers, RK5 templates,
RK6 privacy and volume, RK7 data sources and schema, RK8 style, RK9 settings, plugins and suppressions, RK91 tests.
"""

from rulekit.diagnostics.diagnostic import Code, Severity
from rulekit.suggestions import suggest

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
FILE_TOO_LARGE = Code("RK017", "file-too-large", ERROR, "A file has more than 1 MiB or more than 40,000 words.")
NOT_UTF8 = Code("RK018", "not-utf8", ERROR, "A file is not encoded as UTF-8.")
UNREADABLE_FILE = Code("RK019", "unreadable-file", ERROR, "A file does not exist or cannot be read.")

# RK1 names
DUPLICATE_NAME = Code("RK101", "duplicate-name", ERROR, "A name is declared twice.")
UNKNOWN_FIELD = Code("RK102", "unknown-field", ERROR, "A name is neither a field nor a `let`.")
UNKNOWN_PERSONA = Code("RK103", "unknown-persona", ERROR, "A persona is not declared.")
UNKNOWN_SEGMENT = Code("RK104", "unknown-segment", ERROR, "A segment is not declared.")
UNKNOWN_EVENT = Code("RK105", "unknown-event", ERROR, "An event is not declared.")
UNKNOWN_PROPERTY = Code("RK106", "unknown-property", ERROR, "An event has no such property.")
UNKNOWN_FUNCTION = Code("RK107", "unknown-function", ERROR, "A function does not exist.")
UNKNOWN_TEMPLATE = Code("RK108", "unknown-template", ERROR, "A template is not declared.")
UNKNOWN_TYPE = Code("RK109", "unknown-type", ERROR, "A field has a type that does not exist.")
AMBIGUOUS_NAME = Code("RK110", "ambiguous-name", ERROR, "A name means two things at once.")
MISSING_RECORD = Code("RK111", "missing-record", ERROR, "A field is used, but `person:` or `company:` is not declared.")
LET_CYCLE = Code("RK112", "let-cycle", ERROR, "A `let` is made of itself.")
STALE_WAS = Code("RK113", "stale-was", ERROR, "`was` gives a name that another declaration has.")
OUT_OF_SCOPE = Code("RK114", "out-of-scope", ERROR, "A name is declared but has no meaning at this place.")
UNKNOWN_PERSON = Code("RK115", "unknown-person", ERROR, "A test names a person that it does not have.")
UNKNOWN_COMPANY = Code("RK116", "unknown-company", ERROR, "A test names a company that it does not have.")
UNKNOWN_STATE = Code("RK117", "unknown-state", ERROR, "A test expects a state that no email can be in.")

# RK2 types and missing values
TYPE_MISMATCH = Code("RK201", "type-mismatch", ERROR, "Values of different types are compared.")
MISSING_UNIT = Code("RK202", "missing-unit", ERROR, "A duration is written without its unit.")
NOT_IN_CLOSED_SET = Code("RK203", "not-in-closed-set", ERROR, "A text is not among the values that a field can have.")
NOT_A_CONDITION = Code("RK204", "not-a-condition", ERROR, "A value stands where a condition is needed.")
CONDITION_AS_VALUE = Code("RK205", "condition-as-value", ERROR, "A condition stands where a value is needed.")
UNORDERED_COMPARISON = Code("RK206", "unordered-comparison", ERROR, "Values without an order are compared with `<`.")
WRONG_OPERAND = Code("RK207", "wrong-operand", ERROR, "An operator is given a value of a type that it cannot take.")
WRONG_ARGUMENTS = Code("RK208", "wrong-arguments", ERROR, "A function is called with arguments that it does not take.")
NOT_A_LITERAL = Code("RK209", "not-a-literal", ERROR, "A fixed value is needed, and something else is written.")
INVALID_WINDOW = Code("RK210", "invalid-window", ERROR, "A stretch of time is empty or runs backwards.")
INVALID_PATTERN = Code("RK211", "invalid-pattern", ERROR, "A pattern is invalid or cannot be matched in linear time.")
UNDECIDED_MISSING = Code("RK212", "undecided-missing", WARNING, "A comparison decides silently about a missing value.")
INVALID_CHOICES = Code("RK213", "invalid-choices", ERROR, "A closed set of texts is empty or names a text twice.")
OVERSIZED_EXPRESSION = Code(
    "RK214", "oversized-expression", ERROR, "An expression is too large with its `let`s filled in."
)
SUSPICIOUS_UNIT = Code("RK215", "suspicious-unit", WARNING, "Minutes or seconds stand where days were probably meant.")
MIDNIGHT_ONLY = Code(
    "RK220", "midnight-only", WARNING, "The age of a date is compared so that a day counts only at its midnight."
)

# RK3 personas and segments
PERSONA_CYCLE = Code("RK301", "persona-cycle", ERROR, "A persona depends on itself.")
SEGMENT_CYCLE = Code("RK302", "segment-cycle", ERROR, "A segment depends on itself.")
PERSONA_NEVER_MATCHES = Code("RK303", "persona-never-matches", WARNING, "Nobody can be in a persona.")
DUPLICATE_CONDITION = Code("RK304", "duplicate-condition", WARNING, "A condition stands twice in one chain.")
SUBSUMED_CONDITION = Code("RK305", "subsumed-condition", WARNING, "A condition has no effect beside another one.")
CONSTANT_CONDITION = Code("RK306", "constant-condition", WARNING, "A condition holds for everybody.")
SEGMENT_NEVER_MATCHES = Code("RK307", "segment-never-matches", WARNING, "No company can be in a segment.")

# RK4 triggers
UNKNOWN_OPTION = Code("RK401", "unknown-option", ERROR, "A trigger has an option that does not exist.")
DUPLICATE_OPTION = Code("RK402", "duplicate-option", ERROR, "A trigger gives an option twice.")
INVALID_OPTION = Code("RK403", "invalid-option", ERROR, "An option of a trigger has a value that it cannot take.")
TRIGGER_NEVER_FIRES = Code(
    "RK404", "trigger-never-fires", WARNING, "The persona and the segment of a trigger exclude each other."
)

# RK5 templates
UNKNOWN_PART = Code("RK501", "unknown-part", ERROR, "A template has a part that does not exist.")
DUPLICATE_PART = Code("RK502", "duplicate-part", ERROR, "A template gives a part twice.")
MISSING_PART = Code("RK503", "missing-part", ERROR, "A template has no subject or no body.")
CONFLICTING_PARTS = Code("RK504", "conflicting-parts", ERROR, "A template has both `html` and `markdown`.")
MISSING_TEMPLATE_FILE = Code("RK505", "missing-template-file", ERROR, "The file of a template cannot be found.")
TEMPLATE_SYNTAX = Code("RK506", "template-syntax", ERROR, "The text of a template cannot be read as a template.")
UNKNOWN_VARIABLE = Code("RK507", "unknown-variable", ERROR, "A template uses a name that it does not have.")
UNKNOWN_FILTER = Code("RK508", "unknown-filter", ERROR, "A template uses a filter or test that does not exist.")
FORBIDDEN_SYNTAX = Code("RK509", "forbidden-syntax", ERROR, "A template uses a piece of Jinja2 that it may not use.")
UNDECIDED_VARIABLE = Code("RK510", "undecided-variable", WARNING, "A template prints a value that may be missing.")
WHOLE_RECORD = Code("RK511", "whole-record", ERROR, "A template uses a whole record instead of one of its fields.")
INSECURE_LINK = Code("RK512", "insecure-link", WARNING, "A link or image in an email is not encrypted.")
IMAGE_WITHOUT_ALTERNATIVE = Code(
    "RK513", "image-without-alternative", WARNING, "An image in an email has no words in its place."
)
EMPTY_SUBJECT = Code("RK514", "empty-subject", WARNING, "A subject can come out empty, and nothing is sent then.")
UNUSED_BLOCK = Code("RK515", "unused-block", WARNING, "A piece of a template is never shown, or always.")
UNBOUNDED_TEMPLATE = Code("RK516", "unbounded-template", ERROR, "A template can grow or work beyond all limits.")
TEMPLATE_TYPE_MISMATCH = Code(
    "RK517", "template-type-mismatch", ERROR, "A template gives a value of a wrong type to what cannot take it."
)
TEMPLATE_NOT_IN_CLOSED_SET = Code(
    "RK518", "template-not-in-closed-set", ERROR, "A template compares with a text that a field never has."
)
RELATIVE_LINK = Code("RK519", "relative-link", WARNING, "A link or image in an email leads nowhere.")
UNSUPPORTED_ELEMENT = Code("RK520", "unsupported-element", WARNING, "An element of an email has no effect there.")
DROPPED_STYLE = Code(
    "RK521", "dropped-style", WARNING, "A style of an email is lost when styles are moved to elements."
)

# RK6 privacy and volume
MISSING_UNSUBSCRIBE_LINK = Code("RK601", "missing-unsubscribe-link", WARNING, "An email shows no link to unsubscribe.")
MISSING_POSTAL_ADDRESS = Code("RK602", "missing-postal-address", WARNING, "An email shows no postal address.")
PERSONAL_DATA_IN_SUBJECT = Code(
    "RK603", "personal-data-in-subject", WARNING, "A subject or preheader shows personal data."
)
PERSONAL_DATA_IN_LINK = Code("RK604", "personal-data-in-link", WARNING, "A link in an email holds personal data.")
UNLIMITED_AUTO = Code("RK605", "unlimited-auto", WARNING, "A trigger mails without approval and without a limit.")
MISSING_ALLOW = Code("RK630", "missing-allow", WARNING, "The settings name a mail server and not who may be mailed.")
PASSWORD_IN_SETTINGS = Code("RK631", "password-in-settings", WARNING, "A password stands in `rulekit.toml`.")

# RK7 data sources and schema
WINDOW_BEYOND_HISTORY = Code(
    "RK701", "window-beyond-history", WARNING, "A window reaches further back than the source keeps events."
)

# RK8 style
UNUSED_PERSONA = Code("RK801", "unused-persona", INFO, "Nothing uses a persona.")
UNUSED_SEGMENT = Code("RK802", "unused-segment", INFO, "Nothing uses a segment.")
UNUSED_TEMPLATE = Code("RK803", "unused-template", WARNING, "No trigger sends a template.")
UNUSED_LET = Code("RK804", "unused-let", WARNING, "Nothing uses a `let`.")
LOOK_ALIKE_LETTERS = Code(
    "RK805", "look-alike-letters", WARNING, "A text has letters that look like others, or two texts look the same."
)
UNFORMATTED_FILE = Code("RK806", "unformatted-file", WARNING, "A file is not laid out as `rulekit fmt` lays it out.")

# RK9 settings, plugins, suppressions
WRONG_SETTING = Code(
    "RK901", "wrong-setting", ERROR, "A setting in `rulekit.toml` does not exist or has a wrong value."
)
UNUSED_SUPPRESSION = Code("RK902", "unused-suppression", WARNING, "A comment ignores what is not reported.")
EXPIRED_SUPPRESSION = Code("RK903", "expired-suppression", WARNING, "The date of a comment that ignores has passed.")
INVALID_SUPPRESSION = Code("RK904", "invalid-suppression", WARNING, "A comment to rulekit cannot be followed.")
STALE_BASELINE_ENTRY = Code(
    "RK905", "stale-baseline-entry", WARNING, "A baseline has a report that is not made any more."
)

# RK91 tests
FAILED_EXPECTATION = Code("RK910", "failed-expectation", ERROR, "A test expects what is not so.")
REFUSED_ACTION = Code("RK911", "refused-action", ERROR, "A test approves or unapproves what cannot be.")
LOW_COVERAGE = Code("RK912", "low-coverage", ERROR, "The tests cover less of the rules than they have to.")

# the table ends here: add codes above, each family under its own comment
ALL: tuple[Code, ...] = tuple(
    sorted((value for value in globals().values() if isinstance(value, Code)), key=lambda code: code.number)
)
_BY_NAME = {name: code for code in ALL for name in (code.number.casefold(), code.slug)}


def by_name(name: str) -> Code | None:
    """Returns the code with that number or slug, in any case, or None when there is none."""
    return _BY_NAME.get(name.strip().casefold())


def nearest_name(name: str) -> str | None:
    """Returns the number or slug that was probably meant, or None when none is near."""
    return suggest(name, [known for code in ALL for known in (code.number, code.slug)])
