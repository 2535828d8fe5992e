"""Lets the oracle's tests import its modules as `tests.oracle.…`, however pytest is started."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# RULEKIT_EXAMPLES=20000 looks further than CI does, at new examples every time. An example is a seed, so shrinking it
# says nothing; `strategies.smallest` makes small what fails.
_EXAMPLES = os.environ.get("RULEKIT_EXAMPLES")
settings.register_profile(
    "oracle",
    max_examples=int(_EXAMPLES or 60),
    derandomize=_EXAMPLES is None,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
