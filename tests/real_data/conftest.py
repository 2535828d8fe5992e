"""Real data that others published, with the answers they published. It is not part of the repository.

RULEKIT_REAL_DATA names a folder with `bpic2012/` (the loan applications of the BPI Challenge 2012, DOI
10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f) and `cdnow/` (the purchases of Fader and Hardie's CDNOW sample).
"""

import json
import os
from pathlib import Path

import pytest


def _folder(name: str) -> Path:
    root = os.environ.get("RULEKIT_REAL_DATA")
    if not root:
        pytest.skip("RULEKIT_REAL_DATA is not set, so tests over real data cannot run")
    return Path(root) / name


@pytest.fixture(scope="session")
def loans_expected() -> dict:
    return json.loads((_folder("bpic2012") / "expected.json").read_text())


@pytest.fixture(scope="session")
def shoppers_expected() -> dict:
    return json.loads((_folder("cdnow") / "expected.json").read_text())


@pytest.fixture(scope="session")
def shoppers_table() -> Path:
    return _folder("cdnow") / "cdnow_customers_summary_with_transactions.csv"
