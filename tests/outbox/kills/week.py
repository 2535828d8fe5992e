"""A week of a project: what is typed at which hour, who changes meanwhile, and what must have become of each email.

Everybody starts to pay on Tuesday. Each gets a greeting at once, and a question that waits for approval. Two runs die
as it is, so that the week has work for the reaper.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rulekit.records import State

TUESDAY = datetime(2026, 3, 3, 8, tzinfo=UTC)
HOLD_OVER = TUESDAY + timedelta(minutes=11)
STOPPED = TUESDAY + timedelta(minutes=3)
LEFT = TUESDAY + timedelta(minutes=5)
MONDAY = TUESDAY - timedelta(days=1)
# ivy has no address
PEOPLE = ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ivy", "jon")
# the word for the step that answers every uncertain email by the ledger of the mail server
RESOLVE = ("resolve",)
RUN = ("run",)


@dataclass(frozen=True, slots=True)
class Step:
    """A command, when it is typed, the plan that people are on from then, and the point at which it dies anyway."""

    arguments: tuple[str, ...]
    now: datetime
    plans: Mapping[str, str] | None = None
    dies: tuple[str, int] | None = None


FREE = dict.fromkeys(PEOPLE, "free")
PRO = dict.fromkeys(PEOPLE, "pro")
STEPS = (
    Step(RUN, MONDAY, FREE),
    Step(("suppress", "add", "jon@example.com", "--by", "jon"), MONDAY),
    Step(RUN, TUESDAY, PRO),
    Step(("outbox", "cancel", "--trigger", "Ask", "--person", "hal", "--yes", "--by", "ada"), TUESDAY),
    Step(("outbox", "approve", "--trigger", "Ask", "--yes", "--by", "ada"), HOLD_OVER - timedelta(minutes=10)),
    Step(("outbox", "unapprove", "--trigger", "Ask", "--person", "fay", "--yes", "--by", "ada"), STOPPED),
    Step(("suppress", "add", "eve@example.com", "--by", "eve"), STOPPED),
    Step(RUN, LEFT, {**PRO, "dan": "free"}),
    # one email has arrived by then; what was claimed and not begun waits for the reaper
    Step(RUN, HOLD_OVER, dies=("after the final dot", 1)),
    # the leases of who was killed are over, here and wherever hours pass
    Step(RUN, TUESDAY + timedelta(minutes=40)),
    Step(RESOLVE, TUESDAY + timedelta(minutes=41)),
    # nothing has arrived by then, and one email is marked
    Step(RUN, TUESDAY + timedelta(hours=3), dies=("before the message", 1)),
    Step(RUN, TUESDAY + timedelta(hours=5)),
    Step(RESOLVE, TUESDAY + timedelta(hours=6)),
    Step(RUN, TUESDAY + timedelta(days=1)),
    Step(RUN, TUESDAY + timedelta(days=1, hours=2)),
    Step(RESOLVE, TUESDAY + timedelta(days=1, hours=3)),
    Step(RUN, TUESDAY + timedelta(days=2)),
    Step(RUN, TUESDAY + timedelta(days=8)),
)

# what may have become of the emails at the end; where it is two things, the kill decides which
SENT = frozenset({State.SENT})
ENDS: Mapping[tuple[str, str], frozenset[State]] = {
    **{("Greet", person): SENT for person in ("ann", "bob", "fay", "gus", "hal")},
    ("Greet", "cid"): frozenset({State.FAILED, State.SUPPRESSED}),
    ("Greet", "dan"): SENT | {State.WITHDRAWN},
    ("Greet", "eve"): SENT | {State.SUPPRESSED},
    **{("Ask", person): SENT for person in ("ann", "bob", "gus")},
    ("Ask", "cid"): frozenset({State.SUPPRESSED, State.FAILED}),
    ("Ask", "dan"): frozenset({State.WITHDRAWN}),
    ("Ask", "eve"): frozenset({State.SUPPRESSED}),
    ("Ask", "fay"): frozenset({State.EXPIRED}),
    ("Ask", "hal"): frozenset({State.CANCELLED}),
    **{(trigger, "ivy"): frozenset({State.FAILED}) for trigger in ("Greet", "Ask")},
    **{(trigger, "jon"): frozenset({State.SUPPRESSED}) for trigger in ("Greet", "Ask")},
}

RULES = """\
person:
  email  text
  plan   text
persona Pro "Paying people":
  plan = "pro"
template Hello:
  subject "Hello, {{ person.plan }} user"
  text "Dear {{ person.email }}, thank you.{% if unsubscribe_url %} {{ unsubscribe_url }}{% endif %}"
template Question:
  subject "A question"
  text "How is it going?{% if unsubscribe_url %} {{ unsubscribe_url }}{% endif %}"
trigger Greet: on tagged(Pro) send template Hello auto=true
trigger Ask: on tagged(Pro) send template Question
"""
SETTINGS = """\
edition = 1
[source]
url = "files:data"
[source.person]
table = "people.csv"
key = "id"
[store]
url = "{store}"
[guard]
people = 50
[sender]
url = "smtp://127.0.0.1:{port}?tls=off"
from = "Ada at Example <ada@example.com>"
allow = ["*"]
connections = 2
"""


def write_project(folder: Path) -> None:
    (folder / "main.rules").write_text(RULES)
    (folder / "data").mkdir()


def write_settings(folder: Path, store: str, port: int) -> None:
    (folder / "rulekit.toml").write_text(SETTINGS.format(store=store, port=port))


def write_people(folder: Path, plans: Mapping[str, str]) -> None:
    with (folder / "data/people.csv").open("w", newline="") as file:
        rows = [(person, "" if person == "ivy" else f"{person}@example.com", plan) for person, plan in plans.items()]
        csv.writer(file).writerows([("id", "email", "plan"), *rows])
