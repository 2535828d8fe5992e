"""Names and texts as the engine's SQL has them: whatever they hold, each stays one name or one text."""

from collections.abc import Iterable


def quote_name(name: str) -> str:
    """Returns a name of a table or schema in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Returns a text in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def quote_list(texts: Iterable[object]) -> str:
    """Returns a list of texts."""
    return f"[{', '.join(quote_text(str(text)) for text in texts)}]"
