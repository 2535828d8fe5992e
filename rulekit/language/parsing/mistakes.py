"""From the place where a declaration stops making sense to one report in the author's terms.

The parser knows which words could have stood there; the table below says what an author calls them.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language.parsing.habits import find_habit
from rulekit.language.parsing.words import BEGINNINGS, END, RESERVED, SOFT, Word
from rulekit.suggestions import suggest

# what an author calls a group of words: the first row whose words could all stand there speaks for all of them
CONCEPTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"NAME", "NUMBER", "LPAR", "NOT"}), "a condition"),
    (frozenset({"NAME", "NUMBER", "LPAR"}), "a value"),
    (frozenset({"NAME", "NUMBER"}), "a duration like `14d`"),
    (frozenset({"NUMBER"}), 'a value like `"pro"`, `30d` or `true`'),
    (frozenset({"NAME", "QUOTED_NAME"}), "a name"),
    (frozenset({"NAME", "SUBJECT"}), "a state like `sent`, `subject` or `body`"),
    (frozenset({"NAME", "LIST"}), "a type like `text`"),
    (frozenset({"NAME"}), "a state like `sent`"),
)
# what an author calls a single word, in the order in which they are listed
WORDS: dict[str, str] = {
    "COLON": "`:`",
    "STRING": "a text in double quotes",
    "INSTANT": "a time like `2026-01-31T09:00Z`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "ON": "`on`",
    "TAGGED": "`tagged`",
    "UNTAGGED": "`untagged`",
    "SEND": "`send`",
    "TEMPLATE": "`template`",
    "MISSING": "`missing`",
    "PRESENT": "`present`",
    "WITH": "`with`",
    "IN": "`in`",
    "AGO": "`ago`",
    "BY": "`by`",
    "AT": "`at`",
    "TO": "`to`",
    "EXPECT": "`expect`",
    "APPROVE": "`approve`",
    "UNAPPROVE": "`unapprove`",
    "PERSON": "`person`",
    "AND": "`and`",
    "OR": "`or`",
    "LESS": "a comparison",
    "EQUAL": "`=`",
    "CONTAINS": "`contains`",
    "COMMA": "`,`",
    "WHERE": "`where`",
    "THEN": "`then`",
    END: "the end",
}
LISTED = 4
COMPARISONS = frozenset({"EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"}) | frozenset(
    {"CONTAINS", "MATCHES", "STARTS", "BETWEEN", "WITHIN_NEXT", "WITHIN_LAST"}
)
# words of other languages: what to write instead
HABITS = {
    "null": "write `is missing` or `is present`",
    "none": "write `is missing` or `is present`",
    "like": "write `contains`, `starts with`, `ends with` or `matches`",
    "if": "remove it: a persona's body is the condition itself",
    "when": "remove it: a trigger begins with `on`",
    "else": "write the opposite condition with `not`",
}
# words of other languages behind the `=` of an option
SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
# how a declaration is written, for help where nothing more precise is known
FORMS = {
    "PERSON": "write each field as a name and a type, as in `plan text?`",
    "COMPANY": "write each field as a name and a type, as in `plan text?`",
    "EVENT": "write each property as a name and a type, as in `amount number`",
    "LET": "write it like `let idle = 14d`",
    "TEMPLATE": 'write each part as a word and a text, as in `subject "Hello"`',
    "TRIGGER": "write it like `on tagged(My_Persona) send template My_Template auto=false`",
    "TEST": 'write lines like `person ada: plan="pro"` and `at 2026-01-31T09:00Z: expect ada in My_Persona`',
}
UNIT_LETTERS = {"week": "w", "day": "d", "hour": "h", "minute": "m", "second": "s"} | {c: c for c in "wdhms"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """The words of a piece, the index where it stops making sense (its length: at the end), what could stand there."""

    words: Sequence[Word]
    index: int
    accepted: Set[str]

    @property
    def found(self) -> Word | None:
        """Returns the word that does not fit, or None at the end."""
        return self.words[self.index] if self.index < len(self.words) else None

    @property
    def before(self) -> Word:
        """Returns the word before the place."""
        return self.words[max(self.index, 1) - 1]

    def kind(self, offset: int) -> str:
        """Returns the kind of the word `offset` places from the one that does not fit."""
        index = self.index + offset
        return self.words[index].type if 0 <= index < len(self.words) else END

    @property
    def accepts_value(self) -> bool:
        """Returns whether an expression could stand there."""
        return {"NAME", "NUMBER"} <= self.accepted


def explain(mistake: Mistake) -> Diagnostic:
    """Returns the one report for the place where a piece stops making sense."""
    for look in _LOOKS:
        report = look(mistake)
        if report is not None:
            return report
    return _unexpected(mistake)


def expectation(accepted: Set[str]) -> str:
    """Returns what could stand there in an author's words, as in "a condition" or "`and`, `or` or `)`"."""
    covered: frozenset[str] = SOFT if "NAME" in accepted else frozenset()
    if "NUMBER" in accepted:
        covered |= {"STRING", "INSTANT", "LPAR", "IN", "PERSON", "COMPANY"}
    if "PLUS" in accepted:  # a value is complete: what goes on from it is said in fewer words
        covered |= {"LPAR", "IN", "EQUAL", "CONTAINS"}
    concepts = [next((concept for words, concept in CONCEPTS if words <= accepted), "")]
    named = [text for text in concepts if text] + [text for word, text in WORDS.items() if word in accepted - covered]
    named = named[:LISTED] or ["another word"]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


def _missing_name(mistake: Mistake) -> Diagnostic | None:
    first = mistake.words[0]
    if mistake.index != 1 or "NAME" not in mistake.accepted or mistake.kind(0) in RESERVED:
        return None
    example = f"{first.text} my_name" if first.type in {"EVENT", "LET"} else f"{first.text} My_Name"
    help_text = f"write a name after it, as in `{example}`"
    return Diagnostic(codes.MISSING_NAME, f"`{first.text}` needs a name", Label(first.span), help=help_text)


def _broken_name(mistake: Mistake) -> Diagnostic | None:
    """Returns the report for a name with a space or a sign in it, as in `persona Very-Old:`."""
    if mistake.index != 2 or mistake.kind(0) not in {"NAME", "MINUS", "DOT"} or "COLON" not in mistake.accepted:
        return None
    end = next((i for i, word in enumerate(mistake.words) if word.type in {"COLON", "STRING"}), 0)
    parts = mistake.words[1:end]
    if not parts or any(word.type not in {"NAME", "MINUS", "DOT", "NUMBER"} for word in parts):
        return None
    joined = "_".join(word.text for word in parts if word.type in {"NAME", "NUMBER"})
    span = parts[0].span.to(parts[-1].span)
    help_text = f"write `{joined}`"
    return Diagnostic(codes.UNEXPECTED_TEXT, "a name has only letters, digits and `_`", Label(span), help=help_text)


def _missing_colon(mistake: Mistake) -> Diagnostic | None:
    if "COLON" not in mistake.accepted or mistake.kind(0) == "EQUAL":
        return None
    if (
        mistake.found is not None
        and mistake.words[0].type == "EVENT"
        and mistake.index == 2
        and mistake.kind(1) != "NAME"
    ):
        return None
    place = Span(mistake.before.span.path, mistake.before.span.end, mistake.before.span.end)
    message = f"`:` is missing after `{_shown(mistake.before)}`"
    fix = Fix("insert `:`", (Edit(place, ":"),))
    return Diagnostic(codes.MISSING_COLON, message, Label(place), help="write `:` before the body", fixes=(fix,))


def _unfinished(mistake: Mistake) -> Diagnostic | None:
    if mistake.found is not None:
        return None
    message = f"{_title(mistake.words)} ends too early: expected {expectation(mistake.accepted)}"
    help_text = FORMS.get(mistake.words[0].type, "finish the condition, or remove the declaration")
    return Diagnostic(codes.UNFINISHED_DECLARATION, message, Label(mistake.before.span), help=help_text)


def _reserved_name(mistake: Mistake) -> Diagnostic | None:
    found = mistake.found
    if found is None or found.type not in RESERVED or "NAME" not in mistake.accepted or mistake.accepts_value:
        return None
    return reserved_name(found)


def reserved_name(word: Word) -> Diagnostic:
    """Returns the report for a reserved word where a name belongs."""
    quoted = f"`{word.text}`"
    return Diagnostic(
        codes.RESERVED_NAME,
        f"{quoted} is a word of the language, not a name",
        Label(word.span),
        help=f"write it in backquotes where it is a name: `` {quoted} ``",
        fixes=(Fix("put it in backquotes", (Edit(word.span, quoted),)),),
    )


def _chained(mistake: Mistake) -> Diagnostic | None:
    found = mistake.found
    if found is None or found.type not in COMPARISONS or not {"AND", "OR"} <= mistake.accepted:
        return None
    if mistake.before.type == "EQUAL" and found.type == "EQUAL":
        return None
    return Diagnostic(
        codes.CHAINED_COMPARISON,
        "a comparison cannot be compared again",
        Label(found.span),
        help="write two comparisons joined by `and`, or `x between a and b`",
    )


def _habit(mistake: Mistake) -> Diagnostic | None:
    habit = find_habit(mistake.words, mistake.index)
    if habit is None:
        return None
    message = f"`{_shortened(habit.shown)}` has no meaning here"
    return Diagnostic(codes.UNEXPECTED_TEXT, message, Label(habit.span), help=habit.help)


def _unexpected(mistake: Mistake) -> Diagnostic:
    found = mistake.found or mistake.before
    message = f"expected {expectation(mistake.accepted)}, found `{_shown(found)}`"
    return Diagnostic(codes.UNEXPECTED_TEXT, message, Label(found.span), help=_advice(mistake, found))


@dataclass(frozen=True, slots=True)
class _Slip:
    """A word that makes no sense where it stands: its kind, the word itself in lower case, and the word before it."""

    mistake: Mistake
    found: Word
    before: Word
    kind: str
    word: str

    def follows(self, *kinds: str) -> bool:
        return self.before.type in kinds

    def may_be(self, kind: str) -> bool:
        """Returns whether such a word would make sense here."""
        return kind in self.mistake.accepted


# what fits, and what to do then
Rows = tuple[tuple[bool, str], ...]


def _advice(mistake: Mistake, found: Word) -> str:
    """Returns what to do, for the slips that people make; the first row that fits speaks."""
    slip = _Slip(mistake, found, mistake.before, found.type, found.text.lower())
    advised = (advice for rows in _SLIPS for fits, advice in rows(slip) if fits)
    return next(advised, f"change `{_shown(found)}`, or remove it")


def _in_comparisons(slip: _Slip) -> Rows:
    switch = SWITCHES.get(slip.word)
    return (
        (slip.kind == "EQUAL" and slip.follows("EQUAL"), "write `=` once to compare"),
        (slip.follows("EQUAL") and slip.may_be("TRUE") and switch is not None, f"write `{switch}`"),
        (slip.kind == "GREATER" and slip.follows("LESS"), "write `!=`"),
        (slip.follows("IS") and slip.kind == "NOT", "write `is present` for the opposite of `is missing`"),
        (slip.follows("NOT") and slip.kind in COMPARISONS, "write `not` before the whole comparison"),
        (slip.kind == "NOT" and slip.may_be("AND"), "write `not` before the whole comparison, or `not in`"),
    )


def _in_values(slip: _Slip) -> Rows:
    before, word = slip.before.text, slip.word
    unit = UNIT_LETTERS.get(word) or UNIT_LETTERS.get(word.removesuffix("s"))
    return (
        (slip.follows("NUMBER") and unit is not None, f"write `{before}{unit}` without a space"),
        (slip.kind == "WITHIN", "write `within next 30d` or `within last 30d`"),
        (slip.follows("IN") and slip.may_be("LPAR"), 'write a list, as in `in ("free", "pro")`'),
        (slip.kind == "NAME" and word in HABITS, HABITS.get(word, "")),
        (
            slip.kind == "NAME" and slip.found.text != word and word.upper() in RESERVED,
            f"write `{word}`, in lower case",
        ),
        (
            slip.kind == "PERSON" and slip.mistake.kind(1) == "DOT",
            "write the field alone: bare names are the person's fields",
        ),
        (
            slip.kind == "AGO" and slip.follows("DURATION"),
            f"compare the age: `> {before}` is earlier than {before} ago, `< {before}` is later",
        ),
    )


def _in_triggers(slip: _Slip) -> Rows:
    named, shown = slip.kind == "NAME", slip.found.text
    return (
        (slip.follows("SEND") and named and slip.may_be("TEMPLATE"), f"write `send template {shown}`"),
        (slip.follows("ON") and named and slip.mistake.kind(1) != "LPAR", f"write `on tagged({shown})`"),
        (slip.follows("ON") and slip.word in {"joined", "entered", "enters"}, "write `tagged`"),
        (slip.follows("ON") and slip.word in {"left", "exited", "leaves"}, "write `untagged`"),
    )


def _in_declarations(slip: _Slip) -> Rows:
    beginning = slip.mistake.words[0].type
    return (
        (slip.may_be("AGO") and not slip.may_be("NAME"), "write `30d..14d ago`"),
        (slip.kind == "NAME" and slip.may_be("WHERE"), "write `where` before a condition on the event"),
        (beginning in FORMS and beginning != "LET", FORMS.get(beginning, "")),
        (slip.may_be("AND") and slip.may_be("OR"), f"join it with `and` or `or`, or remove `{_shown(slip.found)}`"),
    )


_SLIPS: tuple[Callable[[_Slip], Rows], ...] = (_in_comparisons, _in_values, _in_triggers, _in_declarations)


_LOOKS: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    _habit,
    _missing_name,
    _reserved_name,
    _broken_name,
    _missing_colon,
    _unfinished,
    _chained,
)


def unknown_declaration(word: Word) -> Diagnostic:
    """Returns the report for a declaration that begins with no word of the language."""
    near = suggest(word.text, BEGINNINGS)
    help_text = f"write `{near}`" if near else f"begin with one of {', '.join(f'`{b}`' for b in BEGINNINGS)}"
    fixes = (Fix(f"write `{near}`", (Edit(word.span, near),)),) if near else ()
    message = f"no declaration begins with `{_shown(word)}`"
    return Diagnostic(codes.UNKNOWN_DECLARATION, message, Label(word.span), help=help_text, fixes=fixes)


def _title(words: Sequence[Word]) -> str:
    named = len(words) > 1 and words[1].text.isidentifier()
    return f"`{words[0].text} {_shown(words[1])}`" if named else f"this `{words[0].text}`"


def _shown(word: Word) -> str:
    return _shortened(word.text)


def _shortened(text: str) -> str:
    return (text if len(text) <= 30 else f"{text[:29]}…").replace("`", "")
