"""Every scenario ends with the law of conservation: a tagging that matched a trigger has exactly one answer."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _every_tagging_is_answered_once(project: Any) -> Iterator[None]:
    yield
    assert project.unaccounted() == []
