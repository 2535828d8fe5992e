"""Damaged exports and edits of rules mail nobody who would not be mailed otherwise; clean exports are never stopped.

This is the short form of `bench/trust.py`, whose figures are in `docs/explanation/trust.md`.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.proofs import FIGURES, IS_SHORT

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import trust_runs  # noqa: E402 - the path comes first
from trust_damages import DAMAGES, KNOWN  # noqa: E402
from trust_edits import EDITS  # noqa: E402
from trust_histories import STOPPED, generated  # noqa: E402
from trust_runs import Setup  # noqa: E402

# what is not all asks for less, because most of its time goes into the reasons of emails
IS_ALL = FIGURES.damage_every == 1
FEW = ("Inactive", "Paying", "Rich", "Of_Large", "Active", "Last_Dear")
SETUPS = [
    Setup(people, seed=3, clean=6, damaged=1, after=1, personas=() if IS_ALL else FEW)
    for people in FIGURES.damaged_people
]
HISTORIES = generated()[1 :: FIGURES.history_every]


@pytest.mark.proof
@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: f"{setup.people} people")
def test_damage_mails_nobody_who_would_not_be_mailed(
    setup: Setup, record_figures: Callable[[str, Mapping[str, int]], None]
) -> None:
    verdicts = list(trust_runs.damages(setup, DAMAGES[:: FIGURES.damage_every]))
    wrong = [one.line for one in verdicts if not one.is_right and one.what not in KNOWN]
    record_figures("damage", {"damages": len(verdicts), "emails wrong": sum(one.wrong for one in verdicts)})
    assert wrong == []


@pytest.mark.proof
def test_an_edit_mails_nobody() -> None:
    setup = replace(SETUPS[0], clean=1, after=0) if IS_SHORT else replace(SETUPS[0], clean=2, personas=())
    verdicts = list(trust_runs.edits(setup, EDITS[:: len(EDITS) if IS_SHORT else 1]))
    assert [one.line for one in verdicts if not one.is_right] == []


@pytest.mark.proof
def test_the_judge_finds_who_is_mailed_wrongly_without_guards() -> None:
    (damage,) = [one for one in DAMAGES if one.name == "account_id emptied"]
    (verdict,) = trust_runs.damages(replace(SETUPS[0], clean=1, after=0), [damage], accept=True)
    assert verdict.wrong > 0


@pytest.mark.proof
@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_a_clean_history_is_never_stopped(
    history: object, record_figures: Callable[[str, Mapping[str, int]], None]
) -> None:
    replayed = trust_runs.history(history, FIGURES.history_ticks)
    record_figures("clean histories", {"ticks": replayed.ticks, "emails": replayed.emails})
    assert replayed.emails > 0
    assert replayed.is_right or replayed.name in STOPPED, (replayed.line, replayed.told)
