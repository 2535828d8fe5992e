"""An email offers one click as a real one of a public list does, and the click works."""

import asyncio
import json
import re
from email import message_from_bytes
from typing import Any

import httpx
import pytest

from rulekit.engine.stores import open_project_store
from rulekit.web import create_app
from tests.real_data.conftest import _folder


@pytest.fixture
def real() -> Any:
    return json.loads((_folder("mail-vectors") / "rfc8058.json").read_text())["facts"]


async def ask(app: Any, method: str, url: str, **given: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.request(method, url, **given)


def test_headers_are_as_in_a_real_email_and_one_click_works(real: Any, project: Any) -> None:
    project.rules("trigger Greet: on tagged(Pro) send template Hello")
    project.settings(more='[delivery]\nunsubscribe_url = "https://mail.example.com/u"\n')
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="free")
    project.run("2026-01-02T08:00Z")
    with open_project_store(project.folder) as store:
        message = message_from_bytes(store.outbox.message(1))
        assert message["List-Unsubscribe-Post"] == real["List-Unsubscribe-Post"]
        assert message.keys().index("List-Unsubscribe-Post") < message.keys().index("List-Unsubscribe")
        uri = re.fullmatch(r"<(https://[^<>\s]+)>", message["List-Unsubscribe"])
        assert uri is not None
        assert real["List-Unsubscribe"] == "one https URI in angle brackets"
        app = create_app(store, path="/u")
        assert asyncio.run(ask(app, "GET", uri[1])).status_code == 200
        assert store.suppressions.all() == []
        answer = asyncio.run(ask(app, "POST", uri[1], data=dict([real["List-Unsubscribe-Post"].split("=")])))
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
        assert [line.address for line in store.suppressions.all()] == ["ada@example.com"]
