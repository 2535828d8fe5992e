"""The plan of the house in CONTRIBUTING: every room and no other, each above what it may know."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def listed() -> dict[str, list[str]]:
    """The rooms of the list, each with its own rooms, in order."""
    found: dict[str, list[str]] = {}
    text = PAGE.partition("<!-- rooms: begin -->")[2].partition("<!-- rooms: end -->")[0]
    for indent, name in re.findall(r"^( *)([\w/.]+) {2,}\S", text, re.MULTILINE):
        if indent:
            found[list(found)[-1]].append(name.strip("/"))
        else:
            found[name.removeprefix("rulekit/").removesuffix("/").removesuffix(".py")] = []
    return found


def rooms_in(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("*/__init__.py")}


def layers_of(container: str) -> list[list[str]]:
    contract = next(one for one in CONTRACTS if one["containers"] == [container])
    return [re.split(r" \| ", layer) for layer in contract["layers"]]


def test_the_list_has_every_room_and_no_other() -> None:
    package = ROOT / "rulekit"
    modules = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    assert set(listed()) == rooms_in(package) | modules
    assert {room: set(rooms) for room, rooms in listed().items()} == {
        room: rooms_in(package / room) for room in listed()
    }


def test_the_list_goes_down_as_imports_do() -> None:
    place = {room: number for number, layer in enumerate(layers_of("rulekit")) for room in layer}
    order = [place[room] for room in listed()]
    assert order == sorted(order)


def test_rooms_of_a_room_go_down_as_imports_do() -> None:
    for contract in CONTRACTS:
        (container,) = contract["containers"]
        room = container.removeprefix("rulekit.")
        if room in listed():
            place = {name: number for number, layer in enumerate(layers_of(container)) for name in layer}
            order = [place[name] for name in listed()[room]]
            assert order == sorted(order), room


def test_the_picture_is_the_contract() -> None:
    picture = PAGE.partition("## Where things are")[2].partition("```\n")[2].partition("```")[0].splitlines()
    drawn = [sorted(line.split()) for line in picture[:-1]]
    named = [sorted(layer) for layer in layers_of("rulekit") if layer != ["__main__"]]
    assert named[: len(drawn)] == drawn
