"""The numbers claims are held against: printed tables, hyper-parameters, recorded draws and verdicts.

README.md says what is admitted.

PYTEST_DONT_REWRITE: `rin-claims run` has imported this package when pytest would rewrite its assertions.
"""

from reference_results.errors import ReferenceDataError
from reference_results.expected import ExpectedVerdict, expected_verdicts
from reference_results.hyperparameters import Setting, hyperparameters
from reference_results.recorded import Draw, RefusedDrawsError, admitted, recorded_draws, recorded_draws_of
from reference_results.tables import key_columns, load_table, number, table_names

__all__ = [
    "Draw",
    "ExpectedVerdict",
    "ReferenceDataError",
    "RefusedDrawsError",
    "Setting",
    "admitted",
    "expected_verdicts",
    "hyperparameters",
    "key_columns",
    "load_table",
    "number",
    "recorded_draws",
    "recorded_draws_of",
    "table_names",
]
