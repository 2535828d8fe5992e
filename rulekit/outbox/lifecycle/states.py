"""The states of an email in the outbox, and who brings a row there and takes it out.

The transitions between them are one table in `rulekit.outbox.lifecycle.transitions`. Each paragraph closes with the
actors of that table who may bring a row into the state from another one, or make it there, and who may take it out of
it. A row in an end state never leaves it.

`UNAPPROVED`: the email was made, or made again for its person's new address, or its approval was taken back; it waits
for a person. They approve or cancel it; else it ends with its reason (`keep`), its time (`expires`) or its address.
In: tick, approver, operator. Out: approver, operator, tick, sweep.

`APPROVED`: a person approved it, or its trigger says `auto=true`. Until the hold is over it may be unapproved; then a
worker claims it. Until it is claimed it may be cancelled, and ends with its reason or its address, but not by time.
In: tick, approver, operator. Out: approver, operator, tick, sweep, worker.

`SENDING`: a worker has claimed it under a lease and speaks to the sender. Only that worker, or the reaper after the
lease, takes it out. Its phase says whether the message may be on its way.
In: worker. Out: worker, reaper.

`RETRYING`: another attempt is to come, because the receiving side said "later", the sender broke or may not be used now
(a cap, a night, a halt), the worker stopped or died before the data mark, or what may have arrived is to go again. A
worker claims it when the next attempt is due; until then it ends like an approved one, by time (`expires`) too, and by
the late answer to an earlier attempt or a notice about it.
In: worker, reaper, sweep, operator. Out: worker, approver, operator, tick, sweep, evidence.

`UNCERTAIN`: the message left and no answer came, so nobody knows. An operator's word, a notice or the worker's late
answer takes it out; a sweep does so for another attempt, where the trigger or the settings say that it may go again.
In: worker, reaper. Out: operator, evidence, worker, sweep.

`SENT`: the receiving side took it: its reply says so, or a notice, or an operator.
In: worker, operator, evidence. End.

`FAILED`: it was refused for good or bounced, could not be made, used up its attempts, or an operator says so.
In: tick, worker, reaper, operator, evidence. End.

`CANCELLED`: a person stopped it.
In: approver. End.

`WITHDRAWN`: its person left the persona (a worker sees that after the claim), its trigger left the rules, or mails its
person's new address already.
In: tick, worker. End.

`SUPPRESSED`: its address, or its person, may not be mailed: so when it was made, while it waited, or after the claim.
In: tick, sweep, worker. End.

`EXPIRED`: nobody approved it in time, its person was not back in time, or its next attempt would have come too late.
In: tick, worker. End.

`ERASED`: its person asked to be forgotten.
In: operator. End.
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
