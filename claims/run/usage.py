"""The options of a run, and what it refuses of them before anything is opened, in one line each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims import text
from claims.paper import Registry
from claims.report.folder import check_folder
from claims.report.model import ReportError
from claims.text import DurationError
from reproductions import kernel_choice
from reproductions.kernel_choice import KernelError
from reproductions.running.ray_cluster import ClusterError, check_installed

if TYPE_CHECKING:
    import pytest

EXECUTORS = ("local", "ray")


class UsageError(ValueError):
    """Bad usage or input, in one line that names the thing and the remedy, control characters visible."""

    def __init__(self, message: str) -> None:
        super().__init__(text.one_line(message))


def add_options(parser: pytest.Parser) -> None:
    """Add the options of a run to pytest's."""
    group = parser.getgroup("claims", "claims of papers")
    group.addoption(
        "--claims-profile",
        metavar="PROFILE",
        help="how big the measurements are (default: the smallest; with -m full the largest on CUDA, else the smallest that is full)",
    )
    group.addoption("--claims-report", metavar="DIR", default="report", help="where the report is written (default: %(default)s)")
    group.addoption(
        "--claims-store", metavar="DIR", help="where outcomes are kept (default: RIN_CLAIMS_STORE, then the user's data folder)"
    )
    group.addoption(
        "--claims-inconclusive", metavar="{report,fail}", default="report", help="what an inconclusive verdict does (default: %(default)s)"
    )
    group.addoption(
        "--claims-drift", metavar="{report,fail}", default="report", help="what a drift from the recorded draws does (default: %(default)s)"
    )
    group.addoption("--claims-seeds-max", metavar="N", help="at most N seeds a claim")
    group.addoption(
        "--claims-time-budget",
        metavar="TIME",
        help=f"train as much as fits into {text.DURATION_EXAMPLES}, stop cleanly and say what is left; the report comes after that time",
    )
    group.addoption(
        "--claims-executor",
        metavar="{local,ray}",
        default="local",
        help="where trials run: on this machine, or on the Ray cluster that RAY_ADDRESS names (default: %(default)s)",
    )


def check(option: Any, registry: Registry) -> None:
    """Refuse pytest's options, or a RIN_CLAIMS_KERNELS or RIN_CLAIMS_UPDATE, that name what does not exist.

    Raises UsageError. Nothing is opened or imported.
    """
    if option.claims_profile and option.claims_profile not in registry.profiles:
        raise UsageError(f"unknown profile {option.claims_profile!r} for --claims-profile; choose {', '.join(registry.profiles)}")
    if option.claims_inconclusive not in ("report", "fail"):
        raise UsageError(f"--claims-inconclusive takes report or fail, not {option.claims_inconclusive!r}")
    if option.claims_drift not in ("report", "fail"):
        raise UsageError(f"--claims-drift takes report or fail, not {option.claims_drift!r}")
    _check_executor(option)
    most = option.claims_seeds_max
    if most is not None and not (str(most).isdecimal() and int(most) >= 1):
        raise UsageError(f"--claims-seeds-max takes a whole number of at least 1, not {most!r}")
    try:
        check_folder(Path(option.claims_report))
        if option.claims_time_budget is not None:
            text.parse_duration(option.claims_time_budget, "--claims-time-budget")
        kernel_choice.requested()
        kernel_choice.requested_update()
    except (DurationError, KernelError, ReportError) as error:
        raise UsageError(str(error)) from error


def _check_executor(option: Any) -> None:
    if option.claims_executor not in EXECUTORS:
        raise UsageError(f"unknown executor {option.claims_executor!r} for --claims-executor; choose {' or '.join(EXECUTORS)}")
    if option.claims_executor == "ray":
        if getattr(option, "numprocesses", None):
            raise UsageError("--claims-executor=ray trains on the cluster, whatever -n is; leave -n out")
        try:
            check_installed()
        except ClusterError as error:
            raise UsageError(f"--claims-executor=ray: {error}") from error
