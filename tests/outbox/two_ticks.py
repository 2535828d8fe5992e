"""One of two processes that tick at once: `python two_ticks.py URL FOLDER NAME` prints whether it won."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rulekit.errors import TickLost
from rulekit.outbox.lifecycle.tick_values import MembershipChange, TickRecord
from rulekit.outbox.store import Store
from rulekit.records import Edge, Tagging

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def first_tick(sequence: int) -> TickRecord:
    return TickRecord(
        sequence=sequence,
        at=START,
        rules_digest="r" * 64,
        new_people=["ann"],
        present=np.ones(1, dtype=np.bool_),
        members={"Inactive": np.ones(1, dtype=np.bool_)},
        changes=(MembershipChange(Tagging("Inactive", "ann", 1, Edge.TAGGED), "joined"),),
    )


def main(url: str, folder: Path, name: str) -> None:
    with Store.open(url, folder) as store:
        sequence = store.ticks.state().sequence
        (folder / name).touch()
        while len(list(folder.glob("ready*"))) < 2:
            time.sleep(0.01)
        try:
            store.ticks.record(first_tick(sequence))
            sys.stdout.write("won")
        except TickLost:
            sys.stdout.write("lost")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
