"""The model of a store that `test_machine.py` holds it against, and what must be true whatever the model says."""

from datetime import timedelta
from types import SimpleNamespace

from rulekit.outbox.database.tables import audit
from rulekit.outbox.lifecycle import transitions as table
from rulekit.outbox.lifecycle.states import END_STATES, Phase
from rulekit.outbox.rows.suppressions import normalise
from rulekit.records import Later, RefusalClass, Refused, Sent, State, Unknown

HOLD = timedelta(minutes=10)
OUTCOMES = (
    *[Sent("250")] * 3,
    Refused("550 no"),
    Refused("550 5.1.1 nobody", RefusalClass.ADDRESS),
    Refused("535 login", RefusalClass.SENDER),
    *[Later("450 busy")] * 2,
    Later("421 closing", RefusalClass.SENDER),
    *[Unknown("silence")] * 2,
)
COMPARED = (
    "attempts",
    "token",
    "not_before",
    "expires_at",
    "lease_until",
    "approved_at",
    "finished_at",
    "left_at",
    "doubted_at",
    "dated_at",
)
# what these histories have not, or not in each five hundred, and where it is tried
ELSEWHERE = {
    "erase": "test_erasing.py",
    "defer": "test_gates.py",
    "outlast": "test_gates.py",
    "recall": "test_gates.py",
    "reap as failed": "test_claims.py",
    "withhold": "test_uncertainty.py",
    "confirm as sent": "test_recorded_notices.py",
    "confirm as failed": "test_recorded_notices.py",
    "make mended": "test_resending.py",
    "make mended approved": "test_resending.py",
}
KINDS = {entry.name for entry in table.TRANSITIONS} - ELSEWHERE.keys()


def made(row_id, new, now):
    values = dict.fromkeys(COMPARED) | {"attempts": 0, "token": 0, "expires_at": new.expires_at, "phase": None}
    return SimpleNamespace(
        id=row_id,
        person=new.tagging.person,
        address=normalise(new.recipient),
        auto=new.auto,
        keep=new.keep,
        digest=new.digest,
        uncertain=new.uncertain,
        state=None,
        made_at=now,
        again=None,
        halted=False,
        absent=False,
        **values,
    )


def standing(row, prefix=""):
    """Where an email stands: by the model, as the store reads it, or beside a line of its history (`now_…`)."""
    values = [getattr(row, prefix + name) for name in ("state", "phase", *COMPARED)]
    return [value.value if isinstance(value, State | Phase) else value for value in values]


def told(line):
    return [getattr(line, column.name) for column in audit.c]


def by_row(moves):
    return sorted(moves, key=lambda move: move[0])


class Kept:
    """What must be true of the history of one email, whatever the table says, told line by line."""

    def __init__(self, doubt):
        self.doubt = doubt
        self.ended = False
        self.may_leave_at = None
        # since when a copy may have arrived that nobody has looked into, and when the last attempt began
        self.doubted_at = self.begun_at = None

    def hear(self, line):
        assert not self.ended
        self.ended = State(line.target) in END_STATES
        if line.target == State.UNAPPROVED.value:
            self.may_leave_at = None
        if line.target == State.APPROVED.value:
            self.may_leave_at = line.at + (timedelta(0) if line.now_auto else HOLD)
        if line.actor == "reaper" and line.target == State.RETRYING.value:
            assert line.source_phase == Phase.CLAIMED.value
        if line.transition == "mark data":
            assert self.may_leave_at is not None
            assert line.at >= self.may_leave_at
            assert self.doubted_at is None or self.may_go_again(line)
        self.hear_of_doubt(line)

    def hear_of_doubt(self, line):
        if line.target == State.SENDING.value:
            self.begun_at = line.at
        elif line.transition == "resend":
            self.doubted_at = self.doubted_at or self.begun_at
        elif line.transition == "resolve to retry":
            self.doubted_at = None

    def may_go_again(self, line):
        policy = line.now_uncertain or self.doubt.policy
        return policy == "resend" or (policy == "idempotent" and line.at < self.doubted_at + self.doubt.window)
