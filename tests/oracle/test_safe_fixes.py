"""A fix that is called safe changes nothing about who is in a persona or segment, whatever the data."""

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
