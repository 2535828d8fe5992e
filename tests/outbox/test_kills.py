"""`kill -9` at every named point of a week, on both stores: nothing is lost, sent twice, or sent early.

The week is played by the command line, over a real mail server whose ledger is the judge. In a run every point is met
once, the first time that the week reaches it or, on PostgreSQL, the last; a long look meets it each time, and a short
one only the points from the data mark to the answer of the mail server.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rulekit.outbox.lifecycle.transitions import TRANSITIONS
from tests.lanes import ON_POSTGRES
from tests.outbox.conftest import find_broken
from tests.outbox.kills import week
from tests.outbox.kills.mail_server import MailServer, running
from tests.outbox.kills.playing import InPostgres, InTheProject, Place, Play, Saved, forker, play_killed, play_whole
from tests.proofs import FIGURES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the commands are forked")

# where it is decided whether anybody knows that an email has left
AT_THE_DATA_MARK = frozenset(
    {
        "before `mark data` is noted",
        "after `mark data` is noted",
        "amid the message",
        "after the final dot",
    }
)
# per store; in a run both together make two hundred
LEAST = len(AT_THE_DATA_MARK) - 1 if FIGURES.kills == "data mark" else 100
# a step of the week, a point in it, and which time it is reached there
Target = tuple[int, str, int]
Run = Callable[[dict[str, object]], int]

# who makes these happen is not in the week; the state machine and the tests of their rooms do
ELSEWHERE = {
    "what an operator asks for": {"make again", "make mended", "make mended approved", "hurry", "erase"},
    "resolved otherwise": {"resolve as failed", "resend", "confirm as sent", "confirm as failed"},
    "the gates keep it back": {"forbid", "defer", "outlast", "recall", "withhold"},
    "the sender as a whole is down": {"pause"},
    "somebody's address changes": {"readdress", "readdress approved", "readdress failed"},
    "its time ran out with the worker": {"reap as failed"},
}


@dataclass(frozen=True, slots=True)
class Whole:
    """The week as it goes when nothing is killed: how all stands before each step, the points in it, what is wrong."""

    before: list[Saved]
    points: list[Counter[str]]
    wrong: list[str]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRES)])
def place(request: pytest.FixtureRequest) -> Place:
    return InTheProject() if request.param == "sqlite" else InPostgres(request.getfixturevalue("postgres"))


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with running(MailServer(week.MONDAY, quarrels_until=week.HOLD_OVER)) as server:
        yield server


@pytest.fixture(scope="module")
def run(environment: dict[str, str]) -> Iterator[Run]:
    with forker(environment) as run:
        yield run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, place: Place, server: MailServer, run: Run) -> Whole:
    folder = tmp_path_factory.mktemp("kills")
    play = Play(folder / "whole", place, server, run)
    return Whole(*play_whole(play, folder / "saved"), play.judge(find_broken))


def targets(points: list[Counter[str]], last: bool) -> list[Target]:
    """Returns where to kill: each point the first or the last time of the week, or each time."""
    each = [(n, name, t) for n, some in enumerate(points) for name, times in some.items() for t in range(1, times + 1)]
    if FIGURES.kills == "each time":
        return each
    once = sorted({name: (n, name, t) for n, name, t in (each if last else reversed(each))}.values())
    return once if FIGURES.kills == "once" else [target for target in once if target[1] in AT_THE_DATA_MARK]


@pytest.mark.proof
def test_killed_anywhere_nothing_is_lost_sent_twice_or_sent_early(
    tmp_path: Path, place: Place, server: MailServer, run: Run, whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    assert whole.wrong == []
    kills = Counter[bool]()
    for number, name, time in targets(whole.points, last=isinstance(place, InPostgres)):
        play = Play(tmp_path / "play", place, server, run)
        kills[play_killed(play, whole.before[number], number, (name, time))] += 1
        assert play.judge(find_broken) == [], (week.STEPS[number], name, time)
        play.end()
    with capsys.disabled():
        counts = f"{kills[True]} kills at {len(set().union(*whole.points))} points"
        print(f"\n{type(place).__name__}: {counts}: 0 lost, 0 twice, 0 early")  # noqa: T201
    assert kills[True] >= LEAST
    # which email leaves first is chance as well, so a point may not be reached at all
    assert kills[False] <= max(1, kills[True] / 20)


@pytest.mark.starts_programs
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_the_week_goes_through_every_transition_but_those_named(whole: Whole) -> None:
    met = {point.split("`")[1] for some in whole.points for point in some if "`" in point}
    assert met == {one.name for one in TRANSITIONS} - set().union(*ELSEWHERE.values())


@pytest.mark.proof
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_without_the_data_mark_the_judge_finds_what_is_sent_twice(
    tmp_path: Path, place: Place, server: MailServer, run: Run, whole: Whole
) -> None:
    play = Play(tmp_path / "play", place, server, run, unmarked=True)
    number = next(n for n, step in enumerate(week.STEPS) if step.now == week.TUESDAY)
    assert play_killed(play, whole.before[number], number, ("after the final dot", 1))
    assert any("accepted 2 times" in problem for problem in play.judge(find_broken))
