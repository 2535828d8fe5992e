"""Names and texts as the engine's SQL has them: whatever they hold, each stays one name or one text."""


def quote_name(name: str) -> str:
    """Returns a name of a table or schema in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Returns a text in single quotes."""
    return "'" + text.replace("'", "''") + "'"
