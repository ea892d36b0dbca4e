"""The whole runs share the samples of recipes that stand beside the ordinary tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "unit" / "reproductions"))
