"""`kill -9` at every named point of a week, on both stores: nothing is lost, sent twice, or sent early.

The week is played by the command line, over a real mail server whose ledger is the judge. In a run every point is met
once, the first time that the week reaches it or, on PostgreSQL, the last; a long look meets it each time, and a short
one only the points from the data mark to the answer of the mail server.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rulekit.outbox.lifecycle.transitions import TRANSITIONS
from tests.lanes import ON_POSTGRES
from tests.outbox.kills import week
from tests.outbox.kills.mail_server import MailServer, running
from tests.outbox.kills.playing import InPostgres, InTheProject, Place, Play, forker, play_killed, play_whole
from tests.proofs import FIGURES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the commands are forked")

# where a kill leaves it open whether an email arrived
AT_THE_DATA_MARK = frozenset(
    {
        "before `mark data` is noted",
        "after `mark data` is noted",
        "before DATA",
        "amid the message",
        "before the final dot",
        "after the final dot",
        "after the answer to the final dot",
    }
)
# per store; in a run both together make two hundred
LEAST = len(AT_THE_DATA_MARK) if FIGURES.kills == "data mark" else 100
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRES)])
def place(request: pytest.FixtureRequest) -> Place:
    return InTheProject() if request.param == "sqlite" else InPostgres(request.getfixturevalue("postgres"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running(MailServer(week.MONDAY, quarrels_until=week.HOLD_OVER)) as server:
        yield server


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Run]:
    with forker(environment) as run:
        yield run


def targets(points: list[Counter[str]], last: bool) -> list[Target]:
    """Returns where to kill: each point the first or the last time of the week, or each time."""
    each = [(n, name, t) for n, some in enumerate(points) for name, times in some.items() for t in range(1, times + 1)]
    if FIGURES.kills == "each time":
        return each
    once = sorted({name: (n, name, t) for n, name, t in (each if last else reversed(each))}.values())
    return once if FIGURES.kills == "once" else [target for target in once if target[1] in AT_THE_DATA_MARK]


@pytest.mark.proof
def test_killed_anywhere_nothing_is_lost_sent_twice_or_sent_early(
    tmp_path: Path,
    place: Place,
    server: MailServer,
    run: Run,
    broken: Callable[[object], object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = Play(tmp_path / "whole", place, server, run)
    before, points = play_whole(whole, tmp_path / "saved")
    assert whole.judge(broken) == []
    kills = Counter[bool]()
    for number, name, time in targets(points, last=isinstance(place, InPostgres)):
        play = Play(tmp_path / "play", place, server, run)
        kills[play_killed(play, before[number], number, (name, time))] += 1
        assert play.judge(broken) == [], (week.STEPS[number], name, time)
        play.end()
    with capsys.disabled():
        counts = f"{kills[True]} kills at {len(set().union(*points))} points"
        print(f"\n{type(place).__name__}: {counts}: 0 lost, 0 twice, 0 early")  # noqa: T201
    assert kills[True] >= LEAST
    # which email leaves first is chance as well, so a point may not be reached at all
    assert kills[False] <= kills[True] / 20


@pytest.mark.starts_programs
def test_the_week_goes_through_every_transition_but_those_named(
    tmp_path: Path, server: MailServer, run: Run, broken: Callable[[object], object]
) -> None:
    play = Play(tmp_path / "whole", InTheProject(), server, run)
    _, points = play_whole(play, tmp_path / "saved")
    met = {point.split("`")[1] for some in points for point in some if "`" in point}
    assert met == {one.name for one in TRANSITIONS} - set().union(*ELSEWHERE.values())


@pytest.mark.proof
def test_without_the_data_mark_the_judge_finds_what_is_sent_twice(
    tmp_path: Path, server: MailServer, run: Run, broken: Callable[[object], object]
) -> None:
    before, _ = play_whole(Play(tmp_path / "whole", InTheProject(), server, run), tmp_path / "saved")
    play = Play(tmp_path / "play", InTheProject(), server, run, unmarked=True)
    number = next(n for n, step in enumerate(week.STEPS) if step.now == week.TUESDAY)
    assert play_killed(play, before[number], number, ("after the final dot", 1))
    assert any("accepted 2 times" in problem for problem in play.judge(broken))
