"""Lets due emails out: claims one, hands it to the sender, writes down what became of it, and goes on to the next.

No transaction is open while a sender is called. What one email meets never stops another; only a fault of the sender
itself ends the dispatch, and then every email that is left waits for the next one.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import AddressHeader
from email.parser import BytesHeaderParser
from email.policy import SMTP

from rulekit.errors import PluginError, RulekitError, TransitionRefused
from rulekit.outbox.claims import Claim
from rulekit.outbox.states import State
from rulekit.outbox.store import Store
from rulekit.records import Envelope, Later, Outcome, RefusalClass, Refused, Sender, Unknown

NOT_ALLOWED = "not on sender.allow"
NOT_APPROVED = "the stored message is not the one that was made: its digest is another"
NO_SENDER = "the stored message names no sender in `From`"


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """What a dispatch did, counted by email; `paused` says why it ended early, if it did.

    `later` are emails that wait for another attempt, `lost` those that another worker took over meanwhile.
    """

    sent: int = 0
    failed: int = 0
    later: int = 0
    uncertain: int = 0
    suppressed: int = 0
    lost: int = 0
    paused: str | None = None


class _Forbidden(Exception):
    """Raised through the sender at the data mark: the message must not leave."""


@dataclass(slots=True)
class _Mark:
    """The data mark of one claim, as the sender calls it."""

    store: Store
    claim: Claim
    now: Callable[[], datetime]
    is_set: bool = False
    refused: Exception | None = None

    def __call__(self) -> None:
        try:
            reason = self.store.mark_data(self.claim, self.now())
        except Exception as error:
            self.refused = error
            raise
        if reason is not None:
            self.refused = _Forbidden(reason)
            raise self.refused
        self.is_set = True


@dataclass(slots=True)
class _OpenSender:
    """The sender, opened when the first email needs it, and again after it broke."""

    open: Callable[[], Sender]
    sender: Sender | None = None

    def get(self) -> Sender:
        if self.sender is None:
            self.sender = self.open()
        return self.sender

    def close(self) -> None:
        if self.sender is not None:
            # what it could say has been said with the emails; closing cannot change what became of them
            with suppress(Exception):
                self.sender.close()
        self.sender = None


@dataclass(slots=True)
class _Dispatch:
    store: Store
    sender: _OpenSender
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    allowed: Callable[[str], bool]
    paused: str | None = None
    ended: list[State] = field(default_factory=list)
    lost: int = 0

    def handle(self, claim: Claim) -> None:
        """Takes one claimed email as far as it goes."""
        try:
            state = self._handle(claim)
        except TransitionRefused:
            self.lost += 1
        else:
            self.ended.append(state)

    def _handle(self, claim: Claim) -> State:
        if not claim.intact:
            return self._finish(claim, Refused(NOT_APPROVED))
        if not self.allowed(claim.row.recipient):
            self.store.forbid(claim, self.now(), NOT_ALLOWED)
            return State.SUPPRESSED
        sender_address = _sender_address(claim.message)
        if sender_address is None:
            return self._finish(claim, Refused(NO_SENDER))
        mark = _Mark(self.store, claim, self.now)
        outcome = self._send(claim, Envelope(sender_address, claim.row.recipient, claim.row.message_id), mark)
        if outcome is None:
            return State.SUPPRESSED
        if isinstance(outcome, Refused | Later) and outcome.about is RefusalClass.SENDER:
            self.paused = outcome.reason
        return self._finish(claim, outcome)

    def _finish(self, claim: Claim, outcome: Outcome) -> State:
        return self.store.finish(claim, outcome, self.now(), self.jitter())

    def _send(self, claim: Claim, envelope: Envelope, mark: _Mark) -> Outcome | None:
        """Calls the sender; returns None when the data mark forbade the message."""
        sender = self._open(claim)
        if isinstance(sender, Later):
            return sender
        try:
            outcome = sender.send(claim.message, envelope, mark)
        except Exception as error:
            self.sender.close()
            return _after_error(mark, error)
        if mark.refused is None or mark.is_set:
            return outcome
        if isinstance(outcome, Refused | Later):
            return _after_error(mark, mark.refused)
        with suppress(RulekitError):
            self._finish(claim, Unknown(f"sent although forbidden: {mark.refused}"))
        raise PluginError(
            f"the sender went on with email {claim.row.id} after it was told not to ({mark.refused})",
            help="let exceptions of `mark_data` pass through `send`; nothing more is sent with this sender",
        )

    def _open(self, claim: Claim) -> Sender | Later:
        try:
            return self.sender.get()
        except RulekitError as error:
            self._finish(claim, Later(error.message, RefusalClass.SENDER))
            raise
        except Exception as error:
            return Later(f"the sender could not be opened: {_told(error)}", RefusalClass.SENDER)

    def report(self) -> DispatchReport:
        """Returns the counts."""
        count = self.ended.count
        return DispatchReport(
            sent=count(State.SENT),
            failed=count(State.FAILED),
            later=count(State.RETRYING),
            uncertain=count(State.UNCERTAIN),
            suppressed=count(State.SUPPRESSED),
            lost=self.lost,
            paused=self.paused,
        )


def dispatch(
    store: Store,
    open_sender: Callable[[], Sender],
    now: Callable[[], datetime],
    worker: str,
    jitter: Callable[[], float],
    allowed: Callable[[str], bool],
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> DispatchReport:
    """Sends what is due, at most `limit` emails, and reports what became of each.

    Emails of workers that died are taken back first. `jitter` gives numbers from 0 to 1; `allowed` says whether an
    address may be mailed; `progress` hears how many emails are done; `stop` is asked before each, and ends the
    dispatch. The sender is opened when the first email needs it. Raises StoreError when the store fails, and what
    `open_sender` raises on purpose; the email at hand then waits.
    """
    store.reap(now())
    work = _Dispatch(store, _OpenSender(open_sender), now, jitter, allowed)
    done = 0
    try:
        while work.paused is None and not stop() and (limit is None or done < limit):
            claims = store.claim_due(now(), worker, 1)
            if not claims:
                break
            work.handle(claims[0])
            done += 1
            if progress is not None:
                progress(done)
    finally:
        work.sender.close()
    return work.report()


def _after_error(mark: _Mark, error: Exception) -> Outcome | None:
    reason = f"the sender broke: {_told(error)}"
    if mark.is_set:
        return Unknown(reason)
    if isinstance(mark.refused, _Forbidden):
        return None
    if mark.refused is not None:
        raise mark.refused
    return Later(reason)


def _told(error: Exception) -> str:
    return error.message if isinstance(error, RulekitError) else f"{type(error).__name__}: {error}"


def _sender_address(message: bytes) -> str | None:
    header = BytesHeaderParser(policy=SMTP).parsebytes(message)["From"]
    addresses = header.addresses if isinstance(header, AddressHeader) else ()
    return addresses[0].addr_spec or None if addresses else None
