"""Values on their way through Markdown: in characters that mean nothing there, and themselves again where they show.

Escaping would not do: within code and links Markdown takes a backslash for what it is. So each byte of a value is one
private character, which Markdown reads as a letter, and what it has become of is decided once the text is parsed.
"""

import re

# the end of the second private plane, where no font has anything
_FIRST = 0x10FE00
_TO_INERT = {byte: chr(_FIRST + byte) for byte in range(256)}
_TO_BYTE = {_FIRST + byte: chr(byte) for byte in range(256)}
_INERT = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + 255)}]+")


def make_inert(text: str) -> str:
    """Returns a text as letters that are no mark of anything; a blank one as nothing."""
    return text.encode().decode("latin-1").translate(_TO_INERT) if text.strip() else ""


def restore(text: str) -> str:
    """Returns a text with every value in it as it was."""
    return _INERT.sub(lambda found: _value(found[0]), text)


def restore_on_a_line(text: str) -> str:
    """Returns a text with every value in it as it was, but for its white space: each stretch of it is one blank."""
    return _INERT.sub(lambda found: re.sub(r"\s+", " ", _value(found[0])), text)


def _value(inert: str) -> str:
    return inert.translate(_TO_BYTE).encode("latin-1").decode("utf-8", "replace")
