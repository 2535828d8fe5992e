"""The connections of a worker: each sends one email after another, in a thread of its own with a sender of its own.

None touches the store. A connection says what it is about to do and what became of it, and waits at the data mark for
the answer, so that no byte of a message leaves before its data mark is committed.
"""

import re
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import AddressHeader
from email.parser import BytesHeaderParser
from email.policy import SMTP
from functools import lru_cache
from queue import SimpleQueue
from threading import Event

from rulekit.errors import PluginError, RulekitError, TransitionRefused
from rulekit.outbox.sending.claims import Claim, Final
from rulekit.outbox.sending.gates import Held
from rulekit.records import Envelope, Later, Outcome, Reason, RefusalClass, Refused, Sender, Unknown

NOT_APPROVED = "the stored message is not the one that was made: its digest is another"
NO_SENDER = "the stored message names no sender in `From`"


# a header field with its folded lines (RFC 5322, section 2.2.3)
_FROM = re.compile(rb"^from:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)


class _Forbidden(Exception):
    """Raised through the sender at the data mark: the message must not leave."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A connection asks whether the message of a claim may leave, and waits for the answer."""

    claim: Claim
    answer: "Future[Final]"


@dataclass(frozen=True, slots=True)
class Done:
    """A connection is through with a claim.

    Without an outcome the data mark was refused, and what it said stands in the store; or it was not even `begun`,
    because the sender had just failed, or it was `lost` to another worker. `fatal` ends the dispatch.
    """

    claim: Claim
    outcome: Outcome | None = None
    fatal: Exception | None = None
    begun: bool = True
    lost: bool = False

    @property
    def stops(self) -> bool:
        """Says whether nothing more is to be begun: the sender itself is at fault."""
        about = self.outcome.about if isinstance(self.outcome, Refused | Later) else None
        return self.fatal is not None or about is RefusalClass.SENDER


Said = SimpleQueue[Asked | Done]


@dataclass(slots=True)
class _Mark:
    """The data mark of one claim, as the sender calls it."""

    claim: Claim
    said: Said
    is_set: bool = False
    refused: Exception | None = None

    def __call__(self) -> None:
        answer: Future[Final] = Future()
        self.said.put(Asked(self.claim, answer))
        try:
            held = answer.result()
        except Exception as error:
            self.refused = error
            raise
        if held is not None:
            self.refused = _Forbidden(held.reason) if isinstance(held, Held) else held
            raise self.refused
        self.is_set = True


@dataclass(slots=True)
class Connection:
    """One way out, in a thread of its own; its sender is opened by its first email, and again after it broke."""

    open: Callable[[], Sender]
    todo: "SimpleQueue[Claim | None]"
    said: Said
    stopped: Event
    sender: Sender | None = None

    def work(self) -> None:
        """Sends one email after another until it is to stop."""
        try:
            while (claim := self.todo.get()) is not None:
                done = Done(claim, begun=False) if self.stopped.is_set() else self._handle(claim)
                if done.stops:
                    self.stopped.set()
                self.said.put(done)
        finally:
            self._close()

    def _handle(self, claim: Claim) -> Done:
        if not claim.intact:
            return Done(claim, Refused(NOT_APPROVED, code=""))
        sender_address = _sender_address(claim.message)
        if sender_address is None:
            return Done(claim, Refused(NO_SENDER, code=""))
        try:
            self.sender = self.sender or self.open()
        except RulekitError as error:
            return Done(claim, Later(error.message, RefusalClass.SENDER), fatal=error)
        except Exception as error:
            reason = Reason("the sender could not be opened", _told(error))
            return Done(claim, Later(reason, RefusalClass.SENDER))
        return self._send(self.sender, claim, Envelope(sender_address, claim.row.recipient, claim.row.message_id))

    def _send(self, sender: Sender, claim: Claim, envelope: Envelope) -> Done:
        mark = _Mark(claim, self.said)
        try:
            outcome = sender.send(claim.leaving, envelope, mark)
        except Exception as error:
            self._close()
            return _after_error(mark, error)
        if mark.refused is None or mark.is_set:
            return Done(claim, outcome)
        if isinstance(outcome, Refused | Later):
            return _after_error(mark, mark.refused)
        went_on = f"the sender went on with email {claim.row.id} after it was told not to"
        broken = PluginError(
            Reason(went_on, sentence=f"{went_on} ({mark.refused})"),
            help="let exceptions of `mark_data` pass through `send`; nothing more is sent with this sender",
        )
        return Done(claim, Unknown(Reason("sent although forbidden", str(mark.refused))), fatal=broken)

    def _close(self) -> None:
        if self.sender is not None:
            # what it could say has been said with the emails; closing cannot change what became of them
            with suppress(Exception):
                self.sender.close()
        self.sender = None


def _after_error(mark: _Mark, error: Exception) -> Done:
    """Returns what an error of the sender means, by whether the message was allowed to leave."""
    reason = Reason("the sender broke", _told(error))
    if mark.is_set:
        return Done(mark.claim, Unknown(reason))
    if isinstance(mark.refused, _Forbidden | TransitionRefused):
        return Done(mark.claim, lost=isinstance(mark.refused, TransitionRefused))
    if mark.refused is not None:
        return Done(mark.claim, fatal=mark.refused)
    return Done(mark.claim, Later(reason))


def _told(error: Exception) -> str:
    return error.message if isinstance(error, RulekitError) else f"{type(error).__name__}: {error}"


def _sender_address(message: bytes) -> str | None:
    field = _FROM.search(message.partition(b"\r\n\r\n")[0])
    return _parse_sender(field[0]) if field else None


# most emails of a project are from one address, and to parse it takes as long as to send an email
@lru_cache(maxsize=256)
def _parse_sender(field: bytes) -> str | None:
    header = BytesHeaderParser(policy=SMTP).parsebytes(field)["From"]
    addresses = header.addresses if isinstance(header, AddressHeader) else ()
    return addresses[0].addr_spec or None if addresses else None
