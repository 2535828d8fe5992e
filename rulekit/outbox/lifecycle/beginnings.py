"""How an email begins: the first lines of the table of transitions, in which it is made."""

from rulekit.outbox.lifecycle.preconditions import NO
from rulekit.outbox.lifecycle.transition import Actor, Place, Transition, Writes
from rulekit.records import State

UNAPPROVED = Place(State.UNAPPROVED)
APPROVED = Place(State.APPROVED)
REASON: Writes = {"reason": lambda row, given: given.reason}
APPROVAL: Writes = {
    "approved_at": lambda row, given: given.now,
    "approved_by": lambda row, given: given.who,
    "not_before": lambda row, given: given.held_until,
}

# by a tick

MAKE = Transition(
    "make", (), UNAPPROVED, (Actor.TICK,), "in the transaction of the membership change; the trigger asks for approval"
)
MAKE_APPROVED = Transition(
    "make approved", (), APPROVED, (Actor.TICK,), "the trigger says `auto=true`; there is no hold", writes=APPROVAL
)
MAKE_FAILED = Transition(
    "make failed", (), Place(State.FAILED), (Actor.TICK,), "no message could be made", writes=REASON
)
MAKE_SUPPRESSED = Transition(
    "make suppressed",
    (),
    Place(State.SUPPRESSED),
    (Actor.TICK,),
    "the address, or the person, is suppressed",
    lambda row, given: row.suppressed,
    REASON,
)

# by an operator, in the place of one that ended

MAKE_AGAIN = Transition(
    "make again",
    (),
    APPROVED,
    (Actor.OPERATOR,),
    "an operator wants a failed email sent again: the same bytes as a copy; not suppressed",
    lambda row, given: row.suppressed == NO,
    APPROVAL,
)

_MENDED = (
    "an operator wants an email made anew that could not be made, or was cancelled before it left, from today's"
    " template and person, who is still in (unless `keep`); not suppressed; the trigger "
)
MAKE_MENDED = Transition(
    "make mended",
    (),
    UNAPPROVED,
    (Actor.OPERATOR,),
    _MENDED + "asks for approval",
    lambda row, given: row.suppressed == NO,
)
MAKE_MENDED_APPROVED = Transition(
    "make mended approved",
    (),
    APPROVED,
    (Actor.OPERATOR,),
    _MENDED + "says `auto=true`; there is a hold",
    lambda row, given: row.suppressed == NO,
    APPROVAL,
)

BEGINNINGS = (
    *(MAKE, MAKE_APPROVED, MAKE_FAILED, MAKE_SUPPRESSED),
    *(MAKE_AGAIN, MAKE_MENDED, MAKE_MENDED_APPROVED),
)
