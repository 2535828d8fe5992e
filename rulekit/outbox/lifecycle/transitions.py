"""Every change that an email in the outbox may go through: one table, `TRANSITIONS`.

The store changes the state of a row only through an entry of this table, and the documentation's diagram is made from
it.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement

from rulekit.outbox.lifecycle.beginnings import APPROVAL, APPROVED, BEGINNINGS, REASON, UNAPPROVED
from rulekit.outbox.lifecycle.preconditions import NO, cannot_have_arrived, is_in_question, lease_over, may_go_again
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.transition import (
    Actor,
    EmailRow,
    Given,
    Place,
    Transition,
    Writes,
    choose,
    either,
    is_empty,
)
from rulekit.records import State

RETRY_AFTER = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)),
    *(timedelta(hours=hours) for hours in (3, 6, 12, 24)),
)
CLAIMED = Place(State.SENDING, Phase.CLAIMED)
DATA = Place(State.SENDING, Phase.DATA)
RETRYING = Place(State.RETRYING)
UNCERTAIN = Place(State.UNCERTAIN)
PENDING = (UNAPPROVED, APPROVED, RETRYING)


def _same_token(row: EmailRow, given: Given) -> ColumnElement[bool]:
    return row.token == given.token


_NEXT_TIME: Writes = {**REASON, "not_before": lambda row, given: given.not_before}
_ONE_MORE: Writes = {**_NEXT_TIME, "attempts": lambda row, given: row.attempts + 1}
_NOT_TAKEN: Writes = {"left_at": lambda row, given: None, "doubted_at": lambda row, given: None}
# what is known of this attempt says nothing about an earlier one
_NOT_THIS_TIME: Writes = {"left_at": lambda row, given: row.doubted_at}
# what was tried was another message, to another address
_AS_MADE: Writes = {**_NOT_TAKEN, "attempts": lambda row, given: 0, "reason": lambda row, given: None}
_LEASE: Writes = {"lease_until": lambda row, given: given.lease_until}

# by people

APPROVE = Transition(
    "approve",
    (UNAPPROVED,),
    APPROVED,
    (Actor.APPROVER,),
    "quotes the digest of the message; not suppressed; not past `expires`",
    lambda row, given: (row.digest == given.digest) & (row.suppressed == NO) & (row.expires_at > given.now),
    APPROVAL,
)
UNAPPROVE = Transition(
    "unapprove",
    (APPROVED,),
    UNAPPROVED,
    (Actor.APPROVER,),
    "the hold is not over; no attempt was made",
    lambda row, given: (row.not_before > given.now) & (row.attempts == 0),
    dict.fromkeys(("approved_at", "approved_by", "not_before"), lambda row, given: None),
)
CANCEL = Transition("cancel", PENDING, Place(State.CANCELLED), (Actor.APPROVER,), "not yet being sent", writes=REASON)
RESOLVE_SENT = Transition(
    "resolve as sent",
    (UNCERTAIN,),
    Place(State.SENT),
    (Actor.OPERATOR,),
    "an operator's word, with a reason",
    writes={**REASON, "reply": lambda row, given: given.reply},
)
RESOLVE_FAILED = Transition(
    "resolve as failed",
    (UNCERTAIN,),
    Place(State.FAILED),
    (Actor.OPERATOR,),
    "an operator's word, with a reason",
    writes={**REASON, **_NOT_TAKEN},
)
RESOLVE_RETRYING = Transition(
    "resolve to retry",
    (UNCERTAIN,),
    RETRYING,
    (Actor.OPERATOR,),
    "an operator's word, with a reason; not past `expires`",
    lambda row, given: row.expires_at > given.now,
    {**_NEXT_TIME, "doubted_at": lambda row, given: None},
)
HURRY = Transition(
    "hurry",
    (RETRYING,),
    RETRYING,
    (Actor.OPERATOR,),
    "an operator wants the next attempt now; not past `expires`",
    lambda row, given: row.expires_at > given.now,
    _NEXT_TIME,
)
RESEND = Transition(
    "resend",
    (UNCERTAIN,),
    RETRYING,
    (Actor.SWEEP,),
    "its trigger, or else the settings, say that the same bytes are to be sent again: `resend`, or `idempotent` and the"
    " provider's window is open, from the first moment at which the server may have taken it; attempts are left; not"
    " past `expires`",
    lambda row, given: (
        (row.attempts < len(RETRY_AFTER)) & (row.expires_at > given.not_before) & may_go_again(row, given)
    ),
    {**_ONE_MORE, "doubted_at": lambda row, given: either(row.doubted_at, row.left_at)},
)
CONFIRM_SENT = Transition(
    "confirm as sent",
    (RETRYING, UNCERTAIN),
    Place(State.SENT),
    (Actor.EVIDENCE,),
    "a notice about our message to that address says that it arrived; nobody knew (it may wait to be sent again)",
    is_in_question,
    {**REASON, "reply": lambda row, given: given.reply},
)
CONFIRM_FAILED = Transition(
    "confirm as failed",
    (RETRYING, UNCERTAIN),
    Place(State.FAILED),
    (Actor.EVIDENCE,),
    "a notice about our message to that address says that it was not delivered; nobody knew",
    is_in_question,
    {**REASON, **_NOT_TAKEN},
)
ERASE = Transition(
    "erase",
    (*PENDING, UNCERTAIN),
    Place(State.ERASED),
    (Actor.OPERATOR,),
    "its person asked to be forgotten; not being sent",
    writes=REASON,
)

# by time and by circumstances

WITHDRAW = Transition(
    "withdraw",
    PENDING,
    Place(State.WITHDRAWN),
    (Actor.TICK,),
    "its person left the persona and `keep` is false, or the trigger left the rules, or mails its person's new address"
    " already",
    lambda row, given: (row.keep == NO) | given.even_kept,
    REASON,
)
READDRESS = Transition(
    "readdress",
    PENDING,
    UNAPPROVED,
    (Actor.TICK,),
    "its person has another address, and it cannot have arrived before: made again, so it asks for approval again",
    cannot_have_arrived,
    {**_AS_MADE, **dict.fromkeys(("approved_at", "approved_by", "not_before"), lambda row, given: None)},
)
READDRESS_APPROVED = Transition(
    "readdress approved",
    (APPROVED, RETRYING),
    APPROVED,
    (Actor.TICK,),
    "the same, where the trigger says `auto=true`",
    lambda row, given: (row.auto != NO) & cannot_have_arrived(row, given),
    {**_AS_MADE, **APPROVAL},
)
READDRESS_FAILED = Transition(
    "readdress failed",
    PENDING,
    Place(State.FAILED),
    (Actor.TICK,),
    "its person has no address any more, or one for which no message could be made; it cannot have arrived before",
    cannot_have_arrived,
    {**_AS_MADE, **REASON},
)
EXPIRE = Transition(
    "expire",
    PENDING,
    Place(State.EXPIRED),
    (Actor.TICK,),
    "past `expires`; of an approved email, while its person is absent",
    lambda row, given: (row.expires_at <= given.now) & ((row.state != State.APPROVED.value) | row.absent),
    REASON,
)
SUPPRESS = Transition(
    "suppress",
    PENDING,
    Place(State.SUPPRESSED),
    (Actor.SWEEP,),
    "the address, or the person, is suppressed",
    lambda row, given: row.suppressed,
    REASON,
)

# by the worker that sends

CLAIM = Transition(
    "claim",
    (APPROVED, RETRYING),
    CLAIMED,
    (Actor.WORKER,),
    "its time (`not_before`) has come; its person is not absent; a retry is not past `expires`",
    lambda row, given: (
        (row.not_before <= given.now)
        & (row.absent == NO)
        & ((row.state == State.APPROVED.value) | (row.expires_at > given.now))
    ),
    {
        **_LEASE,
        "token": lambda row, given: given.token,
        "worker": lambda row, given: given.who,
        # what may have arrived goes again as the very same bytes
        "dated_at": lambda row, given: choose(is_empty(row.doubted_at), given.now, row.dated_at),
    },
)
MARK_DATA = Transition(
    "mark data",
    (CLAIMED,),
    DATA,
    (Actor.WORKER,),
    "same token; asked again, it is not suppressed, the approval's hold is over, sending is not halted, the"
    " person is not absent and still in (unless `keep`), no cap and no quiet hours forbid it, and what may have been"
    " taken before may go again as for `resend`; the server is ready and no byte has left",
    lambda row, given: (
        _same_token(row, given)
        & (row.suppressed == NO)
        & (row.halted == NO)
        & (row.absent == NO)
        & (row.not_before <= given.now)
        & given.allowed
        & (is_empty(row.doubted_at) | may_go_again(row, given))
    ),
    {**_LEASE, "left_at": lambda row, given: given.now},
)
FORBID = Transition(
    "forbid",
    (CLAIMED,),
    Place(State.SUPPRESSED),
    (Actor.WORKER,),
    "same token; it is suppressed, or its address not one that the settings allow",
    _same_token,
    REASON,
)
DEFER = Transition(
    "defer",
    (CLAIMED,),
    RETRYING,
    (Actor.WORKER,),
    "same token; not now: a cap, quiet hours, a halt, its person is absent, or the worker stops; it costs no attempt;"
    " not past `expires`",
    lambda row, given: _same_token(row, given) & (row.expires_at > given.not_before),
    _NEXT_TIME,
)
OUTLAST = Transition(
    "outlast",
    (CLAIMED,),
    Place(State.EXPIRED),
    (Actor.WORKER,),
    "same token; it may not leave before `expires`",
    lambda row, given: _same_token(row, given) & (row.expires_at <= given.not_before),
    REASON,
)
RECALL = Transition(
    "recall",
    (CLAIMED,),
    Place(State.WITHDRAWN),
    (Actor.WORKER,),
    "same token; its person left the persona after the claim, and `keep` is false",
    lambda row, given: _same_token(row, given) & (row.keep == NO),
    REASON,
)
WITHHOLD = Transition(
    "withhold",
    (CLAIMED,),
    UNCERTAIN,
    (Actor.WORKER,),
    "same token; the server may have taken it before, and it may not go again any more: the provider's window is over,"
    " or the settings are others",
    lambda row, given: _same_token(row, given) & (is_empty(row.doubted_at) == NO) & (may_go_again(row, given) == NO),
    REASON,
)
SEND = Transition(
    "send",
    (DATA, RETRYING, UNCERTAIN),
    Place(State.SENT),
    (Actor.WORKER,),
    "same token; the server took the message (after the lease: its answer came late, maybe when the email already waits"
    " to be sent again)",
    lambda row, given: _same_token(row, given) & ((row.state == State.SENDING.value) | is_in_question(row, given)),
    {"reply": lambda row, given: given.reply},
)
RETRY = Transition(
    "retry",
    (CLAIMED, DATA, UNCERTAIN),
    RETRYING,
    (Actor.WORKER,),
    "same token; the server said “later”, or the sender broke before the data mark; attempts are left before `expires`",
    _same_token,
    {**_ONE_MORE, **_NOT_THIS_TIME},
)
PAUSE = Transition(
    "pause",
    (CLAIMED, DATA, UNCERTAIN),
    RETRYING,
    (Actor.WORKER,),
    "same token; the fault is the sender's, so it costs no attempt",
    _same_token,
    {**_NEXT_TIME, **_NOT_THIS_TIME},
)
FAIL = Transition(
    "fail",
    (CLAIMED, DATA, UNCERTAIN),
    Place(State.FAILED),
    (Actor.WORKER,),
    "same token; refused for good, not the approved bytes, or attempts used up",
    _same_token,
    {**REASON, **_NOT_THIS_TIME},
)
LEAVE_UNCERTAIN = Transition(
    # as the histories of stores have it
    "doubt",
    (CLAIMED, DATA),
    UNCERTAIN,
    (Actor.WORKER,),
    "same token; no answer to the message came, or the sender gave it away without the data mark",
    _same_token,
    # the server may have taken it since it is in this phase, and not only since nobody answers
    {**REASON, "left_at": lambda row, given: row.changed_at},
)

# by the reaper, when a worker died

REAP = Transition(
    "reap",
    (CLAIMED,),
    RETRYING,
    (Actor.REAPER,),
    "the lease is over; nothing had been given away; attempts are left",
    lambda row, given: lease_over(row, given) & (row.attempts < len(RETRY_AFTER)),
    _ONE_MORE,
)
REAP_FAILED = Transition(
    "reap as failed",
    (CLAIMED,),
    Place(State.FAILED),
    (Actor.REAPER,),
    "the lease is over; nothing had been given away; attempts are used up",
    lambda row, given: lease_over(row, given) & (row.attempts >= len(RETRY_AFTER)),
    REASON,
)
REAP_UNCERTAIN = Transition(
    "reap as uncertain",
    (DATA,),
    UNCERTAIN,
    (Actor.REAPER,),
    "the lease is over; the message may be on its way",
    lease_over,
    REASON,
)

TRANSITIONS = (
    *BEGINNINGS,
    *(APPROVE, UNAPPROVE, CANCEL, HURRY, ERASE),
    *(WITHDRAW, READDRESS, READDRESS_APPROVED, READDRESS_FAILED, EXPIRE, SUPPRESS),
    *(CLAIM, MARK_DATA, FORBID, DEFER, OUTLAST, RECALL, WITHHOLD),
    *(SEND, RETRY, PAUSE, FAIL, LEAVE_UNCERTAIN),
    *(REAP, REAP_FAILED, REAP_UNCERTAIN),
    *(RESOLVE_SENT, RESOLVE_FAILED, RESOLVE_RETRYING, RESEND, CONFIRM_SENT, CONFIRM_FAILED),
)
