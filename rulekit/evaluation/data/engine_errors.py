"""What may be shown of an error of the engine: what is known to be about the query or the file, and no value.

The engine quotes what it could not read, whole rows among it, in words that change with its version. So of an error
about data only phrases are shown that hold none, and the numbers of lines; of one about a query the engine says all.
"""

import re

UNSAID = "in words that may hold values of people; DuckDB itself shows them when it is given the same"
# of these the words come from the query, the names of tables and columns, and paths
_ABOUT_THE_QUERY = frozenset(
    {"BinderException", "CatalogException", "ParserException", "IOException", "PermissionException"}
)
_KIND = re.compile(r"^[A-Z][A-Za-z ]{1,40} Error: ")
_PHRASES = re.compile(
    r"CSV Error on Line: \d+"
    r"|Value with unterminated quote found"
    r"|Expected Number of Columns: \d+ Found: \d+"
    r"|Invalid unicode \(byte sequence mismatch\) detected"
    r"|Maximum line size of \d+ bytes exceeded"
    r"|Expected top-level JSON array"
    r"|Malformed JSON(?= in file)|JSON transform error(?= in file)"
    r"|(?:(?<=, )at byte \d+ |(?<=, ))in (?:line|record/value) \d+"
    r"|unexpected (?:control )?character(?: in string)?|unexpected end of data|has duplicate key"
    r"|No magic bytes found at end of file|Footer length error"
    r'|Error when converting column "[^"@\n]{1,60}"'
    r"|being converted as type [A-Z]+"
    r"|Could not (?:convert|parse) string|Failed to cast value"
    r"|Overflow in [a-z]+ of [A-Z0-9]+|out of range|Out of Memory"
    r"|More than one row returned by a subquery used as an expression"
)


def describe(error: Exception) -> str:
    """Returns what an error of the engine says, without its advice on options and without values of the data."""
    text = str(error).strip()
    if type(error).__name__ in _ABOUT_THE_QUERY:
        first = re.split(r"\n\s*\n|\nLINE |\nPossible ", text, maxsplit=1)[0]
        return _KIND.sub("", "; ".join(first.splitlines()))
    phrases = "; ".join(dict.fromkeys(_PHRASES.findall(text)))
    kind = _KIND.match(text)
    return phrases or f"the engine reports {kind[0].rstrip(': ') if kind else 'an error'} {UNSAID}"
