"""Edits of rules, each on one day of a company whose data is as it should be: nobody is mailed for them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the rules; a `harmless` one changes nothing of what they mean."""

    name: str
    change: Callable[[str], str]
    harmless: bool = False


def written(old: str, new: str, *, harmless: bool = False) -> Callable[[str], str]:
    """Returns what writes one text in place of another, which must be there."""

    def change(rules: str) -> str:
        if old not in rules:
            raise ValueError(f"the rules have no {old!r}")
        return rules.replace(old, new)

    return change


def of(name: str, new: str) -> Callable[[str], str]:
    """Returns what gives a persona another condition."""

    def change(rules: str) -> str:
        head, rest = rules.split(f"persona {name}:\n", 1)
        return f"{head}persona {name}:\n  {new}\n{rest.split(chr(10), 1)[1]}"

    return change


EDITS = (
    Edit("another threshold of a time", of("Inactive", "last_login > 5d")),
    Edit("another threshold of a number", of("Rich", "balance > 20")),
    Edit("a `let` with another value", written("let idle = 6d", "let idle = 3d")),
    Edit("a segment with another limit", written("arr >= 50_000", "arr >= 20_000")),
    Edit("a persona that another one asks for", of("Paying", 'plan = "enterprise"')),
    Edit("another window", of("Active", "count(login, last 10d) >= 3")),
    Edit("`not` before a condition", of("Listens", "not subscribed")),
    Edit("a part more", of("Pro", 'plan = "pro" or seats >= 5')),
    Edit("a sequence in place of a count", of("Live", "did(signed_up then project_live)")),
    Edit("all of them at once", lambda rules: _all(rules)),
    Edit("triggers with other names", written("trigger Pro_", "trigger Plan_")),
    Edit("a trigger that keeps its history", written("trigger Pro_tagged", "trigger Got_Pro was Pro_tagged")),
    Edit("a persona that keeps its history", lambda rules: _renamed(rules)),
    Edit(
        "triggers taken out",
        lambda rules: rules.replace("trigger Rich_tagged:\n  on tagged(Rich) send template Note auto=true\n", ""),
    ),
    Edit("a kind of event more in the schema", written("event project_live\n", "event project_live\nevent archived\n")),
    Edit("layout", written("  seats >= 5\n", "  (seats\n    >= 5)\n"), harmless=True),
    Edit("comments", written("persona Pro:", "# who pays\npersona Pro:"), harmless=True),
    Edit("another text of the email", written('text "Hello."', 'text "Good morning."'), harmless=True),
)


def _all(rules: str) -> str:
    for edit in EDITS[:9]:
        rules = edit.change(rules)
    return rules


def _renamed(rules: str) -> str:
    return rules.replace("persona Team:", "persona Teams was Team:").replace("(Team)", "(Teams)")
