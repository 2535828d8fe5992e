"""What is logged of an error names nobody, whoever speaks in it, and says what is wrong all the same."""

import copy
import ssl
from datetime import timedelta

import pytest

from rulekit.builtin.smtp_dialogue import Answered, DialogueStep, explain, judge
from rulekit.engine.clock_steps import halt_reason
from rulekit.environment import Filled
from rulekit.errors import PluginError, RulekitError, SettingsError, SourceError, StoreError
from rulekit.records import Reason
from rulekit.redaction import UNSAID, for_log, without_detail


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (SourceError("`people.csv` has two rows of one key: Zebedee"), "`people.csv` has two rows of one key"),
        (PluginError("the sender of `mine` broke its promise: Zebedee"), "the sender of `mine` broke its promise"),
        (StoreError("the store x.db: it is damaged"), "the store x.db: it is damaged"),
        (
            StoreError(Reason("the store x.db: the database says", 'invalid input syntax for type integer: "Zebedee"')),
            "the store x.db: the database says",
        ),
        (SourceError(Reason("`a: b.csv` cannot be read", "Zebedee")), "`a: b.csv` cannot be read"),
        (SettingsError("`sender.from`: write an address\nZebedee"), "`sender.from`: write an address"),
        (RulekitError("the rules have 1 error: mend it"), "the rules have 1 error: mend it"),
        (RulekitError(Reason("", "Zebedee")), UNSAID),
        (SourceError(Reason("`people.csv` is broken", "row 7\nZebedee")), "`people.csv` is broken"),
    ],
)
def test_an_error(error, logged):
    assert for_log(error) == logged


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (
            Answered(DialogueStep.GREETING, 421, "4.3.2 closing, Zebedee"),
            "the server answered the greeting with 421 4.3.2",
        ),
        (
            Answered(DialogueStep.DOT, 550, "5.7.1 `Dear Zebedee` looks like spam"),
            "the server answered the message with 550 5.7.1",
        ),
        (Answered(DialogueStep.AUTH, 535, "no, Zebedee"), "the server answered AUTH with 535"),
        # a status that the server goes on in is no status
        (Answered(DialogueStep.RCPT, 421, "4.3.2Zebedee"), "the server answered RCPT with 421"),
        (Answered(DialogueStep.RCPT, 421, "4.3.2-Zebedee"), "the server answered RCPT with 421"),
    ],
)
def test_what_a_server_answers(answer, logged):
    reason = judge(answer).reason
    assert reason.text == logged
    assert reason == f"the server answered {answer.step.value} with {answer.code} {answer.text}"


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError("Zebedee"), "no answer in time"),
        (ssl.SSLCertVerificationError("Zebedee"), "the server's certificate is not trusted"),
        (ConnectionError(Reason("the connection broke off")), "the connection broke off"),
        (ConnectionError(), "the connection broke"),
        (ValueError("Zebedee has moved"), ""),
    ],
)
def test_why_there_is_no_connection(error, logged):
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = "it is for Zebedee"
    assert explain(error).text == logged


@pytest.mark.parametrize(
    ("reason", "logged"),
    [
        (halt_reason(timedelta(hours=-3, minutes=-2)), "the store's clock went back by 0d 3h 2m"),
        (Reason("closing", "Zebedee").behind("nothing is tried"), "nothing is tried: closing"),
        (Reason("", "Zebedee has moved").behind("sending is halted"), "sending is halted"),
        (Reason.of("Zebedee has moved"), ""),
        (Filled("", (("s3cret", "${PASSWORD}"),)).conceal(Reason("no s3cret", "Zebedee")), "no ${PASSWORD}"),
        (copy.deepcopy(Reason("closing", "Zebedee")), "closing"),
    ],
)
def test_a_reason_keeps_its_text(reason, logged):
    assert reason.text == logged


def test_what_is_made_of_a_reason_is_a_detail():
    reason = Reason("closing", "Zebedee")
    assert reason == "closing: Zebedee"
    assert [Reason.of(made).text for made in (f"{reason}", reason + "!", reason[:9], reason.replace("c", "C"))] == [
        ""
    ] * 4


@pytest.mark.parametrize(
    ("value", "logged"),
    [(Reason("closing", "Zebedee"), "closing"), (Reason("", "Zebedee"), UNSAID), ("the tick", "the tick"), (3, 3)],
)
def test_a_field_of_a_log_has_no_detail(value, logged):
    assert without_detail(value) == logged
