"""The ledger: what matched each trigger, and what became of it.

    matched = unapproved + approved + … + waiting + reasons for no email

holds for each trigger at any moment, as a tick writes both sides in one transaction.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Select, and_, exists, func, literal_column, select

from rulekit.outbox.database.tables import ledger, no_email, outbox, triggers, waiting
from rulekit.outbox.reconcile.verdict import SHOWN, Account, Finding
from rulekit.outbox.ticks.recording import ALREADY
from rulekit.records import State

OTHER_REASONS = "other reasons"
# so many reasons of one trigger are told apart: a plugin may give one of its own for each person
REASONS = 20
_TRIGGERS = select(triggers.c.id, triggers.c.name).order_by(triggers.c.name)
_MATCHED = select(ledger.c.trigger, func.sum(ledger.c.matched).label("n")).group_by(ledger.c.trigger)
_SINCE = select(func.min(ledger.c.tick)).where(ledger.c.tick > 0)
_UPGRADED = select(exists().where(ledger.c.tick == 0))
# written out: to be grouped by, it must be the same text wherever it stands
_IS_COPY = outbox.c.copy > literal_column("0")
_EMAILS = select(outbox.c.trigger, outbox.c.state, _IS_COPY.label("again"), func.count().label("n")).group_by(
    outbox.c.trigger, outbox.c.state, _IS_COPY
)
_WAITING = select(waiting.c.trigger, func.count().label("n")).group_by(waiting.c.trigger)
_REASONS = (
    select(no_email.c.trigger, no_email.c.reason, func.count().label("n"))
    .group_by(no_email.c.trigger, no_email.c.reason)
    .order_by(no_email.c.trigger, func.count().desc(), no_email.c.reason)
)
_TWICE = (
    select(no_email.c.trigger, func.count().label("n"))
    .where(no_email.c.reason == ALREADY)
    .where(
        exists().where(
            outbox.c.copy == 0,
            *(outbox.c[name] == no_email.c[name] for name in ("trigger", "person", "episode", "edge")),
        )
    )
    .group_by(no_email.c.trigger)
)
_ANSWERS_OF_TICKS = (
    select(outbox.c.trigger, outbox.c.tick)
    .where(outbox.c.copy == 0)
    .union_all(select(no_email.c.trigger, no_email.c.tick))
).subquery()


def accounts(connection: Connection) -> tuple[tuple[Account, ...], int]:
    """Returns the account of every trigger that matched anything, and since which tick matches are counted."""
    upgraded = bool(connection.execute(_UPGRADED).scalar())
    since = connection.execute(_SINCE).scalar() or 0
    matched = _by_trigger(connection, _MATCHED)
    emails, again = _emails(connection)
    waits, reasons = _by_trigger(connection, _WAITING), _reasons(connection)
    twice = _by_trigger(connection, _counted_once(since)) if upgraded else {}
    found = (
        Account(
            trigger=line.name,
            matched=matched.get(line.id, 0),
            emails=emails.get(line.id, {}),
            waiting=waits.get(line.id, 0),
            reasons=reasons.get(line.id, {}),
            again=again.get(line.id, 0),
            twice=twice.get(line.id, 0),
        )
        for line in connection.execute(_TRIGGERS)
    )
    return tuple(one for one in found if one.matched or one.answered), since if upgraded else 1


def _counted_once(since: int) -> Select[tuple[int, int]]:
    """Returns the question for answers that stood beside an email already when the store was brought up to date."""
    return _TWICE.where(no_email.c.tick < since) if since else _TWICE


def _by_trigger(connection: Connection, question: Select[tuple[int, int]]) -> dict[int, int]:
    return {line.trigger: int(line.n) for line in connection.execute(question)}


def _emails(connection: Connection) -> tuple[dict[int, dict[State, int]], dict[int, int]]:
    states: dict[int, dict[State, int]] = {}
    again: dict[int, int] = {}
    for line in connection.execute(_EMAILS):
        if line.again:
            again[line.trigger] = again.get(line.trigger, 0) + line.n
        else:
            states.setdefault(line.trigger, {})[State(line.state)] = line.n
    return states, again


def _reasons(connection: Connection) -> dict[int, dict[str, int]]:
    """Returns how often each reason was given for no email, the most frequent ones first."""
    found: dict[int, dict[str, int]] = {}
    for line in connection.execute(_REASONS):
        reasons = found.setdefault(line.trigger, {})
        reason = line.reason if len(reasons) < REASONS else OTHER_REASONS
        reasons[reason] = reasons.get(reason, 0) + line.n
    return found


def findings(connection: Connection, found: tuple[Account, ...]) -> Iterator[Finding]:
    """Returns what does not add up, a finding for each trigger."""
    for account in found:
        if account.missing:
            yield Finding(
                promise="I4",
                problem=_told(account),
                help=_advice(connection, account),
                kind="trigger",
                count=1,
                first=(account.trigger,),
            )


def _told(account: Account) -> str:
    matched = f"{account.matched:,} taggings matched, {account.answered:,} have an answer"
    return (
        f"{matched}: {account.missing:,} lost" if account.missing > 0 else f"{matched}: {-account.missing:,} too many"
    )


def _advice(connection: Connection, account: Account) -> str:
    ticks = _ticks_that_differ(connection, account)
    where = f" (look at what ticks {', '.join(map(str, ticks))} made)" if ticks and not account.waiting else ""
    return f"stop sending, and compare the database with a copy{where}; report it if nobody changed it by hand"


def _ticks_that_differ(connection: Connection, account: Account) -> list[int]:
    """Returns ticks in which not as many emails and reasons were made as taggings matched."""
    trigger = select(triggers.c.id).where(triggers.c.name == account.trigger).scalar_subquery()
    answers = (
        select(_ANSWERS_OF_TICKS.c.tick, func.count().label("n"))
        .where(_ANSWERS_OF_TICKS.c.trigger == trigger)
        .group_by(_ANSWERS_OF_TICKS.c.tick)
        .subquery()
    )
    differ = (
        select(ledger.c.tick)
        .select_from(ledger.outerjoin(answers, answers.c.tick == ledger.c.tick))
        .where(and_(ledger.c.trigger == trigger, ledger.c.tick > 0, ledger.c.matched != func.coalesce(answers.c.n, 0)))
        .order_by(ledger.c.tick)
        .limit(SHOWN)
    )
    return list(connection.execute(differ).scalars())
