"""The states of an email in the outbox, and who brings a row there and takes it out.

The transitions between them are one table in `rulekit.outbox.lifecycle.transitions`. A row in an end state never leaves it.

`UNAPPROVED`: a tick made the email; it waits for a person. Approving takes it out, or its person leaving the
persona, or time (`expires`).

`APPROVED`: a person approved it, or its trigger says `auto=true`. Until the hold is over it may be unapproved;
then a worker claims it.

`SENDING`: a worker has claimed it under a lease and speaks to the sender. Only that worker, or the reaper after
the lease, takes it out. Its phase says whether the message may be on its way.

`RETRYING`: the receiving side said "later" before taking the message; a worker claims it again when its next
attempt is due.

`UNCERTAIN`: the message left and no answer came, so nobody knows. Evidence or an operator's word takes it out,
never a timer.

`SENT`: the receiving side took it; the stored reply says so. End.

`FAILED`: it was refused for good, could not be made, or used up its attempts. End.

`CANCELLED`: a person stopped it. End.

`WITHDRAWN`: its person left the persona, its trigger left the rules, or mails its new address already. End.

`SUPPRESSED`: its address, or its person, may not be mailed. End.

`EXPIRED`: nobody approved it in time. End.

`ERASED`: its person asked to be forgotten. End.
"""

from enum import Enum

from rulekit.records import State

END_STATES = frozenset(
    {
        State.SENT,
        State.FAILED,
        State.CANCELLED,
        State.WITHDRAWN,
        State.SUPPRESSED,
        State.EXPIRED,
        State.ERASED,
    }
)


class Phase(Enum):
    """How far a `SENDING` row is: `CLAIMED`, nothing given away yet; `DATA`, the message may be on its way."""

    CLAIMED = "claimed"
    DATA = "data"
