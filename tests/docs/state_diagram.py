"""The table of transitions in `docs/states.md`: a Mermaid state diagram and a Markdown table."""

import re
from pathlib import Path

from rulekit.outbox.lifecycle.states import END_STATES
from rulekit.outbox.lifecycle.transition import Place, Transition
from rulekit.outbox.lifecycle.transitions import TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
START = "[*]"


def with_fresh_table(page: str) -> str:
    """Returns the page with the diagram and the table as they should be; the words around them stay."""
    page = re.sub(
        r"(?<=^```mermaid\n).*?(?=^```$)", lambda _: f"{state_diagram()}\n", page, flags=re.MULTILINE | re.DOTALL
    )
    return page.partition("\n| change |")[0] + f"\n{transition_table()}\n"


def state_diagram() -> str:
    """Returns the Mermaid text of the diagram: every state that can be reached, every way between two of them."""
    return "\n".join(["stateDiagram-v2", "    direction LR", *_names(), *_arrows(), *_ends()])


def transition_table() -> str:
    """Returns the table in Markdown, in the order of the code."""
    lines = [
        "| change | from | to | who | when |",
        "|---|---|---|---|---|",
        *(_line(transition) for transition in TRANSITIONS),
    ]
    return "\n".join(lines)


def _line(transition: Transition) -> str:
    sources = ", ".join(str(place) for place in transition.sources) or "–"
    actors = ", ".join(actor.value for actor in transition.actors)
    return f"| {transition.name} | {sources} | {transition.target} | {actors} | {transition.guard} |"


def _places() -> list[Place]:
    met = [place for transition in TRANSITIONS for place in (*transition.sources, transition.target)]
    return list(dict.fromkeys(met))


def _names() -> list[str]:
    return [f'    state "{place}" as {_id(place)}' for place in _places() if place.phase]


def _arrows() -> list[str]:
    """Returns one arrow per pair of places, labelled with every change that leads along it."""
    labels: dict[tuple[str, str], list[str]] = {}
    for transition in TRANSITIONS:
        for source in transition.sources or (None,):
            labels.setdefault((_id(source) if source else START, _id(transition.target)), []).append(transition.name)
    return [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in labels.items()]


def _ends() -> list[str]:
    return [f"    {_id(place)} --> {START}" for place in _places() if place.state in END_STATES]


def _id(place: Place) -> str:
    return f"{place.state.value}_{place.phase.value}" if place.phase else place.state.value
