"""The whole runs share the samples of recipes and of recorded draws that stand beside the ordinary tests."""

import sys
from pathlib import Path

for folder in ("reproductions", "claims"):
    sys.path.append(str(Path(__file__).parents[1] / "unit" / folder))
