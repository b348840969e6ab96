"""One program per question, each prints a table: `scripts/bench NAME`. Never part of the tests."""

import sys
from pathlib import Path

# The engines of the tests are no installed package.
sys.path.append(str(Path(__file__).parents[1] / "tests" / "engines" / "plugins"))
