"""People who are new by their key and somebody known by their address: keys that have changed, as of a new export.

A mailbox is known again by a digest that is keyed with the secret of the store, so it tells nobody an address.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from rulekit.email.addresses import ADDRESS_FIELD
from rulekit.engine.tick.absence import Absence
from rulekit.engine.tick.changes import Numbered
from rulekit.engine.tick.mailboxes import mailboxes_of
from rulekit.engine.tick.past import Past
from rulekit.errors import SourceError
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.language.program import Program

# of the people who are missed, or of all who are absent or new, beyond which new keys are no coincidence
SHARE = 0.2
_NO_ADDRESS = ""
_WHOLE = re.compile(r"\.0+$")


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """Somebody who is absent under an `old` key and has a `new` one; `reformed` when it is the same in another form."""

    old: str
    new: str
    reformed: bool


def find_mailboxes(program: Program, snapshot: Snapshot, past: Past, numbered: Numbered) -> dict[str, str]:
    """Returns digests of the mailboxes of people who are new, and of those for whom none was ever asked.

    The empty text stands for nobody's. Where the schema has no addresses there are none.
    """
    if ADDRESS_FIELD not in program.schema.person:
        return {}
    asked = [numbered.people[o] for o in sorted(past.state.unmarked) if numbered.present[o]] + numbered.new_people
    if not asked:
        return {}
    key = bytes.fromhex(past.store.secret())
    known = mailboxes_of(snapshot, asked)
    return {person: _digest(known[person], key) if person in known else _NO_ADDRESS for person in asked}


def _digest(address: str, key: bytes) -> str:
    return blake2b(address.encode(), digest_size=16, key=key).hexdigest()


def find_changed_keys(
    past: Past, numbered: Numbered, absence: Absence, mailboxes: Mapping[str, str]
) -> list[ChangedKey]:
    """Returns new people who are somebody absent: by their address or, where one of both has none, by their key.

    Nothing is asked of the store unless there is somebody new, and somebody absent.
    """
    if not numbered.new_people or not absence.away.any():
        return []
    absent = [numbered.people[ordinal] for ordinal in np.flatnonzero(absence.away)]
    digests = past.mailboxes(absent)
    by_digest = {digest: person for person, digest in digests.items() if digest}
    by_form: defaultdict[str, list[str]] = defaultdict(list)
    for person in absent:
        by_form[form(person)].append(person)
    found = []
    for new in numbered.new_people:
        mine = mailboxes.get(new, _NO_ADDRESS)
        forms = [old for old in by_form.get(form(new), ()) if not mine or digests.get(old, "") in ("", mine)]
        old = forms[0] if forms else by_digest.get(mine)
        if old is not None:
            found.append(ChangedKey(old, new, reformed=bool(forms)))
    return found


def refuse_changed_keys(changed: Iterable[ChangedKey], numbered: Numbered, absence: Absence) -> None:
    """Refuses keys in another form, at any number, and other keys of more people than sign up anew by chance."""
    reformed = [one for one in changed if one.reformed]
    others = [one for one in changed if not one.reformed]
    told = reformed or (others if _are_many(others, numbered, absence) else [])
    if told:
        count = "the key of 1 person has" if len(told) == 1 else f"the keys of {len(told):,} people have"
        how = "changed form" if reformed else "changed, as by an import that numbers anew"
        example = f"for example from `{shape(told[0].old)}` to `{shape(told[0].new)}`"
        raise SourceError(
            f"{count} {how} ({example}); nobody was tagged or untagged",
            help="give people the keys that they had: look at the `key` of `[source.person]` and at what fills it; if"
            " the new ones are right, add `--accept`: who has one takes a baseline, and is not mailed for it",
        )


def _are_many(others: list[ChangedKey], numbered: Numbered, absence: Absence) -> bool:
    missed = {numbered.people[ordinal] for ordinal in absence.missed}
    just_now = sum(one.old in missed for one in others)
    concerned = max(int(absence.away.sum()), len(numbered.new_people))
    return (just_now > 1 and just_now > SHARE * len(missed)) or (len(others) > 1 and len(others) > SHARE * concerned)


def form(key: str) -> str:
    """Returns what keys have in common that differ by case, blanks, leading zeros, or a fraction that is zero."""
    plain = "".join(key.split()).casefold()
    number = _WHOLE.sub("", plain)
    return number.lstrip("0") or "0" if number.isdecimal() else plain


def shape(key: str) -> str:
    """Returns how a key is written and not what it says: a digit as 9, a letter as a or A."""
    kept = _WHOLE.search(key)
    head, tail = (key[: kept.start()], kept.group()) if kept else (key, "")
    zeros = len(head) - len(head.lstrip("0")) if head.isdecimal() and len(head) > 1 else 0
    return head[:zeros] + "".join(map(_kind, head[zeros:])) + tail


def _kind(character: str) -> str:
    if character.isdecimal():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character
