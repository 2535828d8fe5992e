"""Random programs with every kind of declaration, as text: those of the oracle, and what sends and tests emails."""

from random import Random

from tests.oracle.pieces import quoted
from tests.oracle.projects import make_rules
from tests.oracle.vocabulary import TEXTS

NAMES = [
    "ada",
    "bo",
    "X",
    "last",
    "send",
    "`test`",
    "`to`",
    "`ada`",
    "`next`",
    "a_name_that_is_quite_a_bit_longer",
    "t1",
]
PARTS = ["subject", "preheader", "html", "`text`", "reply_to"]
PLAIN = [name for name in NAMES if name not in ("last", "send")]
VALUES = ["true", "-5", "- 50_000", "12.50", "14d", '"a, b"', "2026-01-31", "2026-01-31T09:00:30.5+01:00", "50%", '""']
LONG = '(((x) + 1)) > 3 and ((a = 1 or (b matches "#[a]+"))) and not not `last` in (1, -2, 3,) or c is missing'
LONG += " or c is empty or company is present"


def make_program(random: Random) -> str:
    """Returns the text of a program in no particular layout; it can be read, not necessarily checked."""
    rules = make_rules(random).text
    writers = [template, trigger, test, event, longer, listed, let]
    more = [random.choice(writers)(random) for _ in range(random.randint(1, 12))]
    return "\n".join([rules if random.random() < 0.5 else "", *more]) + "\n"


def title(random: Random) -> str:
    return random.choice(["", f" {quoted(random.choice(TEXTS))}"])


def was(random: Random) -> str:
    return random.choice(["", "", f" was {random.choice(NAMES)}"])


def template(random: Random) -> str:
    parts = [f"{random.choice(PARTS)} {quoted(random.choice(TEXTS))}" for _ in range(random.randint(1, 4))]
    return f"template {random.choice(NAMES)}{title(random)}: {' '.join(parts)}"


def option(random: Random) -> str:
    return f"{random.choice(NAMES)}={random.choice(VALUES)}"


def trigger(random: Random) -> str:
    edge, place = random.choice(["tagged", "untagged"]), random.choice(["", f" in {random.choice(NAMES)}"])
    options = "".join(f" {option(random)}" for _ in range(random.choice([0, 1, 2, 8])))
    head = f"trigger {random.choice(NAMES)}{was(random)}{title(random)}"
    return f"{head}: on {edge}({random.choice(NAMES)}){place} send template {random.choice(NAMES)}{options}"


def event(random: Random) -> str:
    types = ["text", "number?", 'one of ("a", "b",)', "list of text?"]
    fields = [f"{random.choice(NAMES)} {random.choice(types)}" for _ in range(random.randint(0, 3))]
    return f"event {random.choice(NAMES)}" + (f": {' '.join(fields)}" if fields else "")


def let(random: Random) -> str:
    return f"let {random.choice(NAMES)} = {random.choice(VALUES)}"


def listed(random: Random) -> str:
    choices = ", ".join(quoted(random.choice(TEXTS)) for _ in range(random.randint(1, 30)))
    return f"person: a one of ({choices}){random.choice(['', '?'])} list list of text"


def longer(random: Random) -> str:
    """A condition that has to be broken in many places."""
    joined = random.choice([" and ", " or "]).join([LONG] * random.randint(1, 3))
    steps = " then ".join(["seen where " + LONG, "then"] * random.randint(1, 3))
    return (
        f"persona {random.choice(NAMES)}{was(random)}{title(random)}: {joined} and did({steps} within `next`, last 3d)"
    )


def listing(random: Random) -> str:
    items = ", ".join(random.choice(VALUES) for _ in range(random.choice([0, 1, 2, 9])))
    return f"{random.choice(NAMES)}=({items}{random.choice(['', ',']) if items else ''})"


def statement(random: Random) -> str:
    who, what = random.choice(PLAIN), random.choice(PLAIN)
    values = ", ".join(random.choice([option, option, listing])(random) for _ in range(random.choice([1, 2, 9])))
    steps = [f"expect {who} in {what}", f"expect {who} not in {what}", f"expect no {what} to {who}"]
    steps += [f"expect {what} to {who} unapproved", f"approve {what} to {who}", f"unapprove {what} to {who}"]
    chosen = ", ".join(random.choice(steps) for _ in range(random.choice([1, 1, 2, 7])))
    forms = [f"person t1: {values}, company=acme", "company acme", f"at 2026-01-31T00:00Z: {chosen}"]
    return random.choice([*forms, "event seen by ada at 2026-01-31", f"event seen by ada at 2026-01-31: {values}"])


def test(random: Random) -> str:
    return f"test {quoted(random.choice(TEXTS))}: {' '.join(statement(random) for _ in range(random.randint(1, 6)))}"


test.__test__ = False  # type: ignore[attr-defined]  # it writes one
