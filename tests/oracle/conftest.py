"""Lets the oracle's tests import its modules as `tests.oracle.…`, however pytest is started."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# RULEKIT_EXAMPLES=20000 looks further than CI does, at new examples every time, and makes what fails small.
_EXAMPLES = os.environ.get("RULEKIT_EXAMPLES")
settings.register_profile(
    "oracle",
    max_examples=int(_EXAMPLES or 60),
    derandomize=_EXAMPLES is None,
    phases=[Phase.explicit, Phase.generate] if _EXAMPLES is None else list(Phase),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
