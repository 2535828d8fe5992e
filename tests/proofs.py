"""How far the proofs look: `RULEKIT_PROOFS` is `short`, `run` or `long`, and here are the figures of each.

`short`, which is what nobody need say, is how `make test` looks at every proof; `run` is what `make proofs` and so each
run of CI shows; `long` is for somebody who has hours.
"""

import os
from dataclasses import dataclass

import pytest

SWITCH = "RULEKIT_PROOFS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much of each kind the proofs try."""

    # made-up programs, data and questions; those of a long look are new each time
    examples: int
    # made-up edits of rules between two ticks
    edits: int
    # made-up texts and changes of them, for the parser
    texts: int
    # histories of 50 steps, for each kind of store
    histories: dict[str, int]
    # steps of five minutes in which the workers of the model may begin something
    model_steps: int
    # where the week is killed: at the data mark alone, at each point once, or each time that a point is reached
    kills: str
    # how many ways of losing what was not synced are tried at each moment, and every how manieth moment is
    power_losses: int
    power_loss_every: int
    # every how manieth of all errors at all writes is met; a quarter of it counts too (`test_disk_errors.py`)
    disk_error_every: int
    # every how manieth hostile text and address is mailed
    hostile_every: int
    # requests that nobody's program would make, to the page to unsubscribe
    requests: int
    # emails that are exported, and that eight workers share
    exported: int
    shared: int
    # every how manieth damage is done to an export, and edit to rules, and how many people there are
    damage_every: int
    damaged_people: tuple[int, ...]
    # every how manieth clean history is replayed, for how many ticks
    history_every: int
    history_ticks: int


ALL = {
    "short": Figures(
        examples=15,
        edits=6,
        texts=15,
        histories={"sqlite": 50, "postgresql": 50},
        model_steps=3,
        kills="data mark",
        power_losses=1,
        power_loss_every=61,
        disk_error_every=205,
        hostile_every=3,
        requests=60,
        exported=4_000,
        shared=2_000,
        damage_every=35,
        damaged_people=(20,),
        history_every=16,
        history_ticks=3,
    ),
    "run": Figures(
        examples=60,
        edits=60,
        texts=100,
        histories={"sqlite": 2_000, "postgresql": 1_000},
        model_steps=5,
        kills="once",
        power_losses=2,
        power_loss_every=1,
        disk_error_every=21,
        hostile_every=1,
        requests=300,
        exported=40_000,
        shared=20_000,
        damage_every=5,
        damaged_people=(20,),
        history_every=5,
        history_ticks=20,
    ),
    "long": Figures(
        examples=20_000,
        edits=20_000,
        texts=20_000,
        histories={"sqlite": 20_000, "postgresql": 20_000},
        model_steps=8,
        kills="each time",
        power_losses=40,
        power_loss_every=1,
        disk_error_every=1,
        hostile_every=1,
        requests=20_000,
        exported=1_000_000,
        shared=20_000,
        damage_every=1,
        damaged_people=(3, 20, 400),
        history_every=1,
        history_ticks=80,
    ),
}
CHOSEN = os.environ.get(SWITCH, "short")
FIGURES = ALL.get(CHOSEN, ALL["short"])
IS_SHORT, IS_LONG = CHOSEN == "short", CHOSEN == "long"


def check_choice(choice: str) -> None:
    """Ends pytest where the switch says something else than how far to look."""
    if choice not in ALL:
        raise pytest.UsageError(f"{SWITCH} is `{choice}`, which is no look at the proofs; set it to {', '.join(ALL)}")
