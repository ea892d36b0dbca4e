"""The numbers claims are held against: printed tables, hyper-parameters and recorded verdicts. README.md says what is admitted."""

from reference_results.errors import ReferenceDataError
from reference_results.expected import ExpectedVerdict, expected_verdicts
from reference_results.hyperparameters import Setting, hyperparameters
from reference_results.tables import load_table, number

__all__ = ["ExpectedVerdict", "ReferenceDataError", "Setting", "expected_verdicts", "hyperparameters", "load_table", "number"]
