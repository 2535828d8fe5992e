"""The figures of a store in the text format that Prometheus reads, and OpenMetrics for those who ask for it.

Everything is read from the store at the moment of asking, so a restart loses no count, and any process can tell.
"""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.registry import Collector

from rulekit.outbox.lifecycle.states import END_STATES
from rulekit.outbox.looking.figures import Figures
from rulekit.records import State


class _Collector(Collector):
    """The figures as families of metrics."""

    def __init__(self, figures: Figures, now: datetime) -> None:
        self._figures, self._now = figures, now

    def collect(self) -> Iterable[Metric]:
        """Returns every family; one without a value says at least what it would mean."""
        yield from _emails(self._figures)
        yield from _lines(self._figures, self._now)
        yield from _sending(self._figures, self._now)
        yield from _ticks(self._figures)


def render(figures: Figures, now: datetime, accept: str = "") -> tuple[bytes, str]:
    """Returns the figures as text, and its content type; `accept` is what a scraper says that it reads."""
    encode, content_type = choose_encoder(accept)
    return encode(_Collector(figures, now)), content_type


def as_text(figures: Figures, now: datetime) -> str:
    """Returns the figures in the text format 0.0.4."""
    return generate_latest(_Collector(figures, now)).decode()


def _emails(figures: Figures) -> Iterable[Metric]:
    emails = GaugeMetricFamily("rulekit_outbox_emails", "Emails by trigger and state.", labels=["trigger", "state"])
    ended = CounterMetricFamily(
        "rulekit_outbox_ended", "Emails that came to an end, by trigger and end.", labels=["trigger", "state"]
    )
    triggers = sorted({trigger for trigger, _ in figures.emails})
    for trigger in triggers:
        for state in State:
            count = figures.emails.get((trigger, state), 0)
            emails.add_metric([trigger, state.value], count)
            if state in END_STATES:
                ended.add_metric([trigger, state.value], count)
    waiting = GaugeMetricFamily(
        "rulekit_waiting", "Taggings whose email waits for its time, by trigger.", labels=["trigger"]
    )
    for trigger, count in sorted(figures.waiting.items()):
        waiting.add_metric([trigger], count)
    return emails, ended, waiting


def _lines(figures: Figures, now: datetime) -> Iterable[Metric]:
    oldest = GaugeMetricFamily(
        "rulekit_outbox_oldest_timestamp_seconds",
        "When the email was made that is first in line, by state; there is none where nothing waits.",
        labels=["state"],
    )
    for state, made in figures.oldest.items():
        oldest.add_metric([state.value], made.timestamp())
    due = GaugeMetricFamily(
        "rulekit_outbox_due_timestamp_seconds", "Since when an email is due that has not left; none where none is."
    )
    if figures.due_at is not None and figures.due_at <= now:
        due.add_metric([], figures.due_at.timestamp())
    return oldest, due


def _sending(figures: Figures, now: datetime) -> Iterable[Metric]:
    going = figures.sending
    tripped = going.open_until is not None and going.open_until > now
    suppressed = GaugeMetricFamily(
        "rulekit_suppressed_addresses", "Addresses that may not be mailed, by what is forbidden.", labels=["stream"]
    )
    for everything, count in figures.suppressed.items():
        suppressed.add_metric(["all" if everything else "trigger"], count)
    return (
        CounterMetricFamily("rulekit_outbox_attempts", "Emails that a worker took up to send.", figures.attempts),
        CounterMetricFamily("rulekit_sender_faults", "Faults of the sender, over all workers.", figures.faults),
        GaugeMetricFamily("rulekit_sender_faults_in_a_row", "Faults of the sender since it last worked.", going.faults),
        GaugeMetricFamily("rulekit_sender_breaker_open", "1 while nothing is tried after faults.", float(tripped)),
        GaugeMetricFamily(
            "rulekit_sending_halted", "1 while somebody has halted all sending.", float(going.halted_at is not None)
        ),
        suppressed,
    )


def _ticks(figures: Figures) -> Iterable[Metric]:
    at = GaugeMetricFamily("rulekit_last_tick_timestamp_seconds", "The instant of the last tick that was written.")
    if figures.ticked_at is not None:
        at.add_metric([], figures.ticked_at.timestamp())
    unjudged = GaugeMetricFamily(
        "rulekit_unjudged_people", "People whom the last tick could not judge, by persona.", labels=["persona"]
    )
    values = GaugeMetricFamily(
        "rulekit_unreadable_values",
        "Unreadable values of the columns behind that, by what most of them look like: a digit is 9, a letter a.",
        labels=["persona", "column", "shape"],
    )
    for one in figures.not_judged:
        unjudged.add_metric([one.persona], one.people)
        for column, shapes in one.columns.items():
            for shape, count in shapes.items():
                values.add_metric([one.persona, column, shape], count)
    parked = GaugeMetricFamily(
        "rulekit_parked_timestamp_seconds",
        "Since when a persona is parked; there is none where its changes are believed.",
        labels=["persona"],
    )
    for persona, since in figures.parked.items():
        parked.add_metric([persona], since.timestamp())
    return CounterMetricFamily("rulekit_ticks", "Ticks that were written.", figures.tick), at, parked, unjudged, values
