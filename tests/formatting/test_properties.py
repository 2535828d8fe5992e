"""Whatever the program and whatever its layout: the formatted one says the same, with every comment, and stays so."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from rulekit.diagnostics.source import SourceText
from rulekit.language.formatting import format_source
from rulekit.language.formatting.meaning import same_meaning
from rulekit.language.formatting.printer import WIDTH
from rulekit.language.parsing.parser import parse
from rulekit.language.parsing.words import read_words
from tests.formatting.mangling import PARSER, mangle
from tests.formatting.programs import make_program
from tests.oracle.strategies import SEEDS
from tests.proofs import FIGURES, IS_LONG

PROFILE = settings(
    max_examples=FIGURES.examples,
    derandomize=not IS_LONG,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def formatted(text: str) -> str:
    answer = format_source(SourceText("a.rules", text))
    assert isinstance(answer, str), [report.message for report in answer]
    return answer


def comments(text: str) -> list[str]:
    return [comment.text.rstrip() for comment in read_words(SourceText("", text), PARSER, []).comments]


@pytest.mark.proof
@PROFILE
@given(SEEDS)
def test_white_space_says_nothing(random: Random) -> None:
    """All layouts of a program without comments have one, but for the blank lines that the author chose."""
    text = make_program(random)
    once = without_blank_lines(formatted(text))
    assert without_blank_lines(formatted(mangle(text, random, comments=0))) == once


@pytest.mark.proof
@PROFILE
@given(SEEDS)
def test_meaning_and_comments_stay(random: Random) -> None:
    text = mangle(make_program(random), random, random.choice([0.02, 0.1, 0.5]))
    once = formatted(text)
    assert comments(once) == comments(text)
    before, after = (parse(SourceText("a.rules", each))[0] for each in (text, once))
    assert same_meaning(before, after)


@pytest.mark.proof
@PROFILE
@given(SEEDS)
def test_a_second_time_changes_nothing(random: Random) -> None:
    once = formatted(mangle(make_program(random), random, random.choice([0.0, 0.02, 0.1, 0.5])))
    assert formatted(once) == once


@pytest.mark.proof
@PROFILE
@given(SEEDS)
def test_every_line_is_neat(random: Random) -> None:
    text = formatted(mangle(make_program(random), random, 0.05))
    assert text == "" or text.endswith("\n")
    assert "\n\n\n" not in text
    assert text.strip("\n") == text[:-1]
    assert "\r" not in text
    for line in text.splitlines():
        code = line.split("#")[0].split('"')[0]
        assert "\t" not in code
        assert line == line.rstrip()


def without_blank_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line)


@pytest.mark.parametrize("random", [Random(seed) for seed in range(5)])
def test_lines_are_no_longer_than_they_must_be(random: Random) -> None:
    """What can be broken is: no line that is too long has a place in it where a condition could end."""
    for line in formatted(make_program(random)).splitlines():
        assert len(line) <= WIDTH or " and " not in line.split('"')[0], line
