"""A letter that looks like a Latin one and is another: `"рro"` with a Cyrillic `р` equals no `"pro"` in the data.

Words of other scripts are fine. What is reported is a word with Latin letters and with letters of another script that
cannot be told from Latin ones, and two values of a closed set that look the same.
"""

import re
import unicodedata
from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.lints.view import View

# letters of the Cyrillic and Greek scripts that fonts draw as Latin ones
_LOOKS_LIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u03bf\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijsdhABEKMHOPCTXIJSovABEZHIKMNOPTYX",
)
_WORD = re.compile(r"\w+")


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each text with such a word, and for each value that looks like an earlier one."""
    for file in view.files:
        for declaration in file.declarations:
            for text, span in _texts(declaration):
                yield from _check_words(text, span, view)
            for choices in _choices(declaration):
                yield from _check_pairs(choices)


def _check_words(text: str, span: Span, view: View) -> Iterator[Diagnostic]:
    for word in _WORD.findall(text):
        if _is_mixed(word):
            mended = word.translate(_LOOKS_LIKE)
            letter = next(character for character in word if character.translate(_LOOKS_LIKE) != character)
            script = unicodedata.name(letter).partition(" ")[0].capitalize()
            start = view.source(span).find(word)
            place = Span(span.path, span.start + start, span.start + start + len(word)) if start >= 0 else span
            yield Diagnostic(
                codes.LOOK_ALIKE_LETTERS,
                f"`{word}` mixes letters that look the same",
                Label(place, f"`{letter}` is a {script} letter, not `{letter.translate(_LOOKS_LIKE)}`"),
                help=f"write `{mended}`, unless the data has it this way",
                fixes=(Fix(f"write `{mended}`", (Edit(place, mended),)),) if start >= 0 else (),
            )


def _is_mixed(word: str) -> bool:
    return word.translate(_LOOKS_LIKE) != word and re.search("[A-Za-z]", word) is not None


def _check_pairs(choices: tuple[tree.Text, ...]) -> Iterator[Diagnostic]:
    seen: dict[str, tree.Text] = {}
    for choice in choices:
        if any(map(_is_mixed, _WORD.findall(choice.text))):
            continue  # that has been reported
        first = seen.setdefault(unicodedata.normalize("NFKC", choice.text).translate(_LOOKS_LIKE), choice)
        if first.text != choice.text and choice.text.isascii() is not first.text.isascii():
            yield Diagnostic(
                codes.LOOK_ALIKE_LETTERS,
                "two values of a closed set look the same",
                Label(choice.span, "looks like the other"),
                secondary=(Label(first.span, "the other"),),
                help="keep the one that the data has",
            )


def _texts(declaration: tree.Declaration) -> Iterator[tuple[str, Span]]:
    title = getattr(declaration, "title", None)
    if isinstance(title, tree.Text):
        yield title.text, title.span
    for choices in _choices(declaration):
        yield from ((choice.text, choice.span) for choice in choices)
    match declaration:
        case tree.PersonaDeclaration() | tree.SegmentDeclaration():
            yield from _in_expression(declaration.condition)
        case tree.LetDeclaration():
            yield from _in_expression(declaration.value)


def _in_expression(expression: tree.Expression) -> Iterator[tuple[str, Span]]:
    for part in tree.written_parts(expression):
        if isinstance(part, tree.Literal) and isinstance(part.value, str):
            yield part.value, part.span


def _choices(declaration: tree.Declaration) -> Iterator[tuple[tree.Text, ...]]:
    match declaration:
        case tree.RecordDeclaration():
            fields = declaration.fields
        case tree.EventDeclaration():
            fields = declaration.properties
        case _:
            return
    yield from (field.type.choices for field in fields if field.type.choices)
