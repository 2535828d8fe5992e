"""Lets the tests run from a checkout where the plugin itself is not installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
