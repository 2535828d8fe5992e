"""A fix that is called safe changes nothing about who is in a persona or segment, whatever the data.

What cannot be read may leave unknown what a fix then decides, as where `a is missing or a is present` goes; never the
other way around.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, note, settings

from rulekit.authoring.checking import Choice, prepare_check
from rulekit.authoring.fixing import fix_project
from tests.oracle import naive, strategies
from tests.oracle.reading import program_from
from tests.oracle.vocabulary import NOWS

pytestmark = pytest.mark.proof
settings.load_profile("oracle")


def fixed(text: str) -> str:
    """Returns rules after `rulekit check --fix`."""
    with TemporaryDirectory() as folder:
        Path(folder, "main.rules").write_text(text, encoding="utf-8", newline="")
        mended = fix_project(Path(folder), prepare_check(Path(folder), NOWS[0], Choice(cached=False)), (), unsafe=False)
    return mended.texts["main.rules"].text if mended.texts else text


@given(strategies.cases())
def test_safe_fixes_change_nobody(case):
    rules, world, now = case
    after = fixed(rules.text)
    event("changed" if after != rules.text else "nothing to fix")
    note(after)
    before, then = program_from(rules.text), program_from(after)
    assert naive.members(then, world, now) == naive.members(before, world, now)
    for name in before.segments:
        assert naive.segment_members(then, world, name, now) == naive.segment_members(before, world, name, now)


@given(strategies.damaged_cases())
def test_safe_fixes_know_as_much(case):
    rules, world, now = case
    after = fixed(rules.text)
    note(after)
    before, then = program_from(rules.text), program_from(after)
    found, expected = (naive.judge_people(program, world, now, "UTC") for program in (then, before))
    for name, answers in expected.items():
        assert {key: found[name][key] for key, answer in answers.items() if answer is not None} == {
            key: answer for key, answer in answers.items() if answer is not None
        }
