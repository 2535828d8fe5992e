"""Takes a program's layout apart: other white space, other line ends, and comments between its words.

What white space there is between two words says nothing, so the mangled program says what the program said.
"""

from random import Random

from rulekit.diagnostics.source import SourceText
from rulekit.language.parsing.grammar import build_parser, grammar_text
from rulekit.language.parsing.words import read_words

COMMENTS = [
    "# a",
    "#",
    "#b",
    '# rulekit: ignore[unused-let] until 2027-01-31 because "x"',
    "# ü, (: `",
    "#\t tab",
    "# end  \t",
]
SPACES = [" ", " ", " ", "  ", "\t", "\n", "\n", "\r\n", "\n\n", "\r\n\r\n\r\n", " \n\t\n   ", "\n        "]
PARSER = build_parser(grammar_text())


def mangle(text: str, random: Random, comments: float = 0.1) -> str:
    """Returns the program with its white space changed; `comments` is how often one stands between two words."""
    words = read_words(SourceText("", text), PARSER, []).words
    parts = [random.choice(["", "\n\n", " "])]
    for word, following in zip(words, [*words[1:], None], strict=True):
        inner = "within \n\t" if random.random() < 0.5 else "within "
        parts.append(word.text.replace("within ", inner) if word.type.startswith("WITHIN_") else word.text)
        touching = following is not None and following.span.start == word.span.end
        parts.append("" if touching and random.random() < 0.7 else gap(random, comments))
    return "".join(parts) + random.choice(["", "\n", "  \r\n\n"])


def gap(random: Random, comments: float) -> str:
    """Returns white space, with a comment or more in it."""
    space = random.choice(SPACES)
    while random.random() < comments:
        space += random.choice(COMMENTS) + random.choice(["\n", "\r\n", "\n\n"]) + random.choice(["", "  ", *SPACES])
    return space
