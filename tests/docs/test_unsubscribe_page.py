"""What the pages about unsubscribing and serving show works as it stands there."""

import asyncio
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import httpx

from rulekit.cli.commands.serve import command
from rulekit.settings.model import parse_settings

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", (HOW_TO / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


async def ask(app: Any, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://mail.example.com") as client:
        return await client.get(path)


def test_the_application_of_ones_own_answers(project: Any) -> None:
    (code,) = blocks("unsubscribe.md", "python")
    project.run("2026-01-01T08:00Z")
    values: dict[str, Any] = {}
    exec(code.replace("/srv/mail", str(project.folder)), values)
    with values["store"]:
        answer = asyncio.run(ask(values["app"], "/mail/u?token=x"))
    assert answer.status_code == 400
    assert "success@example.com" in answer.text


def test_the_settings_can_be_used() -> None:
    for page in ("unsubscribe.md", "serve.md"):
        for text in blocks(page, "toml"):
            parse_settings({"edition": 1, **tomllib.loads(text)})


def test_the_commands_can_be_called() -> None:
    unit = re.search(r"^ExecStart=\S+ serve (.*)$", blocks("serve.md", "ini")[0], re.MULTILINE)
    assert unit is not None
    command.make_context("serve", [*shlex.split(unit[1]), "--project", str(HOW_TO.parents[1] / "rules")])
