"""What every test shares, those of the plugins too: the lanes, and that `tests` can be imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["tests.lanes"]
