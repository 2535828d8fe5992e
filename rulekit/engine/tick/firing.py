"""Which tagging makes which email: the options of triggers applied, nothing stored yet.

Every tagging that matches a trigger ends in exactly one of: an email to compose, a place on the waiting list, or a
recorded reason why there is none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rulekit.clock import format_duration
from rulekit.language.program import Trigger
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NoEmail, Waiting, Withdrawal
from rulekit.outbox.rows.queries import Pending
from rulekit.records import Edge, Tagging

# why somebody is on another side; by an edit of the rules nobody counts as tagged or untagged
JOINED, LEFT, GONE, BASELINE, EDITED = "joined", "left", "gone", "baseline", "edited"
_EDGES = {JOINED: Edge.TAGGED, LEFT: Edge.UNTAGGED}


@dataclass(frozen=True, slots=True)
class Fired:
    """One trigger firing for one tagging: an email to compose."""

    trigger: Trigger
    tagging: Tagging


@dataclass(frozen=True, slots=True)
class Firing:
    """What one tick makes of its taggings; `matched` counts them by trigger, before anything was made of them."""

    fired: tuple[Fired, ...]
    waiting: tuple[Waiting, ...]
    waiting_done: tuple[Waiting, ...]
    no_emails: tuple[NoEmail, ...]
    matched: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What firing asks about the present: memberships after this tick, and what was mailed before.

    `is_gone(person)` says whether the source has not had the person for long, `is_undecided(persona, person)` whether
    nobody can tell now on which side they are, `is_edited(persona, person)` whether an edit has put them on another one
    in this tick. `episode(persona, person)` is the current one, this tick's joins included.
    `in_segment(segment, person)` is about the person's company at this instant, None where nobody can tell.
    `last_email(trigger, person)` is when the latest one was made for the person or their mailbox, if any.
    """

    is_gone: Callable[[str], bool]
    is_undecided: Callable[[str, str], bool]
    is_member: Callable[[str, str], bool]
    is_edited: Callable[[str, str], bool]
    episode: Callable[[str, str], int]
    in_segment: Callable[[str, str], bool | None]
    last_email: Callable[[str, str], datetime | None]


def fire(
    triggers: Mapping[str, Trigger],
    taggings: Mapping[str, Iterable[Tagging]],
    waiting: Iterable[Waiting],
    circumstances: Circumstances,
    now: datetime,
) -> Firing:
    """Returns the emails, waits and reasons that a tick's taggings (by trigger name) and due waits lead to."""
    matched = _matched(triggers, taggings, circumstances)
    known, nobody_can_tell = _tell_apart(matched, circumstances)
    put_off = [Waiting(f.trigger.name, f.tagging, now + f.trigger.after) for f in known if f.trigger.after]
    done = [wait for wait in waiting if _is_over(wait, triggers, circumstances, now)]
    judged = [(wait, _why_no_email(wait, triggers, circumstances)) for wait in done]
    ready = [fired for fired in known if not fired.trigger.after]
    ready += [Fired(triggers[wait.trigger], wait.tagging) for wait, reason in judged if reason is None]
    spaced = _space_out(ready, circumstances, now)
    reasons = [NoEmail(wait.trigger, wait.tagging, reason) for wait, reason in judged if reason is not None]
    reasons += [NoEmail(f.trigger.name, f.tagging, _unknown_segment(f.trigger)) for f in nobody_can_tell]
    return Firing(
        fired=tuple(spaced.fired),
        waiting=(*put_off, *spaced.waiting),
        waiting_done=tuple(done),
        no_emails=(*reasons, *spaced.too_soon),
        matched=Counter(fired.trigger.name for fired in matched),
    )


def _matched(
    triggers: Mapping[str, Trigger], taggings: Mapping[str, Iterable[Tagging]], circumstances: Circumstances
) -> list[Fired]:
    pairs = [(triggers[name], tagging) for name, found in taggings.items() for tagging in found]
    asked = ((trigger, tagging, _in_segment(trigger, tagging, circumstances)) for trigger, tagging in pairs)
    return [Fired(trigger, tagging) for trigger, tagging, is_in in asked if is_in is not False]


def _tell_apart(matched: list[Fired], circumstances: Circumstances) -> tuple[list[Fired], list[Fired]]:
    """Returns those whose company is in the segment that their trigger asks for, and those of which nobody can tell."""
    parts: tuple[list[Fired], list[Fired]] = ([], [])
    for fired in matched:
        parts[_in_segment(fired.trigger, fired.tagging, circumstances) is None].append(fired)
    return parts


def _unknown_segment(trigger: Trigger) -> str:
    return f"nobody can tell whether its company is in {trigger.segment}: a value cannot be read"


def _is_over(wait: Waiting, triggers: Mapping[str, Trigger], circumstances: Circumstances, now: datetime) -> bool:
    """Says whether a wait ends now; it goes on as long as nobody can tell whether its reason lasts."""
    if no_longer_fires(wait.trigger, wait.tagging, triggers):
        return True
    if circumstances.is_edited(wait.tagging.persona, wait.tagging.person):
        return True
    return wait.due <= now and not circumstances.is_undecided(wait.tagging.persona, wait.tagging.person)


def taggings_of(trigger: Trigger, changes: Iterable[MembershipChange]) -> list[Tagging]:
    """Returns the taggings among a tick's changes that a trigger fires on; who is gone is not written to."""
    return [
        change.tagging
        for change in changes
        if change.tagging.persona == trigger.persona and _EDGES.get(change.reason) is trigger.edge
    ]


def withdrawals(
    triggers: Mapping[str, Trigger], changes: Iterable[MembershipChange], removed: Iterable[str]
) -> list[Withdrawal]:
    """Returns which waiting emails lose their reason: their person crossed back, or their trigger is gone."""
    by_persona: dict[str, list[Trigger]] = {}
    for trigger in triggers.values():
        if not trigger.keep:
            by_persona.setdefault(trigger.persona, []).append(trigger)
    found = [Withdrawal(name, None, "its trigger is no longer in the rules") for name in sorted(removed)]
    for change in changes:
        for trigger in by_persona.get(change.tagging.persona, ()):
            reason = _crossed_back(trigger, change)
            if reason is not None:
                found.append(Withdrawal(trigger.name, change.tagging.person, reason))
    return found


def withdrawals_of_changed(triggers: Mapping[str, Trigger], pending: Iterable[Pending]) -> list[Withdrawal]:
    """Returns which waiting emails lose their reason as their trigger asks for another persona or edge now."""
    told = ((one, no_longer_fires(one.trigger, one.tagging, triggers)) for one in pending if one.trigger in triggers)
    return [Withdrawal(one.trigger, one.tagging.person, reason) for one, reason in told if reason is not None]


def _in_segment(trigger: Trigger, tagging: Tagging, circumstances: Circumstances) -> bool | None:
    return trigger.segment is None or circumstances.in_segment(trigger.segment, tagging.person)


def no_longer_fires(name: str, tagging: Tagging, triggers: Mapping[str, Trigger]) -> str | None:
    """Returns why the trigger of that name does not answer a tagging any more, or None."""
    trigger = triggers.get(name)
    if trigger is None:
        return "its trigger is no longer in the rules"
    if (trigger.persona, trigger.edge) != (tagging.persona, tagging.edge):
        return f"its trigger is no longer `on {tagging.edge.value}({tagging.persona})`"
    return None


def _why_no_email(wait: Waiting, triggers: Mapping[str, Trigger], circumstances: Circumstances) -> str | None:
    """Returns why a wait that is over makes no email, or None when it makes one."""
    gone = no_longer_fires(wait.trigger, wait.tagging, triggers)
    return gone or _over_before_due(wait, triggers[wait.trigger], circumstances)


def _over_before_due(wait: Waiting, trigger: Trigger, circumstances: Circumstances) -> str | None:
    persona, person = wait.tagging.persona, wait.tagging.person
    if circumstances.is_edited(persona, person):
        return by_edit(wait.tagging)
    crossed = crossed_since(
        wait.tagging,
        is_gone=circumstances.is_gone(person),
        is_member=circumstances.is_member(persona, person),
        episode=circumstances.episode(persona, person),
    )
    if crossed is None:
        return None
    if trigger.after and not trigger.every:
        return f"{crossed} before {format_duration(trigger.after)} were over"
    return f"{crossed} before it was time for the email"


def crossed_since(tagging: Tagging, *, is_gone: bool, is_member: bool, episode: int) -> str | None:
    """Returns what the person did since a tagging that ended it, or None while it lasts.

    `is_gone` says whether the source has not had the person for long, `episode` is the latest one.
    """
    is_tagged = tagging.edge is Edge.TAGGED
    if is_gone:
        return "gone from the source"
    if is_member is is_tagged and episode == tagging.episode:
        return None
    return f"left {tagging.persona}" if is_tagged else f"joined {tagging.persona} again"


def by_edit(tagging: Tagging) -> str:
    """Returns that an edit has ended a tagging, as a reason."""
    return f"{'out of' if tagging.edge is Edge.TAGGED else 'in'} {tagging.persona} by an edit of the rules"


@dataclass(frozen=True, slots=True)
class _Spaced:
    """What `every` makes of taggings that are ready."""

    fired: list[Fired] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    too_soon: list[NoEmail] = field(default_factory=list)


def _space_out(ready: list[Fired], circumstances: Circumstances, now: datetime) -> _Spaced:
    """Lets one email of a trigger per person and `every` through.

    The next one waits until that time is over, so that a tick that comes seconds too early loses nobody; but no longer
    than an email is of use.
    """
    spaced = _Spaced()
    made_now: set[tuple[str, str]] = set()
    for candidate in ready:
        trigger, tagging = candidate.trigger, candidate.tagging
        key = (trigger.name, tagging.person)
        if trigger.every is None or (free_at := _free_at(trigger.every, key, circumstances, made_now, now)) <= now:
            made_now.add(key)
            spaced.fired.append(candidate)
        elif free_at - now <= trigger.expires:
            spaced.waiting.append(Waiting(trigger.name, tagging, free_at, "every"))
        else:
            reason = f"another email of this trigger within {format_duration(trigger.every)}"
            spaced.too_soon.append(NoEmail(trigger.name, tagging, reason))
    return spaced


def _free_at(
    every: timedelta, key: tuple[str, str], circumstances: Circumstances, made_now: set[tuple[str, str]], now: datetime
) -> datetime:
    """Returns when another email of a trigger to a person may be made; `now` when nothing stands against it."""
    last = now if key in made_now else circumstances.last_email(*key)
    return now if last is None else last + every


def _crossed_back(trigger: Trigger, change: MembershipChange) -> str | None:
    if change.reason == EDITED and change.tagging.edge is not trigger.edge:
        return f"its person is {by_edit(replace(change.tagging, edge=trigger.edge))}"
    if trigger.edge is Edge.TAGGED and change.reason == LEFT:
        return f"its person left {trigger.persona}"
    if change.reason == GONE:
        return "its person is no longer in the source"
    if trigger.edge is Edge.UNTAGGED and change.reason == JOINED:
        return f"its person joined {trigger.persona} again"
    return None
